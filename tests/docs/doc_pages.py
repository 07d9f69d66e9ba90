"""The pages of the documentation, and what their marks say. For the checks beside this file.

A page carries three kinds of marks, as HTML comments that no reader sees:

    <!-- generated: PART -->   what follows up to <!-- end --> is printed by a program
    <!-- prelude -->           the next ```sh block runs before each block marked `run`
    <!-- run -->               the next ```sh block is run by a test and must print something
    <!-- like -->              the next ```text block is how the output of the block before looks: literal, but
                               an ellipsis stands for any text, and a line of nothing else for any lines
"""

import pathlib
import re

FENCE = re.compile(r"^```(\w*)\s*$")
MARK = re.compile(r"^<!-- (prelude|run|like) -->$")
GENERATED = re.compile(r"(<!-- generated: ([\w-]+) -->\n)(.*?)(<!-- end -->)", re.S)


def pages(root):
    """README.md and every page below docs/."""
    root = pathlib.Path(root)
    return [root / "README.md"] + sorted((root / "docs").rglob("*.md"))


def blocks(text):
    """Yields (line number, mark or "", language, text) of every fenced block."""
    mark, language, begun, lines = "", None, 0, []
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if language is not None:
            if line == "```":
                yield begun, mark, language, "\n".join(lines)
                mark, language, lines = "", None, []
            else:
                lines.append(line)
        elif fence:
            language, begun = fence.group(1), number
        elif MARK.match(line):
            mark = MARK.match(line).group(1)
        elif line.strip():
            mark = ""


def prose(text):
    """The text with every fenced block blanked, line numbers kept."""
    out, inside = [], False
    for line in text.splitlines():
        fence = line.startswith("```")
        out.append("" if inside or fence else line)
        inside ^= fence
    return "\n".join(out)
