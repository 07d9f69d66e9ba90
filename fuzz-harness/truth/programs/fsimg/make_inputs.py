#!/usr/bin/env python3
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write


def number(value):
    return struct.pack("<I", value)


write(__file__, {
    "block-range@near-read": b"Sb" + number(8),
    "block-range@far-read": b"Sb" + number(0xF0000001),
    "block-range@near-write": b"Sw" + number(8),
    "block-range@far-write": b"Sw" + number(0xF0000000),
    "block-range@memcpy": b"Ss" + number(8),
    "mount-magic@read": b"xF",
    "mount-magic@write": b"xD",
    "mount-magic@strlen": b"xL",
    "chain-cycle@self": b"Sc\0\1",
    "chain-cycle@two": b"SC\0\0\3\2",
    "chain-cycle@long": b"Sc\0\2\3\4\5\1",
    "record-empty@first": b"Sl\0f",
    "record-empty@later": b"Sl\3fx\0f",
    "extent-size@one": b"Sx\xff\0",
    "extent-size@many": b"Sx\x08\xff",
    "link-loop@self": b"Sr\0\1\1",
    "link-loop@two": b"SR\1\1\1\0",
    "link-loop@wide": b"Sr\0\3\2\2\1\2\3\1",
    "tree-cycle@self": b"St\2\0",
    "tree-cycle@three": b"St\1\1\1",
    "parent-of-root@first": b"Sp../..",
    "parent-of-root@later": b"Sp../../x",
    "path-room@one": b"Sp" + b"p" * 50,
    "path-room@names": b"Spusr/share/doc/packages/of/all/the/programs",
    "volume-room@near": b"Sv" + b"v" * 17,
    "volume-room@far": b"Sv" + b"v" * 90,
    "group-zero@small": b"Sg\1\0\0\0\0",
    "group-zero@large": b"Sg\xff\xff\xff\xff\0",
})
