#!/usr/bin/env python3
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write

write(__file__, {
    "header-sealed@branch": b"h\x01R",
    "header-sealed@index": b"i\x01D\x03",
    "nonce-short@compare": b"n\x04\0\0\0\0",
    "nonce-short@branch": b"c\x00",
    "nonce-short@index": b"p\x02ab",
    "tag-half@memcmp": b"tS",
    "tag-half@index": b"TSabcdefgh",
    "tag-half@parity": b"qSabcdefgh",
    "window-grown@search": b"mzabcdefghij",
    "window-grown@compare": b"m\0abcdefghij",
    "window-grown@twice": b"mzabcdefghijklmnopqr",
    "cost-other@branch": b"dN",
    "cost-other@index": b"DNabc",
    "session-ended@open": b"skeykeykex?",
    "session-ended@key": b"skeykey00xk",
    "session-ended@sent": b"skeykey00xs",
    "unseal-room@near": b"u\x21" + b"a" * 33,
    "unseal-room@far": b"u\xff" + b"a" * 255,
    "echo-left@near": b"e\x05abcd",
    "echo-left@far": b"e\x3f",
})
