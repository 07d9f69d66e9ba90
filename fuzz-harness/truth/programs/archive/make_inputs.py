#!/usr/bin/env python3
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write


def lines(*parts):
    return b"".join(bytes([len(part)]) + part for part in parts)


def add(slot, mode=2, name=b"name"):
    return b"+" + bytes([slot, mode]) + name


FOUND = (add(1), b"?\1", b"-\1")
write(__file__, {
    "comment-twice@drop": lines(b"\"\0\0note", b"d", b"d"),
    "comment-twice@close": lines(b"\"\0\0note", add(1), b"d"),
    "comment-twice@after-entries": lines(b"\"\0\0a longer note of many words", b"d", add(1), b"-\1", b"d"),
    "owner-default@once": lines(add(1, 1), b"o\1\0me"),
    "owner-default@second": lines(add(1, 2), add(2, 3), b"o\1\0me", b"o\2\0"),
    "last-stays@read": lines(*FOUND, b"l"),
    "last-stays@write": lines(*FOUND, b"t"),
    "last-stays@strlen": lines(*FOUND, b"n"),
    "last-stays@memset": lines(*FOUND, b"e"),
    "body-shared@close": lines(add(1), add(2), b"=\1\2"),
    "body-shared@drop": lines(add(1), add(2), b"=\2\1", b"-\2", b"-\1"),
    "body-shared@memset": lines(add(1), add(2), b"=\1\2", b"-\1", b"?\2", b"e"),
    "body-shared@trim": lines(add(1), add(2), b"=\1\2", b"-\2", b"c\1\2"),
    "body-shared@grow": lines(add(1), add(2), b"=\1\2", b"-\2", b"g\1\0\x20"),
    "name-moved@drop": lines(add(1, 2, b"dir/file"), b"b\1", b"-\1"),
    "name-moved@close": lines(add(1, 2, b"a/b"), b"b\1"),
    "name-moved@deep": lines(add(3, 1, b"directory/of/files"), b"b\3", b"b\3", b"-\3"),
    "manifest-title@short": lines(b"m\0\0xx"),
    "manifest-title@later": lines(add(1), b"m\0\0Xyzzy", b"-\1"),
    "manifest-index@short": lines(b"m\0\0M0"),
    "manifest-index@long": lines(b"m\0\0M0 a longer name of it"),
    "grow-size@max": lines(add(1), b"g\1\0" + b"\xff" * 7),
    "grow-size@half": lines(add(1), b"g\1\0" + struct.pack("<Q", 1 << 62)),
    "grow-size@terabytes": lines(add(1), add(2), b"g\2\0" + struct.pack("<Q", 20 << 40)),
    "trim-cut@one": lines(add(1), b"c\1\x09"),
    "trim-cut@all": lines(add(1), b"c\1\xff"),
    "trim-cut@grown": lines(add(1), b"g\1\0\x10", b"c\1\x11"),
    "repeat-overlap@unpack": lines(b"u\0\0\x02\x20"),
    "repeat-overlap@second": lines(b"u\0\0\x10\x08\x01\x02"),
    "repeat-overlap@stack": lines(b"p\0\0\x04\x40"),
})
