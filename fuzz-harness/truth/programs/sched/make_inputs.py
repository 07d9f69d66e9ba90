#!/usr/bin/env python3
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write

write(__file__, {
    "peek-unlocked@push-first": b"pf",
    "peek-unlocked@peek-first": b"pg",
    "peek-unlocked@main": b"pl",
    "done-unlocked@workers": b"pa",
    "done-unlocked@reader": b"pb",
    "done-unlocked@main": b"pm",
    "stolen-unlocked@thieves": b"pd",
    "stolen-unlocked@reader": b"pe",
    "stop-plain@read-first": b"ph",
    "stop-plain@write-first": b"pi",
    "stop-plain@both-write": b"pj",
    "charge-order@one-thread": b"aa",
    "charge-order@threads": b"ab",
    "charge-order@ring": b"ac",
    "withdraw-unlock@main": b"ad",
    "withdraw-unlock@thread": b"ae",
    "close-frozen@first": b"af",
    "close-frozen@second": b"ag",
    "job-freed@read": b"jr",
    "job-freed@write": b"jw",
    "job-freed@state": b"jn",
    "job-freed@thread": b"jt",
    "prepare-local@double": b"ld",
    "prepare-local@memset": b"lm",
    "prepare-local@later": b"lx",
    "monitor-unjoined@plain": b"ma",
    "monitor-unjoined@other": b"mb",
})
