#!/usr/bin/env python3
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write

write(__file__, {
    "pop-empty@print": b"p",
    "pop-empty@add": b"i1+",
    "pop-empty@store": b"i1ps\1",
    "pop-empty@negate": b"~",
    "pop-empty@jump": b"i1pj",
    "product-overflow@positive": b"mi\x02*",
    "product-overflow@negative": b"Ii\x03*",
    "product-overflow@called": b"c\x02mi\x0a*",
    "quotient-zero@positive": b"i\x07i\x00/",
    "quotient-zero@negative": b"Il\x00/",
    "remainder-zero@positive": b"i\x07i\x00%",
    "remainder-zero@called": b"c\x02mi\x00%",
    "shift-count@large": b"i\x01i\x20<",
    "shift-count@huge": b"i\x01m<",
    "shift-count@negative": b"i\x01I<",
    "negate-minimum@direct": b"I~",
    "negate-minimum@called": b"c\x02I~",
    "load-index@near": b"l\x08",
    "load-index@later": b"i\x01pl\x09",
    "load-index@called": b"c\x02l\x0a",
    "store-index@near": b"i\x01s\x08",
    "store-index@later": b"i\x01l\x00ps\x09",
    "store-index@called": b"c\x02i\x01s\x0a",
    "range-count@few": b"i\x01a\x07\x02",
    "range-count@many": b"i\x01a\x00\xff",
    "call-depth@self": b"c\x00",
    "call-depth@two": b"c\x02c\x00",
    "call-depth@work": b"i\x01pc\x00",
    "nest-depth@minus": b"e-\xff",
    "nest-depth@paren": b"e(\xff",
    "nest-depth@bracket": b"i\x01pe[\xc0",
    "trace-flag@two": b"f\x02t",
    "trace-flag@high": b"f\xfft",
    "trace-flag@called": b"c\x02f\x10t",
})
