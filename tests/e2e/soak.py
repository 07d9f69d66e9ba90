#!/usr/bin/env python3
"""Three nodes with real fuzzers, while broker, agents and fuzzers are killed at random: no crash is lost, none
counted twice, and no process of ours grows or stays behind.

usage: soak.py BUILD SECONDS [SEED]

BUILD holds fuzzmill and soak-targets/. What was expected is read from the artifacts on disk: each different
content of a target is one crash, whoever saw it how often. Exits 0 when Redis has exactly those.
"""

import glob
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
import real_up

KILL_EVERY = 7          # seconds between two kills, on average
SETTLE_SECONDS = 120    # for replays and stages at the end
GROWTH_MB = 24          # that an agent may grow between a quarter of the time and its end


class Soak:
    def __init__(self, build, seed):
        self.fuzzmill = os.path.join(build, "fuzzmill")
        self.targets = os.path.join(build, "soak-targets")
        self.folder = tempfile.mkdtemp(prefix="fuzzmill-soak.")
        self.random = random.Random(seed)
        self.up = None
        self.agents = {}
        self.kills = {"agent": 0, "broker": 0, "fuzzer": 0, "worker": 0}
        self.sizes = {}

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def start(self):
        os.makedirs(self.path("seeds"))
        for seed in ("BUFF", "BUII"):  # one bit away from each bug: AFL++ may be killed every few seconds
            with open(self.path("seeds", seed), "w", encoding="ascii") as file:
                file.write(seed)
        self.write_targets()
        self.up = real_up.start_up(self.fuzzmill, self.path("data"), self.path("up.log"))
        for node in ("singapore", "nyc", "london"):
            self.start_agent(node)

    def write_targets(self):
        libfuzzer, afl = os.path.join(self.targets, "soak_libfuzzer"), os.path.join(self.targets, "soak_afl")
        commands = {
            "singapore": ("png", [libfuzzer, "-max_len=8", self.path("singapore-corpus")]),
            "london": ("xml", [libfuzzer, "-fork=1", "-ignore_crashes=1", "-max_len=8", self.path("london-corpus")]),
            "nyc": ("json", ["afl-fuzz", "-i", self.path("seeds"), "-o", self.path("nyc-out"), "--", afl, "@@"]),
        }
        for node, (target, command) in commands.items():
            os.makedirs(self.path(f"{node}-corpus"), exist_ok=True)
            if "corpus" in command[-1]:
                shutil.copytree(self.path("seeds"), command[-1], dirs_exist_ok=True)
            with open(self.path(f"{node}.toml"), "w", encoding="utf-8") as file:
                file.write(f'[[target]]\nname = "{target}"\ncommand = {json.dumps(command)}\ngive-up-after = 0\n'
                           'replay-tries = 2\nenvironment = { AFL_SKIP_CPUFREQ = "1", AFL_NO_AFFINITY = "1", '
                           'AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES = "1" }\n')

    def start_agent(self, node):
        self.agents[node] = subprocess.Popen(
            [self.fuzzmill, "agent", "--data", self.path("data"), "--node", node, "--targets",
             self.path(f"{node}.toml"), "--interval", "1s", "--replay-share", "0", "--spool",
             self.path(node, "spool")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.path(f"{node}.log"), "ab"))

    def children_of(self, pid):
        found = []
        for stat in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(stat, encoding="utf-8", errors="replace") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(stat.split("/")[2]))
        return found

    def command_of(self, pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""

    def kill_one(self):
        what = self.random.choice(["agent", "agent", "broker", "fuzzer", "worker"])
        if what == "agent":
            node = self.random.choice(sorted(self.agents))
            self.agents[node].kill()
            self.agents[node].wait()
            self.start_agent(node)
        else:
            parent = self.up.pid if what in ("broker", "worker") else self.random.choice(
                [agent.pid for agent in self.agents.values()])
            victims = [pid for pid in self.children_of(parent)
                       if what == "fuzzer" or f"fuzzmill {what}" in self.command_of(pid)]
            if not victims:
                return
            try:
                os.kill(self.random.choice(victims), signal.SIGKILL)
            except ProcessLookupError:
                return
        self.kills[what] += 1

    def run(self, seconds):
        begun = time.monotonic()
        next_kill = begun + KILL_EVERY
        while time.monotonic() < begun + seconds:
            time.sleep(0.5)
            if self.up.poll() is not None:
                raise RuntimeError("`fuzzmill up` has ended")
            for node, agent in self.agents.items():
                if agent.poll() is not None:
                    raise RuntimeError(f"the agent of {node} has ended with {agent.returncode}")
            if time.monotonic() >= next_kill:
                self.kill_one()
                next_kill = time.monotonic() + self.random.uniform(0.5, 1.5) * KILL_EVERY
            if time.monotonic() > begun + seconds / 4:
                self.note_sizes()

    def note_sizes(self):
        for node, agent in self.agents.items():
            try:
                with open(f"/proc/{agent.pid}/statm", encoding="ascii") as file:
                    size = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
            except OSError:
                continue
            self.sizes.setdefault((node, agent.pid), []).append(size)

    def expected(self):
        """{target: contents of its crashes}, from what lies on disk."""
        artifacts = {"png": self.path("singapore", "*", "png", "artifacts", "crash-*"),
                     "xml": self.path("london", "*", "xml", "artifacts", "crash-*"),
                     "json": self.path("nyc-out", "*", "crashes*", "id:*")}
        contents = {}
        for target, pattern in artifacts.items():
            contents[target] = set()
            for name in glob.glob(pattern):
                with open(name, "rb") as file:
                    data = file.read()
                if not name.rsplit("/", 1)[1].startswith("crash-") or hashlib.sha1(data).hexdigest() in name:
                    contents[target].add(hashlib.sha256(data).hexdigest())
        return contents

    def counted(self):
        """Of all groups together: one may hold crashes of several targets."""
        output = subprocess.run([self.fuzzmill, "crashes", "list", "--data", self.path("data"), "--limit", "1000",
                                 "--json"], capture_output=True, check=False)
        return sum(group["count"] for group in json.loads(output.stdout or b"{}").get("groups", []))

    def settle(self):
        """Stops the fuzzing, then waits until Redis has all."""
        for node in self.agents:  # an agent whose fuzzer is given no time only publishes what it has
            self.agents[node].send_signal(signal.SIGTERM)
        for agent in self.agents.values():
            agent.wait(timeout=60)
        wanted = {target: len(found) for target, found in self.expected().items()}
        for node in self.agents:
            self.quiet_targets(node)
            self.start_agent(node)
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline and self.counted() != sum(wanted.values()):
            time.sleep(1)
        return wanted, self.counted()

    def quiet_targets(self, node):
        """The same folders, watched and not written any more."""
        target, engine, output = {
            "singapore": ("png", "libfuzzer", self.path("singapore", "singapore", "png", "artifacts")),
            "london": ("xml", "libfuzzer", self.path("london", "london", "xml", "artifacts")),
            "nyc": ("json", "afl", self.path("nyc-out"))}[node]
        program = os.path.join(self.targets, "soak_afl" if engine == "afl" else "soak_libfuzzer")
        with open(self.path(f"{node}.toml"), "w", encoding="utf-8") as file:
            file.write(f'[[target]]\nname = "{target}"\nengine = "{engine}"\noutput = "{output}"\n'
                       f'replay-command = ["{program}", "@@"]\nreplay-tries = 2\n')

    def stop(self):
        for process in [*self.agents.values(), self.up]:
            real_up.end(process)

    def left_over(self):
        return [f"{pid} {self.command_of(pid)}" for pid in
                (int(entry) for entry in os.listdir("/proc") if entry.isdigit())
                if self.targets in self.command_of(pid) or self.folder in self.command_of(pid)]


def faults_of(soak, wanted, counted):
    faults = []
    if counted != sum(wanted.values()):
        faults.append(f"{sum(wanted.values())} crashes on disk, {counted} counted")
    faults += [f"{target}: no crash was found" for target in wanted if wanted[target] == 0]
    for (node, _), sizes in soak.sizes.items():
        if len(sizes) > 20 and sizes[-1] - sizes[len(sizes) // 4] > GROWTH_MB:
            faults.append(f"the agent of {node} grew from {sizes[len(sizes) // 4]:.0f} to {sizes[-1]:.0f} MB")
    return faults


def main():
    build, seconds = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
    soak = Soak(build, seed)
    print(f"soak: seed {seed}, {seconds} s", flush=True)
    try:
        soak.start()
        soak.run(seconds)
        wanted, counted = soak.settle()
        faults = faults_of(soak, wanted, counted)
    finally:
        soak.stop()
    faults += [f"left behind: {process}" for process in soak.left_over()]
    sizes = [max(sizes) for sizes in soak.sizes.values()] or [0]
    print(f"soak: {sum(wanted.values())} crashes {wanted}, killed {soak.kills}, "
          f"largest agent {max(sizes):.1f} MB")
    for fault in faults:
        print(f"soak: {fault}")
    if faults:
        print(f"soak: everything is kept in {soak.folder}")
        return 1
    shutil.rmtree(soak.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
