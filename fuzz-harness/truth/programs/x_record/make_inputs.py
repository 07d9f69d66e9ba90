#!/usr/bin/env python3
"""Writes inputs/<bug>@<face> beside this file: operation, selector, record."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write  # noqa: E402

write(__file__, {
    "unit_unknown@above": b"sa\x01\x03\x05",
    "unit_unknown@pick": b"sp\x01\x07\x05",
    "unit_unknown@direct": b"sd\x01\xff\x05",
    "never_valid@direct": b"tv\x00\x01\x05",
    "never_valid@above": b"ta\x00\x01\x05",
    "row_short@int_above": b"ia\x01\x02\x03\x04",
    "row_short@int_scan": b"is\x01\x02\x03\x04\x05\x06\x07\x08",
    "row_short@word_above": b"wa\x01\x02\x03\x04",
    "row_short@word_pick": b"wp\x01\x02\x03\x04",
    "frame_raw@above": b"fa1234567890",
    "frame_raw@pick": b"fp1234567890",
    "frame_raw@compare": b"fc\x01",
    "plain_factor@above": b"maP",
    "plain_factor@pick": b"mpP",
    "scaled_offset@above": b"na\x05",
    "scaled_offset@pick": b"np\x06",
})
