#!/usr/bin/env python3
"""Checks that the source tree keeps its architecture; prints each breach, exits 1 if there is one.

usage: check_layers.py ROOT

The rules are the tables below; docs/overview.md tells why they are so.
"""

import os
import re
import sys

# A folder includes itself and folders of a lower floor; folders of one floor never include each other.
FLOORS = {"schema": 1, "runtime": 2, "store": 2, "broker": 3, "producers": 4, "workers": 4, "cli": 5}

# Folders that may include every other, and that no floor includes (but for unit tests, *_test.cc).
FREE = {"tests", "fuzz-harness", "bench"}

# Only this folder (and the free ones) knows the library behind these headers.
LIBRARY_OWNERS = [
    (re.compile(r"hiredis(/|_|\.h)"), "store", "Redis"),
    (re.compile(r"zmq(_\w+)?\.h(pp)?$"), "broker", "ZeroMQ"),
]

# In these, a sub-folder is a room of its own: it does not include its neighbours.
ROOMED = {"workers"}

# Each a world of its own: small programs with planted bugs to eat, and programs of others that use our library.
SAMPLES = ("fuzz-harness/truth/programs", "examples")

MAIN_FOLDERS = {"cli"} | FREE
FORBIDDEN_FOLDERS = {"util", "utils", "common"}
MAX_LINES = 600
SOURCE_SUFFIXES = (".h", ".hh", ".hpp", ".c", ".cc", ".cpp", ".cxx")

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
MAIN = re.compile(r"^(extern\s+\"C\"\s+)?int\s+main\s*\(")


def walk(root):
    """Yields (folder, files), both relative to root, without hidden folders and build trees."""
    for path, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "build")) and f != "__pycache__")
        relative = os.path.relpath(path, root)
        yield ("" if relative == "." else relative), sorted(files)


def read_sources(root):
    """Returns {path relative to root: its lines} of every C and C++ file below a folder."""
    sources = {}
    for folder, files in walk(root):
        if folder.startswith(SAMPLES):
            continue
        for name in files:
            if name.endswith(SOURCE_SUFFIXES):
                path = os.path.join(folder, name)
                with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
                    sources[path] = file.read().splitlines()
    return sources


def includes_of(lines):
    """Yields (line number, quote, what is included)."""
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def top(path):
    return path.split("/")[0]


def room(path):
    """The room of a path in a roomed folder; None for files directly in it."""
    parts = path.split("/")
    return parts[1] if parts[0] in ROOMED and len(parts) > 2 else None


def is_unit_test(path):
    return path.endswith("_test.cc")


def floor_breach(includer, included):
    """Why includer may not include the project's file included; None when it may."""
    here, there = top(includer), top(included)
    if here in FREE:
        return None
    if there in FREE:
        return None if is_unit_test(includer) else f"only unit tests include {there}/"
    if here not in FLOORS:
        return None  # said once by check_folders
    if here == there:
        if room(includer) and room(included) and room(includer) != room(included):
            return f"{here}/{room(includer)} and {here}/{room(included)} meet only in schema/"
        return None
    if FLOORS[there] >= FLOORS[here]:
        return f"{here} is floor {FLOORS[here]}, {there} is floor {FLOORS[there]}: only lower floors"
    return None


def library_breach(includer, header):
    if top(includer) in FREE:
        return None
    for pattern, owner, what in LIBRARY_OWNERS:
        if pattern.match(header) and top(includer) != owner:
            return f"only {owner} knows {what}"
    return None


def check_includes(sources):
    for path, lines in sources.items():
        for number, quote, header in includes_of(lines):
            why = library_breach(path, header)
            if quote == "<" and header in sources:
                why = 'a file of the project is included as "..."'
            elif quote == '"' and not why:
                if top(header) in FLOORS or top(header) in FREE:
                    why = floor_breach(path, header)
                else:
                    why = "includes name their file from the root of the project"
            if why:
                yield f'{path}:{number}: includes {header}: {why}'


def find_circle(graph):
    """Returns one circle as a list of nodes, first node again at its end; None when there is none."""
    done = set()
    for start in sorted(graph):
        trail, on_trail = [], set()
        stack = [(start, None)]
        while stack:
            node, edges = stack.pop()
            if edges is None:
                if node in on_trail:
                    return trail[trail.index(node):] + [node]
                if node in done:
                    continue
                trail.append(node)
                on_trail.add(node)
                edges = iter(graph.get(node, ()))
            following = next(edges, None)
            if following is None:
                done.add(node)
                on_trail.discard(trail.pop())
            else:
                stack.append((node, edges))
                stack.append((following, None))
    return None


def check_circles(sources):
    graph = {
        path: [header for _, quote, header in includes_of(lines) if quote == '"' and header in sources]
        for path, lines in sources.items()
    }
    circle = find_circle(graph)
    if circle:
        yield f"{circle[0]}: include circle: " + " -> ".join(circle)


def check_folders(root, sources):
    for folder, _ in walk(root):
        if os.path.basename(folder) in FORBIDDEN_FOLDERS:
            yield f"{folder}: no folder is called {os.path.basename(folder)}: name it after what it holds"
    for name in sorted({top(path) for path in sources}):
        if name not in FLOORS and name not in FREE:
            yield f"{name}: has sources but no floor in check_layers.py"


def check_files(sources):
    for path, lines in sources.items():
        if len(lines) > MAX_LINES:
            yield f"{path}: {len(lines)} lines, at most {MAX_LINES}: a file is one idea"
        if top(path) not in MAIN_FOLDERS:
            for number, line in enumerate(lines, 1):
                if MAIN.match(line):
                    yield f"{path}:{number}: only {', '.join(sorted(MAIN_FOLDERS))} hold a main()"


def check(root):
    """Returns (number of sources, the breaches as lines of text)."""
    sources = read_sources(root)
    breaches = list(check_folders(root, sources))
    breaches += check_includes(sources)
    breaches += check_circles(sources)
    breaches += check_files(sources)
    return len(sources), breaches


def main(arguments):
    if len(arguments) != 2 or not os.path.isdir(arguments[1]):
        print(__doc__, file=sys.stderr)
        return 2
    count, breaches = check(arguments[1])
    for breach in breaches:
        print(breach)
    if count == 0:
        print(f"{arguments[1]}: no C++ file below it")
    print(f"layers: {count} files, {len(breaches)} breaches")
    return 0 if count and not breaches else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
