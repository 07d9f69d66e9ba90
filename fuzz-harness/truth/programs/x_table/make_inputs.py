#!/usr/bin/env python3
"""Writes inputs/<bug>@<face> beside this file: commands with counted operands."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write  # noqa: E402


def command(letter, operands=b""):
    return letter.encode() + bytes([len(operands)]) + bytes(operands)


FOUR = command("+", [40, 30, 20, 10])
write(__file__, {
    "sum_runs_over@four": FOUR + command("n"),
    "sum_runs_over@sixteen": command("+", range(20, 36)) + command("n"),
    "mean_runs_over@four": FOUR + command("m"),
    "mean_runs_over@one": command("+", [77]) + command("m"),
    "sort_not_strict@equal": command("+", [5] * 64) + command("s"),
    "sort_not_strict@two_values": command("+", [5, 5, 5, 6] * 8) + command("s"),
    "sort_not_strict@long": command("+", [9] * 250) + command("s"),
    "view_unchecked@two": FOUR + command("v", [1, 2]) + command("S"),
    "view_unchecked@far": FOUR + command("v", [255, 1]) + command("S"),
    "view_unchecked@many": FOUR + command("v", [0] * 16 + [255, 254] * 10) + command("S"),
    "push_while_walking@first": command("+", [1, 2, 30, 40]) + command("d"),
    "push_while_walking@last": command("+", [20, 4, 40, 30]) + command("d"),
    "erased_tag@one": command("t", [1]) + command("x", [9]),
    "erased_tag@several": command("t", [200, 100, 3, 50]) + command("x", [99]),
    "truncate_keeps@peek": FOUR + command("c") + command("p", [2]),
    "truncate_keeps@view": FOUR + command("v", [0]) + command("c") + command("f"),
    "spread_of_none@empty": command("w"),
    "spread_of_none@cleared": command("t", [1]) + command("w"),
    "step_before@number": FOUR + command("/", [0]),
    "step_before@number_row_one": FOUR + command("/", [1]),
    "step_before@amount": FOUR + command("/", [2, 1]),
    "step_before@point": FOUR + command("/", [2, 2, 1]),
    "reserve_only@few": command("r", [3]),
    "reserve_only@many": FOUR + command("r", [200]),
})
