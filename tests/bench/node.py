#!/usr/bin/env python3
"""Measures the node side: what the agent costs, what `fuzzmill run` costs a fuzzer, how soon a crash is a group.

usage: node.py BUILD [--json] [--pairs N] [--seconds N] [--crashes N]

BUILD holds fuzzmill and soak-targets/. Each figure stands beside what is wanted of it.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import real_up

GROUPS = "fuzzmill:{crash}:groups"  # scored by their last crash
TARGETS, CORPUS_FILES = 32, 100_000
FUZZ_SECONDS = 6


class Bench:
    def __init__(self, build):
        self.fuzzmill = os.path.join(build, "fuzzmill")
        self.target = os.path.join(build, "soak-targets", "soak_libfuzzer")
        self.folder = tempfile.mkdtemp(prefix="fuzzmill-bench-node.")
        self.data = os.path.join(self.folder, "data")
        self.up = None

    def __enter__(self):
        self.up = real_up.start_up(self.fuzzmill, self.data, os.path.join(self.folder, "up.log"))
        return self

    def __exit__(self, *_):
        real_up.end(self.up)
        shutil.rmtree(self.folder, ignore_errors=True)

    def agent(self, name, targets, *options):
        file = os.path.join(self.folder, f"{name}.toml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(targets)
        return subprocess.Popen([self.fuzzmill, "agent", "--data", self.data, "--node", name, "--targets", file,
                                 "--spool", os.path.join(self.folder, name, "spool"), *options],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_mb(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M)[1]) / 1024


def idle_cost(bench, seconds):
    """An agent over 32 fuzzers that say nothing, each with a corpus of 100,000 files."""
    corpus = os.path.join(bench.folder, "corpus")
    os.makedirs(corpus)
    for i in range(CORPUS_FILES):
        with open(os.path.join(corpus, hashlib.sha1(str(i).encode()).hexdigest()), "wb") as file:
            file.write(b"x" * 16)
    targets = "".join(f'[[target]]\nname = "t{i}"\nengine = "libfuzzer"\ncommand = ["sh", "-c", "exec sleep 100000"]\n'
                      f'corpus = "{corpus}"\n' for i in range(TARGETS))
    agent = bench.agent("idle", targets, "--interval", "30s")
    try:
        time.sleep(35)  # the first samples, which measure each corpus, are no habit
        before, begun = cpu_seconds(agent.pid), time.monotonic()
        time.sleep(seconds)
        share = (cpu_seconds(agent.pid) - before) / (time.monotonic() - begun)
        return share * 100, pss_mb(agent.pid)
    finally:
        real_up.end(agent)


def executions(command):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    found = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    if not found:
        raise RuntimeError("no statistics in: " + done.stderr[-300:])
    return int(found[1])


def run_ratio(bench, pairs):
    """Executions under `fuzzmill run` by those of the same fuzzer bare, in turn; the median of the pairs."""
    fuzzer = [bench.target, "-max_len=2", "-seed=1", f"-max_total_time={FUZZ_SECONDS}", "-print_final_stats=1"]
    watched = [bench.fuzzmill, "run", "--data", bench.data, "--node", "ratio", "--target", "t", "--", *fuzzer]
    ratios = []
    for i in range(pairs):
        first, second = (fuzzer, watched) if i % 2 == 0 else (watched, fuzzer)
        counts = executions(first), executions(second)
        ratios.append(counts[1] / counts[0] if i % 2 == 0 else counts[0] / counts[1])
    return statistics.median(ratios), ratios


# Says what libFuzzer says in fork mode, of crashes that it makes up; when each file was closed goes to argv[2].
FAKE_FUZZER = r"""
import hashlib, sys, time
folder, closed = [a.split("=", 1)[1] for a in sys.argv if a.startswith("-artifact_prefix=")][-1], sys.argv[1]
for i in range(int(sys.argv[2])):
    data = b"crash %d" % i
    name = folder + "crash-" + hashlib.sha1(data).hexdigest()
    pid = 100000 + i
    sys.stderr.write(f'''=={pid}==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000014 at pc 0x000000001000 bp 0x7ffc00000000 sp 0x7ffc00000000
READ of size 1 at 0x602000000014 thread T0
    #0 0x55d0c0000000 in parse_{i}_header /src/part_{i}.c:{i + 10}:3
    #1 0x55d0c0000100 in LLVMFuzzerTestOneInput /src/fuzz.c:9:3
SUMMARY: AddressSanitizer: heap-buffer-overflow /src/part_{i}.c:{i + 10}:3 in parse_{i}_header
''')
    sys.stderr.flush()
    with open(name, "wb") as file:
        file.write(data)
    with open(closed, "a") as file:
        file.write(f"{time.time()}\n")
    sys.stderr.write(f"artifact_prefix='{folder}'; Test unit written to {name}\n")
    sys.stderr.flush()
    time.sleep(0.25)
time.sleep(3600)
"""


class Redis:
    def __init__(self, data):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(os.path.join(data, "run", "redis.sock"))
        self.file = self.socket.makefile("rb")

    def send(self, words):
        text = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        self.socket.sendall(f"*{len(words)}\r\n{text}".encode())

    def number(self, *words):
        self.send(words)
        return int(self.file.readline()[1:])

    def words(self, *words):
        """Of an array of strings, which have no line breaks in them."""
        self.send(words)
        return [self.file.readline() and self.file.readline() for _ in range(int(self.file.readline()[1:]))]


def replay_latency(bench, count):
    """Seconds beyond its replays that a crash without a report takes to its group: the replays are those that
    the event tells, each as long as one of the same input by hand."""
    folder = os.path.join(bench.folder, "artifacts")
    os.makedirs(folder)
    agent = bench.agent("replays", f'[[target]]\nname = "replayed"\nengine = "libfuzzer"\noutput = "{folder}"\n'
                        f'replay-command = ["{bench.target}", "@@"]\nreplay-tries = 2\n', "--replay-share", "0")
    redis, over = Redis(bench.data), []
    try:
        for i in range(count):
            data = b"BUG" + bytes([65 + i % 26, 65 + i // 26])
            file = os.path.join(folder, "crash-" + hashlib.sha1(data).hexdigest())
            begun = time.monotonic()
            subprocess.run([bench.target, "/dev/stdin"], input=data, capture_output=True, check=False)
            replay = time.monotonic() - begun
            before = redis.words("ZRANGE", GROUPS, "0", "-1", "WITHSCORES")
            with open(file, "wb") as out:
                out.write(data)
            begun = time.monotonic()
            while redis.words("ZRANGE", GROUPS, "0", "-1", "WITHSCORES") == before:
                if time.monotonic() > begun + 60:
                    raise RuntimeError("a crash without a report became no group")
                time.sleep(0.002)
            over.append(time.monotonic() - begun - 2 * replay)
    finally:
        real_up.end(agent)
    return sorted(over)


def crash_latency(bench, count):
    """Seconds from the close of each crash file to its group in Redis."""
    script, closed = os.path.join(bench.folder, "fake.py"), os.path.join(bench.folder, "closed")
    with open(script, "w", encoding="utf-8") as file:
        file.write(FAKE_FUZZER)
    redis = Redis(bench.data)
    before = redis.number("ZCARD", GROUPS)
    command = json.dumps([sys.executable, script, closed, str(count), "-fork=1"])
    agent = bench.agent("latency", f'[[target]]\nname = "fake"\nengine = "libfuzzer"\ncommand = {command}\n')
    seen = []
    try:
        deadline = time.monotonic() + 30 + count
        while len(seen) < count and time.monotonic() < deadline:
            groups = redis.number("ZCARD", GROUPS) - before
            seen += [time.time()] * (groups - len(seen))
            time.sleep(0.002)
    finally:
        real_up.end(agent)
    with open(closed, encoding="ascii") as file:
        times = [float(line) for line in file]
    if len(seen) < count:
        raise RuntimeError(f"{len(seen)} of {count} crashes became groups")
    return sorted(at - when for at, when in zip(seen, times))


def main():
    parser = argparse.ArgumentParser(prog="node.py")
    parser.add_argument("build")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--crashes", type=int, default=200)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with Bench(os.path.abspath(options.build)) as bench:
        waits = crash_latency(bench, options.crashes)
        over = replay_latency(bench, min(options.crashes, 52))
        ratio, ratios = run_ratio(bench, options.pairs)
        cpu, memory = idle_cost(bench, options.seconds)
    rows = [("crash closed to group, p50", waits[len(waits) // 2] * 1000, "ms", ""),
            ("crash closed to group, p99", waits[int(len(waits) * 0.99)] * 1000, "ms", "<= 250"),
            ("without a report: beyond its replays, p50", over[len(over) // 2] * 1000, "ms", ""),
            ("without a report: beyond its replays, p99", over[int(len(over) * 0.99)] * 1000, "ms", "<= 250"),
            ("executions under run / bare, median", ratio, "", ">= 0.99"),
            ("executions under run / bare, lowest pair", min(ratios), "", ""),
            (f"agent over {TARGETS} targets, of a core", cpu, "%", "<= 1"),
            (f"agent over {TARGETS} targets, PSS", memory, "MB", "<= 40")]
    if options.json:
        print(json.dumps({"node": [{"what": what, "value": value, "unit": unit, "wanted": wanted}
                                   for what, value, unit, wanted in rows]}))
    else:
        for what, value, unit, wanted in rows:
            print(f"{what:42} {value:10.3f} {unit:3} {wanted}")


if __name__ == "__main__":
    main()
