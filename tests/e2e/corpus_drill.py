#!/usr/bin/env python3
"""The recovery drill: three nodes' corpora are backed up, the index in Redis is wiped and rebuilt from the archives
alone, and every corpus is restored and compared byte for byte.

usage: corpus_drill.py BUILD

BUILD holds fuzzmill. Exits 0 when each node's files came back under their names with their bytes and times, and
what plain tar and sha256sum say of the archives agrees.
"""

import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import corpora
import real_up

NODES = ("singapore", "nyc", "london")
FILES = 150


def tree(folder):
    """{relative name: (SHA-256, time in ms)} of every file below a folder."""
    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(path, name)
            with open(file, "rb") as source:
                content = source.read()
            found[os.path.relpath(file, folder)] = (hashlib.sha256(content).hexdigest(),
                                                    os.stat(file).st_mtime_ns // 1_000_000)
    return found


class Drill:
    def __init__(self, build):
        self.fuzzmill = os.path.join(build, "fuzzmill")
        self.folder = tempfile.mkdtemp(prefix="fuzzmill-drill.")
        self.up, self.agents = None, []

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def run(self, *words):
        done = subprocess.run([self.fuzzmill, *words, "--data", self.path("data")], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def redis(self, *words):
        return subprocess.run(["redis-cli", "-s", self.path("data", "run", "redis.sock"), *words], check=True,
                              capture_output=True, text=True).stdout

    def make_corpora(self):
        for seed, node in enumerate(NODES):
            folder = self.path(node, "corpus")
            corpora.write(folder, FILES, seed)
            corpora.write(os.path.join(folder, "seeds"), 5, 100)  # the same on all nodes, in a sub-folder
            for name in ("id:000001,src:000000,op:havoc", "with blank", "grüße", "-rf"):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(name.encode() + node.encode())
            open(os.path.join(folder, "empty"), "wb").close()

    def start(self):
        self.up = real_up.start_up(self.fuzzmill, self.path("data"), self.path("up.log"))
        for node in NODES:
            os.makedirs(self.path(node, "out"))
            with open(self.path(f"{node}.toml"), "w", encoding="utf-8") as file:
                file.write(f'[[target]]\nname = "parser"\nengine = "libfuzzer"\noutput = {json.dumps(self.path(node, "out"))}\n'
                           f'corpus = {json.dumps(self.path(node, "corpus"))}\nsnapshot-select = "all"\n'
                           'snapshot-interval = "0"\nshare = false\n')
            self.agents.append(subprocess.Popen(
                [self.fuzzmill, "agent", "--data", self.path("data"), "--node", node, "--targets",
                 self.path(f"{node}.toml"), "--interval", "1s", "--spool", self.path(node, "spool")],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.path(f"{node}.log"), "ab")))

    def archives(self):
        return json.loads(self.run("corpus", "list", "--json"))["archives"]

    def check_by_hand(self):
        """What a person without fuzzmill would do."""
        sums = glob.glob(self.path("data", "archive", "corpus", "parser", "*.sha256"))
        assert sums, "no archive has its SHA-256 beside it"
        for file in sums:
            folder, name = os.path.split(file)
            subprocess.run(["sha256sum", "--check", "--strict", "--quiet", name], cwd=folder, check=True)
        newest = sorted(sums)[-1][:-len(".sha256")]
        out = self.path("by-hand")
        os.makedirs(out)
        subprocess.run(["tar", "-xf", newest, "-C", out], check=True)
        wanted = {digest for node in NODES for digest, _ in tree(self.path(node, "corpus")).values()}
        got = {name: hashlib.sha256(open(os.path.join(out, "corpus", name), "rb").read()).hexdigest()
               for name in os.listdir(os.path.join(out, "corpus"))}
        assert all(name == digest for name, digest in got.items()), "a file of the archive is not what its name says"
        assert set(got) == wanted, "plain tar gives other files than the nodes had"

    def wipe_index(self):
        for key in self.redis("--scan", "--pattern", "fuzzmill:{corpus}:*").split("\n"):
            if key:
                self.redis("DEL", key)
        assert not self.archives(), "the index is not empty"

    def check_restored(self):
        for node in NODES:
            to = self.path("restored", node)
            self.run("corpus", "restore", "parser", "--node", node, "--to", to, "--yes")
            had, got = tree(self.path(node, "corpus")), tree(to)
            assert had == got, f"{node}: {sorted(set(had.items()) ^ set(got.items()))[:5]}"

    def go(self):
        self.make_corpora()
        self.start()
        for node in NODES:  # an order waits for the first word of its node
            real_up.wait_for(lambda: any(row["node"] == node for row in
                                         json.loads(self.run("nodes", "--json"))["nodes"]), 60, f"node {node}")
        self.run("corpus", "backup", "parser", "--json")
        before = self.archives()
        assert len(before) == 1, f"one archive a target and day, not {len(before)}"
        self.run("corpus", "verify", "--all")
        self.check_by_hand()
        self.wipe_index()
        self.run("corpus", "reindex")
        after = self.archives()
        same = ("id", "target", "sha256", "files", "bytes", "time_ms")
        assert [[row[key] for key in same] for row in before] == [[row[key] for key in same] for row in after]
        self.check_restored()
        print(f"{after[0]['files']} files of {len(NODES)} nodes came back as they were")

    def end(self):
        for agent in self.agents:
            real_up.end(agent)
        real_up.end(self.up)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    drill = Drill(os.path.abspath(sys.argv[1]))
    try:
        drill.go()
    except BaseException:
        for log in glob.glob(drill.path("*.log")):
            sys.stderr.write(f"--- {os.path.basename(log)}\n" + open(log, encoding="utf-8", errors="replace").read()[-4000:])
        raise
    finally:
        drill.end()
        shutil.rmtree(drill.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
