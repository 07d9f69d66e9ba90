#!/usr/bin/env python3
"""check_planted.py BUGS.tsv INPUTS TARGETS: each planted target, run on its stored input, reports the kind and
the function that bugs.tsv promises. It reads reports with its own few expressions, so that it can judge others."""
import os
import re
import subprocess
import sys
import tempfile

# The first that matches names the kind. Specific words stand before general ones.
KINDS = [
    (r"ERROR: libFuzzer: timeout", "timeout"),
    (r"ERROR: libFuzzer: out-of-memory", "out-of-memory"),
    (r"ERROR: LeakSanitizer: detected memory leaks", "memory-leak"),
    (r"ERROR: AddressSanitizer: attempting double-free", "double-free"),
    (r"ERROR: AddressSanitizer: SEGV", "segv"),
    (r"(?:ERROR|WARNING): \w+Sanitizer: ([a-z-]+)", None),
    (r"runtime error: signed integer overflow", "signed-integer-overflow"),
    (r"runtime error: division by zero", "divide-by-zero"),
    (r"runtime error: index -?\d+ out of bounds", "index-out-of-bounds"),
    (r"Assertion `.*' failed", "assert"),
    (r"terminate called after throwing|uncaught exception of type", "uncaught-exception"),
]
# What a reader of these reports needs; a node sets the same.
ENVIRONMENT = {"UBSAN_OPTIONS": "print_stacktrace=1"}


def kind_of(report):
    for pattern, kind in KINDS:
        found = re.search(pattern, report)
        if found:
            return kind or found.group(1)
    return "none"


def function_of(report, source):
    """The function of the first frame that lies in the target's own source file. Its line may be missing: an
    instruction that the compiler made up has none, and the alarm of a timeout falls where it likes."""
    for line in report.splitlines():
        frame = re.match(r"\s*#\d+ 0x[0-9a-f]+ in (.+?)(?:\(.*)? \S*/" + re.escape(source) + r"(?::\d+)*$", line)
        if frame:
            return frame.group(1)
    return "none"


def check(line, inputs, targets):
    target, _, kind, function, _, _, run_flags = line.split("\t")
    flags = [] if run_flags == "-" else run_flags.split(" ")
    with tempfile.TemporaryDirectory() as folder:
        command = [os.path.join(targets, target), *flags, os.path.join(inputs, target)]
        run = subprocess.run(command, cwd=folder, env={**os.environ, **ENVIRONMENT}, timeout=60,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    report = run.stderr.decode(errors="replace")
    found = (kind_of(report), function_of(report, target + ".cc"))
    good = run.returncode != 0 and found == (kind, function)
    print(f"{'ok ' if good else 'BAD'} {target}: {found[0]} in {found[1]} (exit {run.returncode})")
    if not good:
        print(f"    wanted {kind} in {function}; the report ends:\n" + report[-3000:])
    return good


def main():
    bugs, inputs, targets = map(os.path.abspath, sys.argv[1:])
    with open(bugs, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if not line.startswith("#")]
    stray = set(os.listdir(inputs)) ^ {line.split("\t")[0] for line in lines}
    if stray:
        print("inputs and bugs.tsv do not name the same targets:", *sorted(stray))
    good = [check(line, inputs, targets) for line in lines]
    print(f"{sum(good)} of {len(good)} planted bugs reported as promised")
    return 0 if good and all(good) and not stray else 1


if __name__ == "__main__":
    sys.exit(main())
