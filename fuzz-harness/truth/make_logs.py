#!/usr/bin/env python3
"""make_logs.py OUT [--jobs N] [--programs NAME ...] [--ways NAME ...] [--review]: crash logs whose true bug is known.

Builds every program under programs/ in each way of ways.tsv, runs its inputs, and leaves

  OUT/logs/<program>--<bug>--<face>--<way>.txt   what the run wrote, as it is
  OUT/truth.tsv    file, program:bug, kinds that may be reported
  OUT/runs.tsv     file, way, binary, input, exit code (negative: signal), command
  OUT/bin/<way>/<program>

README.md tells the convention. What did not change since the last run is neither built nor run again."""
import argparse
import concurrent.futures
import fcntl
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
BUILD_SECONDS, RUN_SECONDS, LOG_BYTES = 300, 30, 8 << 20
# Bump when the way of running changes: no stored log is trusted then.
RUN_VERSION = "6"

COMMON = "symbolize=1:abort_on_error=0:color=never:print_stacktrace=1:handle_abort=1"
ENVIRONMENT = {
    "LANG": "C",
    "LIBC_FATAL_STDERR_": "1",
    "DEBUGINFOD_URLS": "",
    "ASAN_OPTIONS": COMMON + ":detect_leaks=1:detect_stack_use_after_return=1:allocator_may_return_null=0",
    "UBSAN_OPTIONS": COMMON,
    "MSAN_OPTIONS": COMMON,
    "TSAN_OPTIONS": COMMON + ":second_deadlock_stack=1:halt_on_error=0",
    "LSAN_OPTIONS": "report_objects=0",
}
FUZZER_FLAGS = ["-rss_limit_mb=400", "-malloc_limit_mb=100", "-artifact_prefix=./"]
# Debug symbols of the C library are left alone: they cost gdb half a second a run, and few machines have them.
GDB = ["gdb", "-q", "-nx", "-batch", "-iex", "set debug-file-directory /nonexistent"]
for command in ("pagination off", "confirm off", "width 0", "height 0", "print thread-events off"):
    GDB += ["-ex", "set " + command]
GDB += ["-ex", "run", "-ex", "bt 64", "--args"]
CRASHED = re.compile(rb"runtime error: |(?:ERROR|WARNING): \w+(?:Sanitizer)?: |(?:Program|Thread .*) received signal")


def read_table(path, columns):
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            row = line.split("\t")
            if len(row) != columns:
                sys.exit(f"{path}:{number}: {len(row)} columns, wanted {columns}")
            rows.append(row)
    return rows


def digest(*parts):
    whole = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        whole.update(len(data).to_bytes(8, "little") + data)
    return whole.hexdigest()


class Way:
    def __init__(self, row):
        self.name, tags, compilers, flags, self.mode = row
        self.tags, self.flags = set(tags.split()), flags.split()
        self.compiler = compilers.split()[1]
        self.usable = shutil.which(self.compiler) is not None and (self.mode != "gdb" or shutil.which("gdb"))
        self.version = ""
        if self.usable:
            self.version = subprocess.run([self.compiler, "--version"], capture_output=True, text=True).stdout


class Program:
    def __init__(self, folder):
        self.name, self.folder = folder.name, folder
        self.bugs = {}
        for bug, kinds, function, sentence, tags in read_table(folder / "bugs.tsv", 5):
            if bug in self.bugs:
                sys.exit(f"{folder}/bugs.tsv: {bug} stands there twice")
            tags = set(tags.split())
            if "any" in tags:
                tags |= {"address", "signal", "plain", "message"}
            self.bugs[bug] = {"kinds": kinds, "functions": function.split(), "tags": tags}
        self.inputs = {path.name: path.read_bytes() for path in sorted((folder / "inputs").iterdir())}
        stray = set(self.bugs) ^ {name.partition("@")[0] for name in self.inputs}
        if stray:
            sys.exit(f"{folder}: bugs.tsv and inputs do not name the same bugs: {' '.join(sorted(stray))}")
        self.sources = sorted(path for path in folder.iterdir() if path.suffix in (".c", ".cc", ".h"))
        self.text = digest(*(part for path in self.sources for part in (path.name, path.read_bytes())))

    def inputs_of(self, way):
        return [name for name in self.inputs if self.bugs[name.partition("@")[0]]["tags"] & way.tags]


def build(program, way, out):
    """The binary's key, or an error text. One command: driver and sources, each in its language."""
    key = digest(RUN_VERSION, program.text, (HERE / "driver.cc").read_bytes(), way.flags, way.version)
    binary = out / "bin" / way.name / program.name
    stamp = out / "cache" / f"{program.name}--{way.name}.bin"
    if binary.exists() and stamp.exists() and stamp.read_text() == key:
        return key, None
    binary.parent.mkdir(parents=True, exist_ok=True)
    command = [way.compiler, "-g", *way.flags, "-w", f"-ffile-prefix-map={HERE}=/src", "-o", str(binary),
               "-x", "c++", "driver.cc"]
    for path in program.sources:
        if path.suffix != ".h":
            command += ["-x", "c" if path.suffix == ".c" else "c++", str(path.relative_to(HERE))]
    command += ["-x", "none", "-pthread", "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_SECONDS, cwd=HERE)
    if done.returncode != 0:
        return None, f"{program.name}, {way.name}: {' '.join(command)}\n{done.stderr[-3000:]}"
    stamp.write_text(key)
    return key, None


def no_core():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.setsid()


def run(program, way, name, out):
    """(exit code, log). The input is copied to a name that tells nothing, into a folder of its own."""
    command = [str(out / "bin" / way.name / program.name)]
    if way.mode == "fuzzer":
        kinds = program.bugs[name.partition("@")[0]]["kinds"].split()
        command += ["-timeout=1" if "timeout" in kinds else "-timeout=20", *FUZZER_FLAGS]
    elif way.mode == "gdb":
        command = GDB + command
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "input").write_bytes(program.inputs[name])
        with open(pathlib.Path(folder, "log"), "w+b") as log:
            child = subprocess.Popen(
                command + ["input"], cwd=folder, stdin=subprocess.DEVNULL, stderr=log, preexec_fn=no_core,
                stdout=log if way.mode == "gdb" else subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "HOME": folder, **ENVIRONMENT})
            try:
                code = child.wait(RUN_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                code = None
            log.seek(0)
            return code, log.read(LOG_BYTES), command + ["input"]


def run_cached(program, way, name, key, out):
    bug, _, face = name.partition("@")
    title = f"{program.name}--{bug}--{face or 'plain'}--{way.name}.txt"
    stamp, log_path = out / "cache" / (title + ".run"), out / "logs" / title
    run_key = digest(key, program.inputs[name], way.mode, sorted(ENVIRONMENT.items()), FUZZER_FLAGS, GDB)
    if stamp.exists():
        stored = json.loads(stamp.read_text())
        if stored["key"] == run_key and (log_path.exists() or not stored["crashed"]):
            return stored
    for _ in range(4 if "thread" in way.tags else 1):  # a race does not show in every run
        code, log, command = run(program, way, name, out)
        crashed = bool(CRASHED.search(log)) or (way.mode != "gdb" and code != 0 and log.strip() != b"")
        if crashed:
            break
    stored = {"key": run_key, "crashed": crashed and code is not None, "code": code, "title": title, "way": way.name,
              "program": program.name, "bug": bug, "input": str(program.folder / "inputs" / name),
              "hung": code is None, "silent": not crashed and way.mode != "gdb" and code not in (0, None),
              "command": " ".join(command[:1] if way.mode == "gdb" else command)}
    log_path.unlink(missing_ok=True)
    if stored["crashed"]:
        log_path.write_bytes(log)
    stamp.write_text(json.dumps(stored))
    return stored


def make(program, ways, out, pool):
    """All results of one program; builds first, then runs, both as wide as the pool."""
    wanted = [way for way in ways if way.usable and program.inputs_of(way)]
    built = list(pool.map(lambda way: build(program, way, out), wanted))
    errors = [error for _, error in built if error]
    work = [(way, name, key) for way, (key, error) in zip(wanted, built) if not error
            for name in program.inputs_of(way)]
    return errors, list(pool.map(lambda item: run_cached(program, item[0], item[1], item[2], out), work))


def review(program, results, out):
    """Logs that nowhere name a function the mistake is in: for a person to look at, not judged here."""
    for result in results:
        if result["crashed"]:
            text = (out / "logs" / result["title"]).read_text(errors="replace")
            names = [name.rpartition("::")[2] for name in program.bugs[result["bug"]]["functions"]]
            if not any(re.search(r"\b" + re.escape(name) + r"\b", text) for name in names):
                print(f"review: {result['title']} names none of {' '.join(names)}")
        elif result["hung"] or result["silent"]:
            print(f"review: {result['title']} {'hung' if result['hung'] else 'ended without a word'}")


def write_tables(out, kept):
    """truth.tsv and runs.tsv over every program made so far, and no log beside them."""
    kinds = {name: {bug: row["kinds"] for bug, row in Program(PROGRAMS / name).bugs.items()} for name in kept}
    crashed = sorted((result for results in kept.values() for result in results
                      if result["crashed"] and result["bug"] in kinds[result["program"]]),
                     key=lambda result: result["title"])
    with open(out / "truth.tsv", "w", encoding="utf-8") as file:
        for result in crashed:
            program, bug = result["program"], result["bug"]
            file.write(f"{result['title']}\t{program}:{bug}\t{kinds[program][bug]}\n")
    with open(out / "runs.tsv", "w", encoding="utf-8") as file:
        for result in crashed:
            binary = out / "bin" / result["way"] / result["program"]
            file.write("\t".join(map(str, (result["title"], result["way"], binary, result["input"], result["code"],
                                           result["command"]))) + "\n")
    titles = {result["title"] for result in crashed}
    for path in (out / "logs").iterdir():
        if path.name not in titles:
            path.unlink()
    return crashed


def report(crashed, kept, ways):
    for way in ways:
        mine = [result for results in kept.values() for result in results if result["way"] == way.name]
        if way.usable and not mine:
            continue
        note = "" if way.usable else "  (left out: its compiler or gdb is missing)"
        print(f"{way.name:16} {sum(result['crashed'] for result in mine):5} logs, "
              f"{sum(not result['crashed'] for result in mine):4} runs without a crash left out{note}")
    bugs = {(result["program"], result["bug"]) for result in crashed}
    print(f"{len(kept)} programs, {len(bugs)} bugs, {len(crashed)} logs")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--programs", nargs="*", default=[])
    parser.add_argument("--ways", nargs="*", default=[], help="only these ways of ways.tsv")
    parser.add_argument("--review", action="store_true", help="also name the logs that a person should look at")
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    for folder in ("bin", "cache", "logs"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    lock = open(out / "cache" / "lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    ways = [Way(row) for row in read_table(HERE / "ways.tsv", 5)]
    if arguments.ways:
        unknown = set(arguments.ways) - {way.name for way in ways}
        if unknown:
            sys.exit(f"no such way: {' '.join(sorted(unknown))}")
        ways = [way for way in ways if way.name in arguments.ways]
    names = sorted(path.parent.name for path in PROGRAMS.glob("*/bugs.tsv"))
    unknown = set(arguments.programs) - set(names)
    if unknown:
        sys.exit(f"no such program: {' '.join(sorted(unknown))}")
    kept, failures = {}, []
    with concurrent.futures.ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
        for name in names:
            store = out / "cache" / f"{name}.json"
            if store.exists():
                kept[name] = json.loads(store.read_text())
        for name in arguments.programs or names:
            store = out / "cache" / f"{name}.json"
            program = Program(PROGRAMS / name)
            errors, results = make(program, ways, out, pool)
            failures += errors
            shown = {result["bug"] for result in results if result["crashed"]}
            if not arguments.ways:
                failures += [f"{name}:{bug} crashes in no way" for bug in program.bugs if bug not in shown]
            kept[name] = results
            store.write_text(json.dumps(results))
            crashed = write_tables(out, kept)
            print(f"{name}: {sum(result['crashed'] for result in results)} logs of {len(shown)} bugs", flush=True)
            if arguments.review:
                review(program, results, out)
    report(crashed, kept, ways)
    for failure in failures:
        print("ERROR:", failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
