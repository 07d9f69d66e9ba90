#!/usr/bin/env python3
"""Writes inputs/<bug>@<face> beside this file: lines of the calculator's language."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write  # noqa: E402

INPUTS = {
    "nesting@parens": "&150000 (\n$1",
    "nesting@tilde": "&400000 ~\n$1",
    "nesting@lists": "&150000 [\n1+$1",
    "nesting@calls": "&150000 max(\na=2\nb=3*$",
    "nesting@mixed": "&100000 1+(~[\na=$",
    "long_sum@eval": "&300000 +1\n1$",
    "long_sum@assigned": "&300000 -2\na=1$+3",
    "long_sum@depth": "&500000 -1\n? 1$",
    "unknown_name@plain": "a=1\na+nobody",
    "unknown_name@assigned": "b=a",
    "unknown_name@argument": "1+clamp(3,missing,4)",
    "negative_power@plain": "2^(1-2)",
    "negative_power@large": "x=0-77\nmax(1,9^x)",
    "digit_at@argument": "digit(123,7)",
    "digit_at@nested": "1+max(2,digit(5,2))",
    "product_overflow@plain": "65536*65536",
    "product_overflow@assigned": "a=0-2147483647\nb=a*3",
    "divide_zero@plain": "1/0",
    "divide_zero@argument": "clamp(4/(2-2),1,2)",
    "remainder_minimum@plain": "(0-2147483647-1)%(0-1)",
    "remainder_minimum@assigned": "a=0-2147483647-1\nb=max(1,a%(0-1))",
    "shift_far@plain": "1<99",
    "shift_far@negative": "a=1<(0-3)",
    "number_overflow@short": "2147483648",
    "number_overflow@argument": "max(1,99999999999999)",
    "max_of_none@call": "max()",
    "max_of_none@list": "2*[]",
    "clamp_few@one": "clamp(1)",
    "clamp_few@two": "a=2\nclamp(1,a)",
    "pick_far@near": "pick(2,5)",
    "pick_far@wild": "pick(1073741824,5)",
}
write(__file__, {name: text.encode() for name, text in INPUTS.items()})
