"""What every programs/<program>/make_inputs.py uses: write(__file__, {"bug@face": bytes, ...})."""
import pathlib


def write(script, inputs):
    folder = pathlib.Path(script).resolve().parent / "inputs"
    folder.mkdir(exist_ok=True)
    for stray in {path.name for path in folder.iterdir()} - set(inputs):
        (folder / stray).unlink()
    for name, data in inputs.items():
        (folder / name).write_bytes(data)
