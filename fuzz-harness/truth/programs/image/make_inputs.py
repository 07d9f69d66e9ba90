#!/usr/bin/env python3
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write


def plane(operation, pixel, width, height, rest=b""):
    return operation.encode() + bytes([pixel, width, height]) + rest


def canvas(width, height, channels):
    return b"c" + struct.pack("<HHB", width, height, channels)


write(__file__, {
    "blur-edge@u8": plane("B", 1, 4, 4, b"abcdefgh"),
    "blur-edge@u16": plane("B", 2, 4, 2, b"abcd"),
    "blur-edge@float": plane("B", 4, 2, 2, b"ab"),
    "blur-edge@sharpen": plane("H", 1, 8, 2),
    "rle-run@loop": plane("R", 1, 4, 4, b"\x0e1\x052"),
    "rle-run@memset": plane("R", 1, 4, 4, b"\x2013"),
    "rle-run@u16": plane("R", 2, 4, 2, b"\x641"),
    "rle-run@thumbnail": plane("T", 1, 8, 8, b"\x0f1\x502"),
    "rle-run@float": plane("T", 4, 4, 4, b"\x051"),
    "box-width@loop": plane("X", 1, 8, 2, b"\x07\x01\x04"),
    "box-width@memset": plane("X", 1, 8, 2, b"\x04\x01\x20"),
    "box-width@u16": plane("X", 2, 8, 4, b"\x00\x03\x10"),
    "crop-left@under": plane("C", 1, 4, 4, struct.pack("<ib", -2, 0)),
    "crop-left@over": plane("C", 2, 4, 4, struct.pack("<ib", 4, 3)),
    "crop-left@far": plane("C", 1, 4, 4, struct.pack("<ib", -0x70000000, 0)),
    "crop-left@wild": plane("C", 4, 4, 4, struct.pack("<ib", 0x70000000, 0)),
    "flip-edge@u8": plane("F", 1, 8, 2),
    "flip-edge@u16": plane("F", 2, 4, 4),
    "flip-edge@float": plane("F", 4, 4, 2),
    "palette-index@near": plane("P", 1, 2, 2, b"\x10\x01"),
    "palette-index@preview": b"p\x12",
    "palette-index@brightest": b"b\x01\x02\x14",
    "canvas-product@zero": canvas(32768, 32768, 4),
    "canvas-product@small": canvas(0x8000, 0xAAAB, 3),
    "canvas-product@negative": canvas(65535, 65535, 4),
    "scale-zero@across": plane("S", 1, 8, 8, b"\x00\x02"),
    "scale-zero@down": plane("S", 2, 8, 8, b"\x02\x00"),
    "scale-zero@tiles": b"t\x10\x00\x00",
})
