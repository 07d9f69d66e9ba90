#!/usr/bin/env python3
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write


def lines(*parts):
    return b"".join(bytes([len(part)]) + part for part in parts)


write(__file__, {
    "page-fatal@put": lines(b"p\x09text"),
    "page-fatal@drop": lines(b"p\0text", b"d\xff\1"),
    "page-fatal@check": lines(b"c\x04\1"),
    "version-fatal@zero": lines(b"v\0"),
    "version-fatal@high": lines(b"p\0text", b"v\xc8"),
    "tear-twice@again": lines(b"p\1text", b"t\1", b"t\1"),
    "tear-twice@end": lines(b"p\0a", b"p\3text", b"t\3"),
    "tear-twice@put": lines(b"p\1text", b"t\1", b"p\1" + b"m" * 20),
    "merge-same@short": lines(b"p\1text", b"m\1\1"),
    "merge-same@empty": lines(b"p\0a", b"m\3\3"),
    "drop-inside@near": lines(b"p\1text", b"d\1\1"),
    "drop-inside@aligned": lines(b"p\1text", b"d\1\x10"),
    "drop-inside@empty": lines(b"d\2\x21"),
    "check-first@empty": lines(b"c\0\1"),
    "check-first@some": lines(b"p\2text", b"c\2\x05"),
    "check-order@same": lines(b"p\2text", b"c\2\2\2"),
    "check-order@other": lines(b"p\1text", b"c\1\3\1"),
    "heading-room@near": lines(b"h" + b"h" * 34),
    "heading-room@far": lines(b"h" + b"h" * 120 + b".x"),
    "footer-room@near": lines(b"f" + b"f" * 34),
    "footer-room@far": lines(b"f" + b"f" * 150),
    "bind-room@near": lines(b"b" + b"\x22" * 40),
    "bind-room@far": lines(b"b" + b"\x22" * 200),
    "share-empty@one": lines(b"s\0\1"),
    "share-empty@two": lines(b"p\0text", b"s\1\4"),
    "colour-code@near": lines(b"C\x10"),
    "colour-code@far": lines(b"C\xff"),
    "style-code@near": lines(b"S\xc9"),
    "style-code@far": lines(b"p\0text", b"S\xff"),
    "title-none@hash": lines(b"T#"),
    "title-none@long": lines(b"p\0text", b"T# a title of none"),
})
