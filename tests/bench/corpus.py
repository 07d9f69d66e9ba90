#!/usr/bin/env python3
"""Measures the backup of corpora against tar, in one run.

usage: corpus.py BUILD [--json] [--rounds N] [--restore-files N] [--large-gb N]

BUILD holds fuzzmill. Each figure stands beside what is wanted of it. A tar of the same files is measured in turn
with ours, best of N each, since the machine is shared.
"""

import argparse
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import corpora
import real_up

SMALL_FILES, NEW_FILES = 5000, 250


class Bench:
    def __init__(self, build):
        self.fuzzmill = os.path.join(build, "fuzzmill")
        self.folder = tempfile.mkdtemp(prefix="fuzzmill-bench-corpus.")
        self.up, self.agents = None, []

    def __enter__(self):
        self.up = real_up.start_up(self.fuzzmill, self.path("data"), self.path("up.log"))
        return self

    def __exit__(self, *_):
        for agent in self.agents:
            real_up.end(agent)
        real_up.end(self.up)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def corpus(self, *words):
        done = subprocess.run([self.fuzzmill, "corpus", *words, "--data", self.path("data")], capture_output=True,
                              stdin=subprocess.DEVNULL, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"corpus {' '.join(words)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def agent(self, node, target, folder):
        os.makedirs(self.path(f"{node}.out"))
        with open(self.path(f"{node}.toml"), "w", encoding="utf-8") as file:
            file.write(f'[[target]]\nname = "{target}"\nengine = "libfuzzer"\noutput = {json.dumps(self.path(node + ".out"))}\n'
                       f'corpus = {json.dumps(folder)}\nsnapshot-select = "all"\nsnapshot-interval = "0"\nshare = false\n')
        agent = subprocess.Popen(
            [self.fuzzmill, "agent", "--data", self.path("data"), "--node", node, "--targets", self.path(f"{node}.toml"),
             "--interval", "1s", "--spool", self.path(node, "spool")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.path(f"{node}.log"), "ab"))
        self.agents.append(agent)
        real_up.wait_for(lambda: f'"{node}"' in subprocess.run(
            [self.fuzzmill, "nodes", "--json", "--data", self.path("data")], capture_output=True, text=True,
            check=True).stdout, 60, f"node {node}")
        return agent


class Peaks:
    """The most memory that processes used while it looked, MB: PSS of each by name, RSS would count libraries twice."""

    def __init__(self, pids):
        self.pids, self.most, self.over = pids, {}, threading.Event()
        self.thread = threading.Thread(target=self.look)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def look(self):
        while not self.over.wait(0.2):
            for pid in self.pids():
                try:
                    with open(f"/proc/{pid}/cmdline", "rb") as file:
                        name = " ".join(file.read().decode(errors="replace").split("\0")[:2]).rsplit("/", 1)[-1]
                    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                        pss = next(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024
                except (OSError, StopIteration):
                    continue
                self.most[name] = max(self.most.get(name, 0), pss)


def family(pid):
    """A process and its children's children, as it is now."""
    found, at = [pid], 0
    while at < len(found):
        try:
            with open(f"/proc/{found[at]}/task/{found[at]}/children", encoding="ascii") as file:
                found += [int(child) for child in file.read().split()]
        except OSError:
            pass
        at += 1
    return found


def seconds(command, rounds=1, before=lambda: None):
    best = float("inf")
    for _ in range(rounds):
        before()
        begun = time.monotonic()
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        best = min(best, time.monotonic() - begun)
    return best


def packing(bench, rounds):
    """5,000 small files into a verified archive, against tar czf, in turn."""
    folder, tgz = bench.path("small"), bench.path("small.tgz")
    corpora.write(folder, SMALL_FILES)
    ours = theirs = float("inf")
    for number in range(rounds):
        theirs = min(theirs, seconds(["tar", "czf", tgz, "-C", bench.folder, "small"]))
        ours = min(ours, seconds([bench.fuzzmill, "corpus", "backup", f"small{number}", "--from", folder, "--select", "all", "--data",
                                  bench.path("data")]))
    archive = glob.glob(bench.path("data", "archive", "corpus", "small0", "*.tar.zst"))[0]
    return [("backup of 5,000 files, times as fast as tar czf", theirs / ours, "", ">= 3"),
            ("its size, of tar czf's", os.path.getsize(archive) / os.path.getsize(tgz), "", "<= 0.75"),
            ("its time", ours, "s", f"tar czf {theirs:.3f} s")]


def second_day(bench):
    """What travels when one file in twenty is new."""
    folder = bench.path("days")
    raw = corpora.write(folder, SMALL_FILES, seed=2)
    bench.agent("days", "days", folder)
    first = json.loads(bench.corpus("backup", "days", "--json"))
    begun = time.monotonic()
    corpora.write(folder, NEW_FILES, seed=3)
    second = json.loads(bench.corpus("backup", "days", "--json"))
    took = time.monotonic() - begun
    sent = [sum(part["sent_bytes"] for part in day["parts"]) for day in (first, second)]
    return [("second day with 5 % new files, of the corpus' bytes", 100 * sent[1] / raw, "%", "<= 6"),
            ("… and of the first day's bytes on the wire", 100 * sent[1] / sent[0], "%", ""),
            ("order to archive, second day", took, "s", "")]


def restoring(bench, files, rounds):
    folder = bench.path("many")
    corpora.write(folder, files, seed=4, least=20, most=1024)
    bench.corpus("backup", "many", "--from", folder, "--select", "all")
    archive = glob.glob(bench.path("data", "archive", "corpus", "many", "*.tar.zst"))[0]
    plain, ours = bench.path("plain"), bench.path("ours")

    def fresh(path):
        shutil.rmtree(path, ignore_errors=True)
        os.sync()

    best_plain = best_ours = float("inf")
    for _ in range(rounds):
        fresh(plain)
        os.makedirs(plain)
        best_plain = min(best_plain, seconds(["tar", "xf", archive, "-C", plain]))
        fresh(ours)
        best_ours = min(best_ours, seconds([bench.fuzzmill, "corpus", "restore", archive, "--to", ours, "--yes", "--data",
                                            bench.path("data")]))
    return [(f"restore of {files:,} files, times tar xf", best_ours / best_plain, "", "<= 1.5"),
            ("its time", best_ours, "s", f"tar xf {best_plain:.2f} s")]


def large(bench, gigabytes):
    """A corpus of some GB through agent, broker and worker: the most memory that one of ours takes."""
    folder = bench.path("large")
    os.makedirs(folder)
    size = 256 * 1024
    for number in range(gigabytes * (1 << 30) // size):
        with open(os.path.join(folder, f"{number:08}"), "wb") as file:
            file.write(os.urandom(size))
    agent = bench.agent("large", "large", folder)
    with Peaks(lambda: family(bench.up.pid) + family(agent.pid)) as peaks:
        begun = time.monotonic()
        bench.corpus("backup", "large")
        took = time.monotonic() - begun
    ours = {name: most for name, most in peaks.most.items() if name.startswith("fuzzmill")}
    rows = [(f"{gigabytes} GB corpus: {name}, most memory", most, "MB", "<= 100") for name, most in sorted(ours.items())]
    with Peaks(lambda: [pid for pid in family(os.getpid()) if pid not in family(bench.up.pid)]) as peaks:
        bench.corpus("verify", "large")
        bench.corpus("restore", "large", "--to", bench.path("large-back"), "--yes")
    most = max((most for name, most in peaks.most.items() if name == "fuzzmill corpus"), default=0)
    return rows + [("… verify and restore, most memory", most, "MB", "<= 100"), ("… order to archive", took, "s", "")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--restore-files", type=int, default=100_000)
    parser.add_argument("--large-gb", type=int, default=4)
    options = parser.parse_args()
    with Bench(os.path.abspath(options.build)) as bench:
        rows = packing(bench, options.rounds)
        rows += second_day(bench)
        rows += restoring(bench, options.restore_files, max(1, options.rounds - 2))
        if options.large_gb:
            rows += large(bench, options.large_gb)
    if options.json:
        print(json.dumps({"corpus": [{"what": what, "value": value, "unit": unit, "wanted": wanted}
                                     for what, value, unit, wanted in rows]}, indent=1))
        return
    for what, value, unit, wanted in rows:
        print(f"{what:58} {value:10.3f} {unit:3} {wanted}")


if __name__ == "__main__":
    main()
