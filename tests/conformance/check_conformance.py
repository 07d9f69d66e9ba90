#!/usr/bin/env python3
"""Compares what `fuzzmill triage` reads in other tools' test suites with the figures in docs/accuracy.md.

usage: check_conformance.py --fuzzmill PROGRAM --source FOLDER [--data FOLDER] [--write] [--verbose]

The data are not part of the project. They are looked for in --data, in $FUZZMILL_CONFORMANCE and beside the source
tree (../shared/conformance); without them the test skips itself (77). It fails when any figure is below the one in
the page; --write puts the figures of today there. Cases whose expectation we judge wrong stand in disputed.tsv with
the reason: they count as wrong all the same, and are shown apart.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from suites import SUITES, b_cubed, primary, read_tsv  # noqa: E402
from tally import Tally, read_cells, replace_tables  # noqa: E402

SKIPPED = 77
CLUSTERS = ("cluster-san", "cluster-small")


def find_data(args):
    for folder in (args.data, os.environ.get("FUZZMILL_CONFORMANCE"),
                   os.path.join(args.source, "..", "shared", "conformance")):
        if folder and os.path.isdir(folder):
            return os.path.abspath(folder)
    return None


def triage(program, folder):
    """{path below the folder: its crashes}"""
    run = subprocess.run([program, "triage", folder, "--json"], stdout=subprocess.PIPE, check=True)
    found = collections.defaultdict(list)
    for crash in json.loads(run.stdout)["crashes"]:
        path = os.path.abspath(crash["path"]) if os.path.isabs(crash["path"]) else os.path.join(folder, crash["path"])
        found[os.path.relpath(path, folder)].append(crash)
    return found


def read_suite(suite, program):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in suite.texts().items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(text)
        return triage(program, folder)


def group_tables(data, program, verbose):
    lines = ["| cluster set | reports | bugs | groups | b-cubed precision | b-cubed recall | b-cubed F1 |",
             "|---|---|---|---|---|---|---|"]
    for name in CLUSTERS:
        folder = os.path.join(data, "casr", name)
        if not os.path.isdir(folder):
            continue
        truth = {row[0]: row[1] for row in read_tsv(os.path.join(folder, "truth.tsv"))}
        found = triage(program, os.path.join(folder, "text"))
        groups = {file: primary(found.get(file, [])).get("group", "missing " + file) for file in truth}
        precision, recall, f1 = b_cubed(truth, groups)
        lines.append(f"| CASR {name} | {len(truth)} | {len(set(truth.values()))} | {len(set(groups.values()))} | "
                     f"{precision:.4f} | {recall:.4f} | {f1:.4f} |")
        if verbose:
            print_differences(truth, groups)
    return "\n".join(lines)


def print_differences(truth, groups):
    both = collections.Counter((truth[file], groups[file]) for file in truth)
    for bug in sorted(set(truth.values())):
        parts = {group: count for (one, group), count in both.items() if one == bug}
        if len(parts) > 1:
            print(f"split: bug {bug}: {parts}", file=sys.stderr)
    for group in sorted(set(groups.values())):
        parts = {bug: count for (bug, one), count in both.items() if one == group}
        if len(parts) > 1:
            print(f"merged: group {group}: {parts}", file=sys.stderr)


# Columns in which less is not worse: more groups are neither better nor worse, F1 says it.
NOT_COMPARED = {"reports", "bugs", "groups"}


def drops(stored, fresh):
    for (row, column), before in sorted(stored.items()):
        now = fresh.get((row, column))
        if column not in NOT_COMPARED and (now is None or now < before - 5e-5):
            yield f"{row}, {column}: {before:g} in the page, {'gone' if now is None else f'{now:g}'} now"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fuzzmill", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--data")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    data = find_data(args)
    if data is None:
        print("skipped: no conformance data (set FUZZMILL_CONFORMANCE to the folder that has them)")
        return SKIPPED
    here = os.path.dirname(os.path.abspath(__file__))
    disputed = {(row[0], row[1]): row[2] for row in read_tsv(os.path.join(here, "disputed.tsv"))}
    tables, used = [], set()
    for kind in SUITES:
        suite = kind(data)
        tally = Tally(disputed)
        suite.judge(read_suite(suite, args.fuzzmill), tally)
        tables.append(tally.markdown())
        used |= tally.used
        if args.verbose:
            print("\n".join(tally.misses), file=sys.stderr)
    tables.append(group_tables(data, args.fuzzmill, args.verbose))
    for key in sorted(set(disputed) - used):
        print(f"note: {key[0]}, {key[1]} is disputed but right", file=sys.stderr)
    text = "\n\n".join(tables)
    print(text)
    page = os.path.join(args.source, "docs", "accuracy.md")
    with open(page, encoding="utf-8") as file:
        before = file.read()
    after = replace_tables(before, text)
    if args.write:
        with open(page, "w", encoding="utf-8") as file:
            file.write(after)
        return 0
    found = list(drops(read_cells(before), read_cells(after)))
    for line in found:
        print("worse: " + line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
