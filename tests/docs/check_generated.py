#!/usr/bin/env python3
"""Compares what the documentation takes from the code with what the code says now.

usage: check_generated.py ROOT FUZZMILL_DOCS [FUZZMILL] [--write]

FUZZMILL_DOCS prints the marked parts of docs/protocol.md, docs/severity.md, docs/operating.md and docs/nodes.md, FUZZMILL prints docs/options.md. With --write the
pages are brought up to date instead.
"""

import difflib
import pathlib
import subprocess
import sys

import doc_pages


def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ends with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


PARTS = {
    "nodes.md": ["target-keys"],
    "operating.md": ["alerts", "state-policy", "target-states"],
    "protocol.md": ["events", "keys", "limits", "topics"],
    "severity.md": ["kinds", "marks"],
}


def page_now(text, printer):
    def fresh(match):
        return f"{match.group(1)}\n{output_of(printer, match.group(2))}\n{match.group(4)}"

    return doc_pages.GENERATED.sub(fresh, text)


def main(arguments):
    write = "--write" in arguments
    root, printer, *program = [argument for argument in arguments if argument != "--write"]
    root = pathlib.Path(root)
    wanted = {}
    for name, wants in PARTS.items():
        page = root / "docs" / name
        was = page.read_text(encoding="utf-8")
        parts = sorted(match.group(2) for match in doc_pages.GENERATED.finditer(was))
        if parts != wants:
            sys.exit(f"docs/{name} has the generated parts {parts}; it wants {wants}, each once")
        wanted[page] = page_now(was, printer)
    if program:
        wanted[root / "docs/options.md"] = output_of(program[0], "help", "options")

    stale = False
    for page, text in wanted.items():
        is_now = page.read_text(encoding="utf-8") if page.exists() else ""
        if is_now == text:
            continue
        stale = True
        if write:
            page.write_text(text, encoding="utf-8")
            print(f"wrote {page.relative_to(root)}")
            continue
        name = str(page.relative_to(root))
        sys.stdout.writelines(difflib.unified_diff(is_now.splitlines(True), text.splitlines(True), name, "the code"))
    if stale and not write:
        sys.exit("the pages above lag behind the code: run tests/docs/regenerate.sh BUILD and look at the change")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1:])
