#!/usr/bin/env python3
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write

write(__file__, {
    "title-scope@strlen": b"title=  abc",
    "title-scope@loop": b"words=a b c",
    "title-scope@write": b">caption=abc",
    "host-local@field": b"host=example",
    "host-local@loop": b"hosts=a b c",
    "host-local@memset": b"nohost=x",
    "list-delete@char": b"bytes=abc",
    "list-delete@long": b"numbers=abc",
    "list-delete@double": b">x=1;weights=abc",
    "banner-delete@short": b"banner=hello",
    "banner-delete@section": b">banner=hello wide world",
    "level-dies@hundred": b"level=100",
    "level-dies@more": b"x=1\nlevel=31337",
    "level-dies@section": b">level=777777",
    "port-dies@one": b"port=65536",
    "port-dies@more": b">>port=9999999",
    "verbosity-index@near": b"verbose=6",
    "verbosity-index@next": b">verbose=8",
    "verbosity-index@far": b"verbose=999999999",
    "help-exits@line": b"help=please",
    "help-exits@section": b">x=1;help=please",
    "version-exits@line": b"version=9",
    "version-exits@section": b">>version=4",
    "key-in-place@line": b"Mode=1",
    "key-in-place@section": b">x=1;PORT=1",
    "every-zero@line": b"every=0",
    "every-zero@section": b">x=1;every=no",
})
