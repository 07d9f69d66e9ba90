#!/usr/bin/env python3
"""Checks that what the documentation points at is there; prints each breach, exits 1 if there is one.

usage: check_links.py ROOT [FUZZMILL]

Relative links (and their #anchors), paths in backticks that begin with a folder of the repository, every
`fuzzmill COMMAND`, every --option of it or alone in backticks, and every `./dev VERB`. With the program FUZZMILL, commands and options
come from its help; without it, commands come from the sources.
"""

import functools
import pathlib
import re
import subprocess
import sys

import doc_pages

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|[\s|&;(`$/])fuzzmill ((?:[a-z]+))\b([^|;&#\n`]*)", re.M)
# Sentences such as "the fuzzmill binary" stand outside of code and are not looked at.
OPTION = re.compile(r"(?<!\S)--([a-z][a-z-]*)")
VERB = re.compile(r"\./dev ([a-z]+)")
ROW = re.compile(r'return \{\s*\{"([a-z ]+)",')
HEADING = re.compile(r"^#+ (.*)$", re.M)
ALONE = re.compile(r"`--([a-z][a-z-]*)")
OTHERS_OPTIONS = {"no-raw", "sanitize", "tsan"}  # of redis-cli and ./dev
NOT_PATHS = set("<*{$ …")  # a pattern or a placeholder, not a path


def anchors_of(page):
    """As web hosts of repositories make them: lower case, no punctuation, blanks to hyphens."""
    text = doc_pages.prose(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in HEADING.findall(text)}


def link_breaches(page, text):
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path) if path else page
        if not aim.exists():
            yield f"link to {target}: not there"
        elif anchor and anchor not in anchors_of(aim):
            yield f"link to {target}: no such heading"


def path_breaches(root, folders, text):
    for code in CODE.findall(text):
        if code.split("/")[0] not in folders or "/" not in code or NOT_PATHS & set(code):
            continue
        path = code.split(":")[0].rstrip("/")
        # "schema/event" means both event.h and event.cc.
        if not (root / path).exists() and not list(root.glob(path + ".*")):
            yield f"`{code}`: no such path"


class Program:
    """What the program can do, by its own help or by the sources."""

    def __init__(self, root, binary):
        self.binary = binary
        if binary:
            lines = self.help_of().splitlines()
            begin = lines.index("Commands:") + 1
            # A name of one word or two, then its summary, which begins with a capital.
            self.commands = {re.match(r"  ([a-z]+(?: [a-z]+)?)", line)[1] for line in lines[begin:lines.index("", begin)]}
        else:
            sources = (root / "cli").rglob("*.cc")
            self.commands = {name for source in sources for name in ROW.findall(source.read_text(encoding="utf-8"))}

    @functools.lru_cache(maxsize=None)
    def help_of(self, command=None):
        words = [self.binary, "help"] + (command.split() if command else [])
        return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout

    def alone_breaches(self, text):
        for option in set(ALONE.findall(text)) - OTHERS_OPTIONS if self.binary else ():
            if not any(re.search(rf"--{option}\b", self.help_of(command)) for command in self.commands):
                yield f"`--{option}`: no command has that option"

    def breaches(self, text):
        for command, rest in COMMAND.findall(text):
            action = re.match(r"[ \w]\w*", rest.strip())
            if action and f"{command} {action[0]}" in self.commands:
                command = f"{command} {action[0]}"
            if command not in self.commands:
                yield f"fuzzmill {command}: no such command"
            elif self.binary:
                for option in OPTION.findall(rest.split(" -- ")[0]):
                    if not re.search(rf"--{option}\b", self.help_of(command)):
                        yield f"fuzzmill {command} --{option}: no such option"


def verb_breaches(root, text):
    verbs = set(re.findall(r"^verb_(\w+)\(\)", (root / "dev").read_text(encoding="utf-8"), re.M))
    for verb in VERB.findall(text):
        if verb not in verbs:
            yield f"./dev {verb}: no such verb"


def code_of(page_text):
    """All that is code in a page: fenced blocks, and what stands in backticks."""
    fenced = [text for _, _, language, text in doc_pages.blocks(page_text) if language in ("sh", "", "ini", "yaml")]
    return "\n".join(fenced + CODE.findall(doc_pages.prose(page_text)))


def main(root, binary=None):
    root = pathlib.Path(root)
    folders = {path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith((".", "build"))}
    program = Program(root, binary)
    count = breaches = 0
    for page in doc_pages.pages(root):
        whole = page.read_text(encoding="utf-8")
        text, code = doc_pages.prose(whole), code_of(whole)
        found = [*link_breaches(page, text), *path_breaches(root, folders, text), *program.breaches(code),
                 *program.alone_breaches(text), *verb_breaches(root, code)]
        for breach in found:
            print(f"{page.relative_to(root)}: {breach}")
        count, breaches = count + 1, breaches + len(found)
    print(f"{count} pages, {breaches} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
