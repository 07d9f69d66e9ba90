#!/usr/bin/env python3
"""Writes inputs/<bug>@<face> beside this file: orders of three bytes."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write  # noqa: E402

write(__file__, {
    "correct_unlocked@book": b"lb5",
    "correct_unlocked@read": b"lr5",
    "correct_unlocked@both": b"lx5",
    "peak_unlocked@low": b"k.\x01",
    "peak_unlocked@high": b"k.\xc8",
    "urgent_unlocked@push": b"qp1",
    "urgent_unlocked@pop": b"qo1",
    "urgent_unlocked@both": b"qx1",
    "lock_order@near": b"o\x00\x01",
    "lock_order@far": b"o\x03\x01",
    "lazy_settings@read": b"sl.",
    "lazy_settings@write": b"sw.",
    "stop_flag@once": b"fs.",
    "stop_flag@later": b"xx.fs.",
    "publish_flag@once": b"fp.",
    "publish_flag@later": b"xx.fp.",
    "late_job@helper": b"jn.",
    "late_job@memset": b"jm.",
    "late_job@read": b"jr.",
    "sum_over@read": b"dr\x08",
    "sum_over@write": b"dw\x20",
    "sum_over@small": b"dr\x02",
    "unlock_twice@alone": b"ua.",
    "unlock_twice@after_thread": b"ut.",
})
