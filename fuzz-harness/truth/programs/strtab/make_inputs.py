#!/usr/bin/env python3
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write


def lines(*parts):
    return b"".join(bytes([len(part)]) + part for part in parts)


PACKED = b"&packedby"  # eight letters: a block that ends where its redzone begins
write(__file__, {
    "packed-unended@strlen": lines(PACKED, b"m\0"),
    "packed-unended@strcmp": lines(PACKED, b"+packedbyte", b"=\0\1"),
    "packed-unended@strchr": lines(PACKED, b"?\0z"),
    "join-path@short": lines(b"+/usr/share", b"+/doc/of/programs", b"j\0\1"),
    "join-path@long": lines(b"+/usr/share", b"+" + b"/name" * 30, b"j\0\1"),
    "join-path@swapped": lines(b"+" + b"/name" * 8, b"+/usr/share", b"j\1\0"),
    "shorten-copy@one": lines(b"+twelve chars", b"s\0"),
    "shorten-copy@long": lines(b"+" + b"name " * 40, b"s\0"),
    "shorten-copy@other": lines(b"+short", b"+not that short at all", b"s\1"),
    "describe-report@short": lines(b"+a name of twenty and one", b"d\0"),
    "describe-report@long": lines(b"+" + b"name " * 40, b"d\0"),
    "section-name@near": lines(b"+sections1", b"e\0"),
    "section-name@dotted": lines(b"+longer_section.text", b"e\0"),
    "prefix-length@one": lines(b"+name", b"p\0name\0x"),
    "prefix-length@many": lines(b"+n", b"p\0n\0n\0n\0n\0n\0n"),
    "prefix-length@packed": lines(b"&name", b"p\0names of it"),
    "cut-last@near": lines(b"+symbol", b"c\0\3\5"),
    "cut-last@far": lines(b"+symbol", b"c\0\5\x30"),
})
