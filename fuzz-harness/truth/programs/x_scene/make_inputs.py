#!/usr/bin/env python3
"""Writes inputs/<bug>@<face> beside this file; each is a script of (operation, operand) pairs."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write  # noqa: E402

GROUP, SHAPE, LIGHT = ("+", 0), ("+", 1), ("+", 2)
STALE = [GROUP, SHAPE, LIGHT, ("s", 1), ("-", 1)]
LIT = [SHAPE, LIGHT, LIGHT, ("b", 1), ("c", 0)]
ADOPTED = [GROUP, GROUP, SHAPE, ("g", 0x02), ("g", 0x12), ("-", 2)]
INPUTS = {
    "stale_selection@rename": STALE + [("R", 65)],
    "stale_selection@move": STALE + [("M", 3)],
    "stale_selection@draw": STALE + [("D", 0)],
    "stale_selection@locate": STALE + [("L", 0)],
    "stale_selection@light_move": [LIGHT, ("s", 0), ("-", 0), ("M", 3)],
    "stale_brightest@flash": LIT + [("F", 0)],
    "stale_brightest@draw": LIT + [("B", 0)],
    "stale_brightest@power": LIT + [("P", 0)],
    "adopted_twice@draw": ADOPTED + [("v", 0)],
    "adopted_twice@weigh": ADOPTED + [("w", 0)],
    "adopted_twice@destroy": ADOPTED,
    "bad_group_cast@append_light": [LIGHT, SHAPE, ("g", 0x01)],
    "bad_group_cast@count_light": [LIGHT, ("#", 0)],
    "bad_group_cast@count_shape": [SHAPE, ("#", 0)],
    "null_material@tint": [SHAPE, ("t", 0)],
    "null_material@gloss": [GROUP, SHAPE, ("m", 1)],
}
write(__file__, {name: b"".join(bytes([ord(op), operand]) for op, operand in pairs) for name, pairs in INPUTS.items()})
