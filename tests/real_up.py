"""`fuzzmill up` as a process of a test or a bench, and the end of any process."""

import os
import subprocess


def start_up(fuzzmill, data, log):
    """Returns when it is ready; its log goes to the file."""
    read_end, write_end = os.pipe()
    with open(log, "ab") as errors:
        up = subprocess.Popen([fuzzmill, "up", "--data", data, "--ready-fd", str(write_end)], pass_fds=[write_end],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
    os.close(write_end)
    with os.fdopen(read_end) as ready:
        if ready.readline().strip() != "READY":
            raise RuntimeError("`fuzzmill up` ended before it was ready")
    return up


def end(process):
    """Asks it to end, insists after a minute, and reaps."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
