#!/usr/bin/env python3
"""check_bundles.py FUZZMILL BUGS.tsv INPUTS TARGETS: makes a bundle for each planted bug and runs its scripts. Each
must say 0 for its own bug, 3 for another's, 4 for a harmless input and 5 for a wrong environment; with fuzzmill and
without; repro.gdb with a backtrace. Skipped where the targets are not built."""
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
SAME, OTHER, NONE, WRONG = 0, 3, 4, 5
# Bytes that do nothing in most targets; the first that does nothing is taken.
HARMLESS = [b"", b"x", b"\0", b"\0" * 16, b"hello, world"]
ENVIRONMENT = {"UBSAN_OPTIONS": "print_stacktrace=1"}


class Case:
    def __init__(self, line, inputs, targets):
        fields = line.rstrip("\n").split("\t")
        self.name, self.kind = fields[0], fields[2]
        self.flags = [] if fields[6] == "-" else fields[6].split(" ")
        self.input = os.path.join(inputs, self.name)
        self.target = os.path.join(targets, self.name)

    def crash(self, input_file):
        return subprocess.run([self.target, *self.flags, input_file], env={**os.environ, **ENVIRONMENT}, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Check:
    def __init__(self, fuzzmill):
        self.fuzzmill = fuzzmill
        self.bad = 0
        self.count = 0

    def expect(self, what, command, want, environment=None, marks=(), never=()):
        run = subprocess.run(command, env={**os.environ, "TRIES": "2", **(environment or {})}, timeout=120,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        told = run.stdout.decode(errors="replace")
        wrong = [f"misses {mark!r}" for mark in marks if mark not in told]
        wrong += [f"says {mark!r}" for mark in never if mark in told]
        if run.returncode != want:
            wrong.append(f"exit code {run.returncode}, wanted {want}")
        self.count += 1
        if wrong:
            self.bad += 1
            print(f"BAD {what}: {'; '.join(wrong)}\n    it ends:\n{told[-1800:]}")

    def bundle(self, case, folder):
        os.makedirs(folder)
        with open(case.input, "rb") as file:
            name = "crash-" + hashlib.sha1(file.read()).hexdigest()
        shutil.copy(case.input, os.path.join(folder, name))
        with open(os.path.join(folder, name + ".log"), "wb") as log:
            log.write(case.crash(case.input).stderr)
        out = folder + "-bundles"
        subprocess.run([self.fuzzmill, "triage", folder, "--bundles", out, "--target", case.target], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)
        names = os.listdir(out)
        if len(names) != 1:
            raise SystemExit(f"{case.name}: wanted one bundle, found {len(names)}")
        return os.path.join(out, names[0])

    def scripts(self, case, other, harmless, bundle):
        script = ["sh", os.path.join(bundle, "repro.sh")]
        for how in (self.fuzzmill, "none"):
            with_how = {"FUZZMILL": how}
            name = f"{case.name} {'with' if how != 'none' else 'without'} fuzzmill"
            self.expect(f"{name}, its own bug", script, SAME, with_how, ["the same bug", "#0 "])
            self.expect(f"{name}, another bug", script, OTHER,
                        {**with_how, "TARGET": other.target, "INPUT": other.input, "TRIES": "1"})
        self.expect(f"{case.name}, a harmless input", script, NONE, {"INPUT": harmless, "TRIES": "1"})
        self.expect(f"{case.name}, no program", script, WRONG, {"TARGET": "/nonexistent/target"})
        self.expect(f"{case.name}, no symbolizer", script, WRONG, {"SYMBOLIZER": "/nonexistent/symbolizer"})

    def debugger(self, case, other, harmless, bundle):
        gdb = ["gdb", "-q", "-nx", "-batch", "-x", os.path.join(bundle, "repro.gdb"), "--args"]
        flags = ["-handle_abrt=0", "-handle_segv=0", *case.flags]
        if case.kind == "memory-leak":
            self.expect(f"{case.name} in gdb", [*gdb, case.target, case.input], WRONG, None,
                        ["leaks cannot be seen under ptrace; use repro.sh"])
            return
        self.expect(f"{case.name} in gdb", [*gdb, case.target, *flags, case.input], SAME, None,
                    ["REPRO: stopped", "#0 ", "REPRO: the same bug"], ["No stack."])
        self.expect(f"{case.name} in gdb, another bug", [*gdb, other.target, other.input], OTHER)
        self.expect(f"{case.name} in gdb, a harmless input", [*gdb, case.target, *flags, harmless], NONE)
        self.expect(f"{case.name} with --gdb", ["sh", os.path.join(bundle, "repro.sh"), "--gdb"], SAME)


def harmless_for(case, folder):
    for number, content in enumerate(HARMLESS):
        path = os.path.join(folder, f"harmless-{number}")
        with open(path, "wb") as file:
            file.write(content)
        if case.crash(path).returncode == 0:
            return path
    raise SystemExit(f"{case.name}: every input crashes")


def path_without_symbolizer(folder):
    """A PATH with what the script needs and no symbolizer."""
    for tool in ("sh cat cut dirname grep head mktemp mkdir rm sed sha256sum tr uname timeout setarch sleep cp".split()):
        found = shutil.which(tool)
        if found:
            os.symlink(found, os.path.join(folder, tool))
    return folder


def main():
    fuzzmill, bugs, inputs, targets = map(os.path.abspath, sys.argv[1:5])
    wanted = set(sys.argv[5:])
    with open(bugs, encoding="utf-8") as file:
        cases = [Case(line, inputs, targets) for line in file if not line.startswith("#")]
    cases = [case for case in cases if os.path.exists(case.target) and os.path.exists(case.input)]
    if len(cases) < 2:
        print("skipped: the planted targets are not built")
        return SKIPPED
    has_gdb = shutil.which("gdb") is not None
    if not has_gdb:
        print("without gdb: repro.gdb is not run")
    check = Check(fuzzmill)
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases):
            if wanted and case.name not in wanted:
                continue
            others = [one for one in cases if one.kind != case.kind and one.kind in ("heap-buffer-overflow", "segv")]
            other = others[0]
            own = os.path.join(folder, str(number))
            bundle = check.bundle(case, own)
            harmless = harmless_for(case, own)
            check.scripts(case, other, harmless, bundle)
            if has_gdb:
                check.debugger(case, other, harmless, bundle)
            if number == 0:
                tools = os.path.join(folder, "tools")
                os.makedirs(tools)
                check.expect("a PATH without a symbolizer", ["/bin/sh", os.path.join(bundle, "repro.sh")], WRONG,
                             {"PATH": path_without_symbolizer(tools)}, ["no symbolizer"])
            print(f"{case.name}: {check.bad} of {check.count} wrong so far", flush=True)
    print(f"{check.count - check.bad} of {check.count} as they should be")
    return 1 if check.bad else 0


if __name__ == "__main__":
    sys.exit(main())
