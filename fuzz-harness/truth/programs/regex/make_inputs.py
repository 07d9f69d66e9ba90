#!/usr/bin/env python3
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write

write(__file__, {
    "class-letter@search": b"s[abc]\n\xf0",
    "class-letter@many": b"s[abc]*x\na\xe9",
    "class-letter@count": b"cx\nab\xff",
    "class-letter@replace": b"r[0-9]\n\x80",
    "repeat-nothing@search": b"s*a\na",
    "repeat-nothing@replace": b"r*\na",
    "plus-nothing@search": b"s+a\na",
    "plus-nothing@count": b"l+",
    "weigh-cast@letter": b"sa{1\na",
    "weigh-cast@any": b"s.{2\na",
    "weigh-cast@group": b"s(ab({0\na",
    "drop-last@star": b"sa&*\na",
    "drop-last@plus": b"s.&+\na",
    "drop-last@maybe": b"s[ab]&?\na",
    "capture-slot@near": b"s(((((a\na",
    "capture-slot@more": b"s((((((((a\nba",
    "capture-slot@replace": b"r(a(b(c((d\nabcd",
    "many-depth@letter": b"la*\na",
    "many-depth@any": b"l.+b",
    "many-depth@class": b"lx?[a-c]*\nb",
    "replace-none@letter": b"rx\nabc",
    "replace-none@long": b"rxyz\nwhat there is not",
})
