#!/usr/bin/env python3
"""Writes inputs/<bug>@<face> beside this file: header, operation, operands."""
import pathlib
import struct
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write  # noqa: E402


def picture(width, height, operation, operands=b"", depth=8, method=0):
    return struct.pack("<HHBB", width, height, depth, method) + operation.encode() + bytes(operands)


write(__file__, {
    "sixteen_bits@memset": picture(300, 300, "f"),
    "sixteen_bits@loop": picture(256, 257, "f", b"xy", method=1),
    "sixteen_bits@far": picture(1000, 1000, "f", method=2),
    "sixteen_bits@read": picture(257, 256, "f", method=3),
    "horizontal_edge@stroke": picture(8, 4, "h", [6, 3, 9]),
    "horizontal_edge@box": picture(8, 4, "b", [4, 2, 14]),
    "horizontal_edge@far": picture(8, 1, "h", [0, 0, 255]),
    "vertical_one_more@stroke": picture(8, 4, "v", [2, 1, 99]),
    "vertical_one_more@grid": picture(16, 16, "g", [3, 14, 5]),
    "convolve_edge@top": picture(32, 4, "c", [3, 0, 0]),
    "convolve_edge@bottom": picture(32, 4, "c", [3, 3, 0]),
    "upper_row@near": picture(8, 8, "r", [64, 1, 1]),
    "upper_row@far": picture(8, 8, "r", [255, 1, 1]),
    "lower_row@near": picture(8, 8, "r", [5, 13, 5]),
    "lower_row@far": picture(8, 8, "r", [9, 255, 255]),
    "gray_table@near": picture(8, 8, "p", [1, 2, 20]),
    "gray_table@far": picture(8, 8, "p", [240], method=3),
    "level_cast@large": picture(8, 8, "q", struct.pack("<f", 1e9)),
    "level_cast@negative": picture(8, 8, "q", struct.pack("<ff", 3, -77)),
    "level_cast@nan": picture(8, 8, "q", struct.pack("<f", float("nan"))),
    "depth_shift@wide": picture(8, 8, "l", depth=40, method=2),
    "depth_shift@exact": picture(8, 8, "l", depth=32, method=5),
    "step_of_none@eight": picture(8, 8, "l", depth=8, method=0),
    "step_of_none@one": picture(8, 8, "l", depth=1, method=0),
})
