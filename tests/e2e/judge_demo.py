#!/usr/bin/env python3
"""Judges what a demo left behind, from `crashes list --json` on standard input.

usage: judge_demo.py --found BUGS.tsv DATA      prints "NODE TARGET" for each planted bug that a node has found
       judge_demo.py --wanted N BUGS.tsv DATA   exits 0 when they are N or more, and every group is archived
                                                on disk and alerted; else says what is missing and exits 1
"""

import hashlib
import json
import os
import sys


# bugs.tsv has the sanitizer's word; fuzzmill tells these apart further.
FINER = {"segv": {"segv", "null-dereference"}}


def read_bugs(path):
    """Returns {target: kind}; each planted target has one bug."""
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    return {row[0]: row[2] for row in rows}


def found_bugs(groups, bugs):
    """(node, target) where the target's planted bug has a group of the kind that bugs.tsv promises."""
    return {(node, target) for group in groups for target in group["targets"] for node in group["nodes"]
            if target in bugs and group["kind"] in FINER.get(bugs[target], {bugs[target]})}


def archive_faults(group):
    """The archive of a group: meta.json that speaks of it, inputs whose names are their hashes, a report each."""
    folder = group["archive"]
    if not folder:
        return ["not archived"]
    try:
        with open(os.path.join(folder, "meta.json"), encoding="utf-8") as file:
            meta = file.read()
        inputs = os.listdir(os.path.join(folder, "inputs"))
        reports = os.listdir(os.path.join(folder, "reports"))
    except OSError as error:
        return [f"archive: {error}"]
    faults = [f"{folder}: {name} is not what its name says" for name in inputs
              if sha256_of(os.path.join(folder, "inputs", name)) != name]
    if not inputs or sorted(reports) != sorted(name + ".txt" for name in inputs):
        faults.append(f"{folder}: {len(inputs)} inputs, {len(reports)} reports")
    if group["id"] not in meta or not isinstance(json.loads(meta), dict):
        faults.append(f"{folder}: meta.json speaks of another group")
    return faults


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def group_faults(group, alerts):
    faults = archive_faults(group)
    if not group["severity"]:
        faults.append("not classified")
    if group["alerted"] in ("", "suppressed"):
        faults.append("not alerted")
    elif group["id"] not in alerts:
        faults.append("no line in alerts.log")
    return [f"{group['id']} {group['kind']}: {fault}" for fault in faults]


def read_alerts(data):
    try:
        with open(os.path.join(data, "alerts.log"), encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def judge(groups, bugs, data, wanted):
    alerts = read_alerts(data)
    faults = [fault for group in groups for fault in group_faults(group, alerts)]
    found = len({target for _, target in found_bugs(groups, bugs)})
    if found < wanted:
        faults.append(f"only {found} planted bugs found, wanted {wanted}")
    for fault in faults:
        print(fault)
    if not faults:
        print(f"{len(groups)} groups of {found} planted bugs: each in Redis, archived on disk and alerted")
    return 0 if not faults else 1


def main(arguments):
    groups = json.load(sys.stdin)["groups"]
    if arguments[0] == "--found":
        for pair in sorted(found_bugs(groups, read_bugs(arguments[1]))):
            print(*pair)
        return 0
    wanted, bugs, data = arguments[1:]
    return judge(groups, read_bugs(bugs), data, int(wanted))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
