#!/usr/bin/env python3
"""Runs every redis-cli command of docs/operating.md that is marked, on a real Redis that real code has filled.

usage: check_redis_commands.py ROOT FILL_REDIS

FILL_REDIS SOCKET writes groups, streams, dead letters, nodes and archives by the functions of store/. Each
command must succeed, print something that is no error, and look as the page shows. Exit code 77: no redis-server.
"""

import ctypes
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

import doc_pages

READY_SECONDS = 20
ERRORS = ("ERR ", "(error)", "WRONGTYPE", "NOGROUP", "Could not connect", "NOPERM")
PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start_redis(folder):
    """A redis-server as fuzzmill wants it, on folder/redis.sock; returns when it serves."""
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", f"{folder}/redis.sock", "--dir", folder, "--save", "",
         "--appendonly", "yes", "--appendfsync", "always", "--maxmemory", "256mb"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=die_with_parent)
    too_late = threading.Timer(READY_SECONDS, server.kill)
    too_late.start()
    seen = []
    for line in server.stdout:  # ends when the server does
        seen.append(line)
        if "eady to accept connections" in line:
            too_late.cancel()
            threading.Thread(target=server.stdout.read, daemon=True).start()  # so that it never waits for us
            return server
    too_late.cancel()
    sys.exit("redis-server does not start:\n" + "".join(seen))


def shape_of(text):
    """The regular expression of a ```text block marked `like`."""
    lines = []
    for line in text.splitlines():
        lines.append(r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n")
    return re.compile("".join(lines))


def read_page(page):
    """Returns (prelude, [(line, command, shape or None)])."""
    prelude, commands = [], []
    for line, mark, _, text in doc_pages.blocks(page.read_text(encoding="utf-8")):
        if mark == "prelude":
            prelude.append(text)
        elif mark == "run":
            commands.append((line, text, None))
        elif mark == "like":
            commands[-1] = (*commands[-1][:2], text)
    return "\n".join(prelude), commands


def problem_of(socket, prelude, command, shape):
    """What is wrong with a command, or nothing."""
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", f"{prelude}\n{command}"], env={"SOCK": socket, "PATH": "/usr/bin:/bin"},
                          capture_output=True, timeout=30)
    out, errors = (stream.decode("utf-8", "replace") for stream in (done.stdout, done.stderr))
    if done.returncode != 0 or errors.strip():
        return f"ends with {done.returncode}: {errors or out}"
    if not out.strip() or out.strip() == "(nil)":
        return "prints nothing"
    if any(line.startswith(ERRORS) for line in out.splitlines()):
        return f"prints an error: {out}"
    if shape is not None and not shape_of(shape).fullmatch(out):
        return f"prints\n{out}\nand the page shows\n{shape}"
    return None


def main(root, fill):
    if shutil.which("redis-server") is None:
        print("no redis-server here")
        return 77
    page = pathlib.Path(root) / "docs/operating.md"
    prelude, commands = read_page(page)
    if len(commands) < 20:
        sys.exit(f"only {len(commands)} marked commands in {page}: are the marks right?")
    failures = 0
    with tempfile.TemporaryDirectory(prefix="docs.") as folder:
        server = start_redis(folder)
        try:
            socket = f"{folder}/redis.sock"
            subprocess.run([fill, socket], check=True, timeout=60)
            for line, command, shape in commands:
                problem = problem_of(socket, prelude, command, shape)
                if problem:
                    failures += 1
                    print(f"docs/operating.md:{line}: {command}\n    {problem}")
        finally:
            server.terminate()
            server.wait(timeout=20)
    print(f"{len(commands)} commands, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
