#!/usr/bin/env python3
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write


def record(kind, value):
    return bytes([kind, min(len(value), 255)]) + value


def group(inner):
    return record(6, inner)


def route(first):
    return record(2, struct.pack("<I", first) + b"\1\0\2\0")


write(__file__, {
    "point-count@one": record(1, b"\1ab"),
    "point-count@many": record(1, b"\xffabcdefgh"),
    "point-count@nested": group(record(1, b"\2abcd")),
    "point-count@section": b"Z" + record(7, b"\1x1234") + record(1, b"\3abcdefgh"),
    "route-first@near": route(2),
    "route-first@odd": group(route(3)),
    "route-first@far": route(0x7FFFFFFF),
    "route-first@farther": group(group(route(0xFFFFFFF0))),
    "name-copy@loop": record(3, b"n" * 17),
    "name-copy@memcpy": record(3, b"n" * 40),
    "name-copy@nested": group(record(3, b"n" * 23)),
    "name-copy@long": b"Z" + record(3, b"n" * 200),
    "alias-copy@loop": record(4, b"a" * 17),
    "alias-copy@memcpy": record(4, b"a" * 48),
    "alias-copy@nested": group(record(4, b"a" * 120)),
    "label-copy@loop": record(5, b"\3o" + b"l" * 13),
    "label-copy@memcpy": record(5, b"\3o" + b"l" * 60),
    "label-copy@nested": group(record(5, b"\2o" + b"l" * 50)),
    "sum-tail@none": b"\x08",
    "sum-tail@one": b"\x081",
    "sum-tail@three": b"\x08123",
})
