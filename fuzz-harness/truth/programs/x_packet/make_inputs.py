#!/usr/bin/env python3
"""Writes inputs/<bug>@<face> beside this file: an operation byte and its datagram."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write  # noqa: E402

INPUTS = {
    "v1_padding@one_by_one": b"1" + bytes([0, 5]) + b"body",
    "v1_padding@body_after": b"1" + bytes([0, 2]) + b"eight by",
    "v1_padding@fill": b"1" + bytes([1, 90]) + b"body",
    "v1_padding@empty_body": b"1" + bytes([0, 1]),
    "v2_checksum@array": b"2" + bytes([1, 4]) + b"bodybody",
    "v2_checksum@bytes": b"2" + bytes([0, 4]) + b"bodybody",
    "v2_checksum@no_padding": b"2" + bytes([0, 0]) + b"longer body of twenty and more bytes....",
    "v1_name@near": b"a?" + bytes([25]) + b"n" * 25,
    "v1_name@far": b"a?" + bytes([255]) + b"n" * 255,
    "v2_name@empty": b"b?" + bytes([24]),
    "v2_name@short": b"b?" + bytes([200]) + b"nnnnn",
    "option_take@word": b"ow" + b"\x01",
    "option_take@double_word": b"ow\x01\x02d" + b"\x01\x02",
    "option_take@quad": b"oq\x01\x02\x03",
    "option_take@float": b"of\x01\x02",
    "acknowledge@near": b"k" + bytes([9, 0, 1]),
    "acknowledge@far": b"k" + bytes([255, 255, 255]) + b"xx",
    "transmit_wrap@first": b"t" + bytes([8]),
    "transmit_wrap@later": b"t" + bytes([1, 2, 3, 4, 5, 17, 3]),
}
write(__file__, INPUTS)
