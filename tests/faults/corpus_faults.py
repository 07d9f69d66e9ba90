#!/usr/bin/env python3
"""Random backups, prunes, restores and merges, killed with -9 at any point: no file that was there is ever changed
or removed, and no archive is listed that does not verify.

usage: corpus_faults.py BUILD SECONDS [SEED]

BUILD holds fuzzmill. Prints the seed, so that a failure can be run again.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import corpora
import real_up

TARGETS = ("png", "xml")
LONGEST = 0.25  # seconds that a command lives which is to be killed


def tree(folder):
    """{path: (SHA-256, time)} of all files below; those that we are writing have names that begin with a dot."""
    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            if name.startswith("."):
                continue
            file = os.path.join(path, name)
            with open(file, "rb") as source:
                found[file] = (hashlib.sha256(source.read()).hexdigest(), os.stat(file).st_mtime_ns)
    return found


class Faults:
    def __init__(self, build, seed):
        self.fuzzmill = os.path.join(build, "fuzzmill")
        self.folder = tempfile.mkdtemp(prefix="fuzzmill-corpus-faults.")
        self.random = random.Random(seed)
        self.up, self.kept = None, {}
        self.counts = {"backup": 0, "restore": 0, "merge": 0, "prune": 0, "reindex": 0, "killed": 0}
        self.grown = 0

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def command(self, *words):
        return [self.fuzzmill, "corpus", *words, "--data", self.path("data")]

    def run(self, *words):
        """With kill -9 at a random moment, half of the times."""
        process = subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        if self.random.random() < 0.5:
            try:
                process.wait(timeout=self.random.random() * LONGEST)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                self.counts["killed"] += 1
        said, _ = process.communicate()
        return process.returncode, said

    def archives(self):
        return json.loads(subprocess.run(self.command("list", "--json"), check=True, capture_output=True,
                                         text=True).stdout)["archives"]

    def backup(self):
        target = self.random.choice(TARGETS)
        self.grown += 1
        corpora.write(self.path("corpus", target), 40, seed=1000 + self.grown, most=512)
        self.kept.update(tree(self.path("corpus")))
        code, said = self.run("backup", target, "--from", self.path("corpus", target), "--select", "all")
        assert code in (0, -signal.SIGKILL), said
        self.counts["backup"] += 1

    def restore(self):
        rows = self.archives()
        if not rows:
            return
        to = self.path("restored", str(self.random.randrange(1_000_000_000)))
        code, said = self.run("restore", self.random.choice(rows)["id"], "--to", to, "--yes")
        assert code in (0, -signal.SIGKILL), said
        self.kept.update(tree(self.path("restored")))
        self.counts["restore"] += 1

    def merge(self):
        rows = self.archives()
        folders = [self.path("corpus", target) for target in TARGETS]
        folders += [entry.path for entry in os.scandir(self.path("restored")) if entry.is_dir()]
        to = self.random.choice(folders)
        if not rows or not os.path.isdir(to):
            return
        self.kept.update(tree(to))
        code, said = self.run("restore", self.random.choice(rows)["id"], "--to", to, "--merge", "--yes")
        assert code in (0, -signal.SIGKILL), said
        self.kept.update(tree(to))
        self.counts["merge"] += 1

    def prune(self):
        code, said = self.run("prune", "--older-than", "0s", "--keep-last", str(self.random.randint(1, 3)), "--yes")
        assert code in (0, -signal.SIGKILL), said
        self.counts["prune"] += 1

    def reindex(self):
        code, said = self.run("reindex")
        assert code in (0, -signal.SIGKILL), said
        self.counts["reindex"] += 1

    def check(self):
        for file, was in self.kept.items():
            assert os.path.exists(file), f"{file} is gone"
        now = {**tree(self.path("corpus")), **tree(self.path("restored"))}
        changed = [file for file, was in self.kept.items() if now[file] != was]
        assert not changed, f"changed: {changed[:3]}"
        done = subprocess.run(self.command("verify", "--all", "--json"), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"an archive is listed that does not verify: {done.stdout[-2000:]}{done.stderr}"
        for target in TARGETS:  # what was backed up once is never without a good archive
            backed_up = target in self.seen
            rows = [row for row in self.archives() if row["target"] == target]
            assert rows or not backed_up, f"{target} has lost its last archive"
            if rows:
                self.seen.add(target)

    def go(self, seconds):
        self.seen = set()
        for target in TARGETS:
            os.makedirs(self.path("corpus", target))
        os.makedirs(self.path("restored"))
        self.up = real_up.start_up(self.fuzzmill, self.path("data"), self.path("up.log"))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.random.choice([self.backup, self.backup, self.restore, self.merge, self.merge, self.prune, self.reindex])()
            self.check()
        print(", ".join(f"{count} {what}" for what, count in self.counts.items()), f"and {len(self.kept)} files as they were")

    def end(self):
        real_up.end(self.up)
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    seed = int(sys.argv[3]) if len(sys.argv) == 4 else random.randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    faults = Faults(os.path.abspath(sys.argv[1]), seed)
    try:
        faults.go(float(sys.argv[2]))
    finally:
        faults.end()


if __name__ == "__main__":
    main()
