#!/usr/bin/env python3
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write

write(__file__, {
    "escape-end@value": b"k\n\"ab\\",
    "escape-end@in-list": b"k\n[1,\"\\",
    "escape-end@key": b"k\n{\"a\\",
    "key-alone@number": b"n.b\n{\"a\":1,\"b\"}",
    "key-alone@text": b"f.c\n{\"a\":1,\"b\":2,\"x\" ,\"c\":7}",
    "read-depth@list": b"k\n*[",
    "read-depth@list-query": b"s.a\n*[",
    "number-text@minus": b"n\n-",
    "number-text@large": b"n\n" + b"9" * 30,
    "number-text@in-object": b"k\n{\"a\":--}",
    "item-index@near": b"n#1\n[7]",
    "item-index@middle": b"s#3\n[1,2]",
    "item-index@far": b"n#900000000000\n[1,2]",
    "item-index@nested": b"n.a#2\n{\"a\":[1,2]}",
    "item-index@text": b"f#2\n[1,2]",
    "walk-missing@number": b"n.b\n{\"a\":1}",
    "walk-missing@text": b"f.b\n{\"a\":1}",
    "walk-missing@step": b"n.b.c\n{\"a\":1}",
    "walk-missing@keys": b"k.b\n{}",
    "widest-empty@list": b"w\n[]",
    "widest-empty@nested": b"w.a\n{\"a\":[]}",
    "number-type@text": b"n\n\"a\"",
    "number-type@list": b"n.a\n{\"a\":[1]}",
    "number-type@null": b"n\n!",
    "extend-stale@number": b"x 1\n[1]",
    "extend-stale@nested": b"x.a 3\n{\"a\":[1,2,3]}",
    "scaler-capture@number": b"c\n7",
    "scaler-capture@list": b"c.a\n{\"a\":[1,2]}",
    "tail-short@text": b"t longer\n\"abc\"",
    "tail-short@nested": b"t.a longer\n{\"a\":\"abc\"}",
    "sorted-last@two": b"o\n[1,2]",
    "sorted-last@five": b"o.a\n{\"a\":[5,4,3,2,1]}",
})
