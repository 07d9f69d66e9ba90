#!/usr/bin/env python3
"""check_clean.py TARGETS NAME…: each clean campaign runs a fixed number of inputs and finds nothing."""
import os
import subprocess
import sys
import tempfile

# Short inputs reach what there is to reach here, and keep the run within seconds on a slow machine.
RUNS = ["-runs=20000", "-seed=1", "-max_len=600", "-max_total_time=30", "-timeout=10"]


def check(program):
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run([program, *RUNS], cwd=folder, timeout=50, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        artifacts = os.listdir(folder)
    log = run.stderr.decode(errors="replace").splitlines()
    done = [line for line in log if line.startswith("Done ")]
    good = run.returncode == 0 and bool(done) and not artifacts
    print(f"{'ok ' if good else 'BAD'} {os.path.basename(program)}: {' '.join(done) or 'not done'}")
    if not good:
        print("\n".join(log[-60:]))
    return good


def main():
    good = [check(os.path.join(os.path.abspath(sys.argv[1]), name)) for name in sys.argv[2:]]
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
