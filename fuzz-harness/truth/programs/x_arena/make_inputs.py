#!/usr/bin/env python3
"""Writes inputs/<bug>@<face> beside this file: commands of two bytes, some with text."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write  # noqa: E402


def add(text, command=b"+"):
    return command + bytes([len(text)]) + text


PINNED = add(b"first entry") + add(b"pinned one") + b"p.-."
TAGGED = add(b"entry") + b"l\x07" + add(b"other") + b"l\x07u\x07"
HEADED = add(b"entry") + b"b." + add(b"a header", b"H") + b"r."
RESET = add(b"some text here") + b"R."
write(__file__, {
    "pin_kept@show": PINNED + b"1.",
    "pin_kept@virtual": PINNED + b"2.",
    "pin_kept@write": PINNED + b"3.",
    "tag_kept@read": TAGGED + b"4.",
    "tag_kept@write": TAGGED + b"5.",
    "tag_kept@single": add(b"x") + b"l\x01u\x014.",
    "header_rewound@sum": HEADED + b"8.",
    "header_rewound@fill": HEADED + b"9.",
    "header_rewound@twice": HEADED + add(b"") + b"8.",
    "reset_under@sum": RESET + b"6.",
    "reset_under@fill": RESET + b"7.",
    "append_in_place@bytes": add(b"sixteen bytes ok") + b"a\x03",
    "append_in_place@fill": add(b"sixteen bytes ok") + b"a\x20",
    "append_in_place@far": add(b"short") + b"a\xff" * 20,
    "upper_odd@near": add(b"odd text of nine and so on aligned to eight....."[:9]) + b"U.",
    "upper_odd@long": add(b"word" * 12 + b"w") + b"U.",
})
