#!/usr/bin/env python3
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write


def number(value):
    return struct.pack("<i", value)


MOST, LEAST = number(2**31 - 1), number(-2**31)
write(__file__, {
    "load-misaligned@u16": b"l\x02\x01",
    "load-misaligned@s32": b"l\x04\x02",
    "load-misaligned@double": b"l\x08\x04",
    "total-overflow@int": b"i" + MOST + number(1),
    "total-overflow@int-negative": b"i" + LEAST + LEAST,
    "total-overflow@long": b"j" + MOST + MOST,
    "volts-range@large": b"v\x09" + MOST,
    "volts-range@negative": b"v\x27" + number(-1),
    "factor-other@six": b"f\x06",
    "factor-other@seven": b"f\x0f",
    "priority-unreachable@first": b"p\xc8",
    "priority-unreachable@last": b"p\xff",
    "window-size@none": b"w",
    "window-size@less": b"w" + number(-5),
    "snapshot-empty@none": b"s",
    "snapshot-empty@eight": b"s\x08",
    "width-zero@word": b"c",
    "width-zero@byte": b"C\x0f",
    "lowest-zero@none": b"z",
    "lowest-zero@zero": b"z\0\0\0\0rest",
    "unit-code@byte": b"u\x4d",
    "unit-code@word": b"U" + number(-7),
    "cell-write@near": b"g\3\x06\1",
    "cell-write@last": b"g\3\x10\1",
    "cell-write@inside": b"g\0\x07\1",
    "cell-read@near": b"g\4\0",
    "cell-read@later": b"g\5\2",
    "adjust-add@one": b"a" + MOST + b"\1+",
    "adjust-add@more": b"a" + MOST + b"\xff+",
    "adjust-subtract@one": b"a" + LEAST + b"\1-",
    "adjust-subtract@more": b"a" + LEAST + b"\x80-",
    "adjust-shift@word": b"a" + MOST + b"\x20>",
    "adjust-shift@more": b"a" + LEAST + b"\xc8>",
    "ratio-minimum@only": b"r" + LEAST + number(-1),
    "ratio-minimum@rest": b"r" + LEAST + number(-1) + b"rest",
    "channel-missing@load": b"h\3g",
    "channel-missing@call": b"h\4s",
    "channel-missing@store": b"h\xffw",
    "channel-missing@reference": b"h\3r",
    "handler-type@two": b"H\2",
    "handler-type@five": b"H\5",
    "flag-byte@two": b"b\2",
    "flag-byte@high": b"b\xff",
})
