#!/usr/bin/env python3
"""What one node finds reaches the other: a libFuzzer node and an AFL++ node of one target, behind one broker. The
input that only libFuzzer can find shows up in AFL++'s queue, as imported.

usage: share.py BUILD [SECONDS]

BUILD holds fuzzmill and share-targets/. Exits 0 when the input is there within SECONDS (90).
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import real_up

MAGIC = (0x9D5F2C81E6B3A70F).to_bytes(8, "little")


class Share:
    def __init__(self, build):
        self.fuzzmill = os.path.join(build, "fuzzmill")
        self.targets = os.path.join(build, "share-targets")
        self.folder = tempfile.mkdtemp(prefix="fuzzmill-share.")
        self.up, self.runs = None, []

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def run(self, node, command, environment=None):
        with open(self.path(node + ".log"), "ab") as log:
            self.runs.append(subprocess.Popen(
                [self.fuzzmill, "run", "--data", self.path("data"), "--node", node, "--target", "parser", "--", *command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **(environment or {})}))

    def wait(self, what, until, seconds):
        deadline = time.monotonic() + seconds
        while not until():
            ended = [run.args[5] for run in self.runs if run.poll() is not None]
            if ended or time.monotonic() > deadline:
                raise SystemExit(f"{what}: not within {seconds} s" + (f"; {ended} ended" if ended else ""))
            time.sleep(0.2)

    def imported(self):
        """Entries of AFL++'s own queue that came from fuzzmill's folder and begin with the magic."""
        found = []
        for name in glob.glob(self.path("out", "default", "queue", "id:*,sync:fuzzmill,*")):
            with open(name, "rb") as file:
                if file.read(8) == MAGIC:
                    found.append(name)
        return found

    def counters(self):
        output = subprocess.run(["redis-cli", "-s", self.path("data", "run", "redis.sock"), "HGETALL",
                                 "fuzzmill:{corpus}:sharing:parser"], capture_output=True, text=True, check=True).stdout
        words = output.split("\n")  # an empty value is an empty line
        return {name: int(value) for name, value in zip(words[::2], words[1::2]) if value.isdigit()}

    def go(self, seconds):
        os.makedirs(self.path("seeds"))
        os.makedirs(self.path("corpus"))
        with open(self.path("seeds", "seed"), "w", encoding="ascii") as file:
            file.write("a seed of sixteen")
        self.up = real_up.start_up(self.fuzzmill, self.path("data"), self.path("up.log"))
        started = time.monotonic()
        self.run("beta", ["afl-fuzz", "-i", self.path("seeds"), "-o", self.path("out"), "--",
                          os.path.join(self.targets, "share_afl")],
                 {"AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_NO_AFFINITY": "1",
                  "AFL_SYNC_TIME": "1"})
        # From now on it is told what others find.
        self.wait("AFL++ runs, and has a folder for imports", lambda: os.path.isdir(self.path("out", "fuzzmill", "queue"))
                  and os.path.isfile(self.path("out", "default", "fuzzer_stats")), 60)
        self.run("alpha", [os.path.join(self.targets, "share_libfuzzer"), "-max_len=16", self.path("corpus")])
        self.wait("libFuzzer's find is in AFL++'s queue", self.imported, seconds)
        took = time.monotonic() - started
        self.wait("the counters say so", lambda: self.counters().get("beta|imported", 0) >= 1, 30)
        counted = self.counters()
        print(f"imported after {took:.0f} s as {os.path.basename(self.imported()[0])}; {counted}")
        for run in self.runs:
            real_up.end(run)
        with open(self.path("out", "default", "fuzzer_stats"), encoding="ascii") as file:
            stats = dict(line.split(":", 1) for line in file.read().splitlines() if ":" in line)
        stats = {key.strip(): value.strip() for key, value in stats.items()}
        if int(stats["corpus_imported"]) < 1:
            raise SystemExit(f"AFL++ counts {stats['corpus_imported']} imported entries")
        if counted.get("alpha|accepted", 0) < 1:
            raise SystemExit(f"alpha's counters: {counted}")

    def stop(self):
        for process in [*self.runs, self.up]:
            real_up.end(process)


def main():
    share = Share(os.path.abspath(sys.argv[1]))
    try:
        share.go(float(sys.argv[2]) if len(sys.argv) > 2 else 90)
    except BaseException:
        share.stop()
        for log in ("up", "alpha", "beta"):
            subprocess.run(["tail", "-n", "15", share.path(log + ".log")], check=False)
        raise
    finally:
        share.stop()
        shutil.rmtree(share.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
