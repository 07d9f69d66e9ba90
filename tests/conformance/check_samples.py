#!/usr/bin/env python3
"""Checks that each sample log of real fuzzers gives the kind that it shows.

usage: check_samples.py FUZZMILL SAMPLES.tsv [FOLDER]

FOLDER, or FUZZMILL_SAMPLES, or ../shared/reference/samples beside the source tree. Exits 77 when there is none.
"""

import json
import os
import subprocess
import sys


def main():
    fuzzmill, table = sys.argv[1:3]
    beside = os.path.join(os.path.dirname(os.path.abspath(table)), "..", "..", "..", "shared", "reference", "samples")
    folder = sys.argv[3] if len(sys.argv) > 3 else os.environ.get("FUZZMILL_SAMPLES", beside)
    if not os.path.isdir(folder):
        print(f"no samples in {folder}: skipped (FUZZMILL_SAMPLES names them)")
        return 77
    with open(table, encoding="utf-8") as file:
        wanted = dict(line.rstrip("\n").split("\t") for line in file if not line.startswith("#"))
    files = [os.path.join(folder, name) for name in wanted]
    done = subprocess.run([fuzzmill, "triage", "--json", *files], capture_output=True, text=True, check=False)
    kinds = {os.path.relpath(crash["path"], folder): crash["kind"]
             for crash in json.loads(done.stdout)["crashes"] if crash["primary"]}
    faults = [f"{name}: {kinds.get(name)}, wanted {kind}" for name, kind in wanted.items() if kinds.get(name) != kind]
    print("\n".join(faults) or f"{len(wanted)} samples, each of its kind")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
