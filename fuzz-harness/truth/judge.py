#!/usr/bin/env python3
"""judge.py FUZZMILL OUT [--least-precision P] [--least-recall R] [options of make_logs.py]: how well crashes are grouped.

Makes the logs of the truth set in OUT, groups them with `FUZZMILL triage`, and compares the groups with the planted bugs.
Prints pairwise and B-cubed precision and recall, each bug that was split and each group that holds several. Exits 1 when
the pairwise figures are below what is asked.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def pairs(count):
    return count * (count - 1) // 2


def ratio(part, whole):
    return part / whole if whole else 1.0


class Score:
    """truth and found: {file: bug} and {file: group}."""

    def __init__(self, truth, found):
        self.files = len(truth)
        self.bugs = collections.Counter(truth.values())
        self.groups = collections.Counter(found[file] for file in truth)
        self.both = collections.Counter((truth[file], found[file]) for file in truth)
        hits = sum(map(pairs, self.both.values()))
        self.precision = ratio(hits, sum(map(pairs, self.groups.values())))
        self.recall = ratio(hits, sum(map(pairs, self.bugs.values())))
        self.cubed_precision = ratio(sum(n * n / self.groups[group] for (_, group), n in self.both.items()), self.files)
        self.cubed_recall = ratio(sum(n * n / self.bugs[bug] for (bug, _), n in self.both.items()), self.files)

    def print(self):
        for bug in sorted(self.bugs):
            parts = sorted(n for (one, _), n in self.both.items() if one == bug)
            if len(parts) > 1:
                print(f"split  {bug}: {' + '.join(map(str, reversed(parts)))} logs")
        for group in sorted(self.groups):
            parts = sorted(bug for bug, one in self.both if one == group)
            if len(parts) > 1:
                print(f"merged {group}: {', '.join(parts)}")
        print(f"{self.files} logs of {len(self.bugs)} bugs in {len(self.groups)} groups")
        print(f"pairs    precision {self.precision:.4f}  recall {self.recall:.4f}")
        print(f"B-cubed  precision {self.cubed_precision:.4f}  recall {self.cubed_recall:.4f}")


def group_of_each(fuzzmill, logs):
    """{name of a log: group of the crash that it is about}."""
    triage = subprocess.run([fuzzmill, "triage", str(logs), "--json"], check=True, capture_output=True, text=True)
    crashes = json.loads(triage.stdout)["crashes"]
    return {pathlib.Path(crash["path"]).name: crash["group"] for crash in crashes if crash["primary"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fuzzmill")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--least-precision", type=float, default=0)
    parser.add_argument("--least-recall", type=float, default=0)
    arguments, rest = parser.parse_known_args()
    made = subprocess.run([sys.executable, HERE / "make_logs.py", arguments.out, *rest], stdout=subprocess.DEVNULL)
    if made.returncode != 0:
        sys.exit("the logs could not be made")
    rows = [line.split("\t") for line in (arguments.out / "truth.tsv").read_text().splitlines()]
    truth = {row[0]: row[1] for row in rows}
    found = group_of_each(arguments.fuzzmill, arguments.out / "logs")
    missing = sorted(set(truth) - set(found))
    if missing:
        sys.exit(f"{len(missing)} logs are no crash to triage, {missing[0]} for one")
    score = Score(truth, found)
    score.print()
    return 0 if score.precision >= arguments.least_precision and score.recall >= arguments.least_recall else 1


if __name__ == "__main__":
    sys.exit(main())
