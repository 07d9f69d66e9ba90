#!/usr/bin/env python3
"""Writes the seeds of corpus/fuzz_corpus_manifest, fuzz_corpus_listing and fuzz_archive_reader, one small file a form.

usage: make_archive_corpus.py [FOLDER]    the default is corpus/ beside this script

It writes tar, gzip, JSON and MessagePack by itself, so that a mistake of ours is not repeated here, and so that it can
write what our encoders never would. Seeds of fuzz_archive_reader begin with a byte: 1 a tar that the target packs,
0 bytes as they are.
"""

import gzip
import hashlib
import json
import os
import struct
import sys


def sha(content):
    return hashlib.sha256(content).hexdigest()


def header(name, size, kind=b"0", link=b"", when=1750000000):
    block = name.ljust(100, b"\0") + b"000644 \0" + b"000000 \0" * 2 + b"%011o %011o " % (size, when) + b" " * 8 + kind
    block = (block + link.ljust(100, b"\0") + b"ustar\x0000").ljust(329, b"\0") + b"000000 \0" * 2
    block = block.ljust(512, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def entry(name, content, **more):
    return header(name.encode("latin-1"), len(content), **more) + content + b"\0" * (-len(content) % 512)


def files(*contents):
    return b"".join(entry("corpus/" + sha(content), content) for content in sorted(contents, key=sha))


END = b"\0" * 1024
COPY = {"node": "nyc", "name": "a/b", "mtime_ms": 1, "rank": 1, "reason": "all"}
SNAPSHOT = {"node": "nyc", "snapshot": "0123456789abcdef", "engine": "afl", "build_id": "", "selection": "all", "time_ms": 1,
            "corpus_files": 2, "corpus_bytes": 3, "files_left_out": 0, "bytes_left_out": 0}


def manifest(*contents, snapshots=None, **copy):
    listed = [{"sha256": sha(content), "size": len(content), "copies": [{**COPY, **copy}]} for content in sorted(contents, key=sha)]
    return {"version": 2, "target": "t", "time_ms": 1, "snapshots": [SNAPSHOT] if snapshots is None else snapshots, "files": listed}


OLD = {"version": 1, "target": "t", "node": "nyc", "engine": "afl", "build_id": "", "event": "0" * 32, "time_ms": 1, "selection": "all",
       "corpus_files": 1, "corpus_bytes": 1, "files_left_out": 0, "files": [{"sha256": sha(b"x"), "name": "../x", "size": 1},
                                                                            {"sha256": sha(b"x"), "name": "y", "size": 1}]}


def text(value):
    return json.dumps(value, separators=(",", ":")).encode()


def manifest_seeds():
    good = text(manifest(b"one", b"two"))
    return {
        "valid-empty": text(manifest()),
        "valid-files": good,
        "valid-version-1": text(OLD),
        "valid-bytes-in-name": text(manifest(b"one", name="\ufffd\u00ff\ufffd\ufffd\ufffd\u0080")),
        "valid-unknown-keys": text({**manifest(b"one"), "moon": [{"size": [[]]}, None, 1.5e9, True]}),
        "mark-alone": text(manifest(b"one", name="a\ufffd")),
        "version-3": good.replace(b"2", b"3", 1),
        "node-without-snapshot": text(manifest(b"one", node="ams")),
        "key-twice": good.replace(b'"size":3', b'"size":3,"size":4', 1),
        "negative-size": good.replace(b'"size":3', b'"size":-3', 1),
        "files-first": text({"version": 2, "target": "t", "time_ms": 1, "files": [], "snapshots": []}),
        "depth": b'{"version":2,"moon":' + b"[" * 3000,
        "cut": good[:-20],
        "blanks": b'{"version":2,' + b"\n" * 5000,
    }


def listing(rows, gone=(), version=1):
    out = struct.pack("BB", 0x93, version) + struct.pack("B", 0x90 | len(rows))
    for content, name, reason in rows:
        out += b"\x96\xc4\x20" + hashlib.sha256(content).digest() + struct.pack("B", len(content)) + b"\xc4" + bytes([len(name)]) + name
        out += b"\xcf" + struct.pack(">Q", 1750000000000) + b"\x07" + bytes([0xA0 | len(reason)]) + reason
    return out + struct.pack("B", 0x90 | len(gone)) + b"".join(b"\xc4" + bytes([len(name)]) + name for name in gone)


def listing_seeds():
    rows = sorted([(b"one", b"a/b", b"favoured"), (b"two", b"\xff\n", b"new-coverage")], key=lambda row: sha(row[0]))
    return {
        "valid-empty": listing([]),
        "valid-rows": listing(rows, [b"gone", b"too"]),
        "valid-longer-rows": listing(rows[:1]).replace(b"\x96", b"\x97", 1)[:-1] + b"\xc0\x90",
        "out-of-order": listing(rows[::-1]),
        "twice": listing(rows[:1] * 2),
        "reason-unknown": listing([(b"one", b"a", b"luck")]),
        "name-empty": listing([(b"one", b"", b"all")]),
        "name-nul": listing([(b"one", b"a\0b", b"all")]),
        "version-2": listing(rows, version=2),
        "array-4g": b"\x93\x01\xdd\xff\xff\xff\xff",
        "stray": listing([]) + b"\0",
    }


def archive(written, *contents):
    sums = sha(written).encode() + b"  manifest.json\n"
    return entry("manifest.json", written) + entry("manifest.json.sha256", sums) + files(*contents) + END


def archive_seeds():
    page = files(b"one", b"two", b"") + END
    whole = archive(text(manifest(b"one", b"two")), b"one", b"two")
    tars = {
        "valid-page": page,
        "valid-archive": whole,
        "valid-version-1": entry("manifest.json", text(OLD)) + files(b"x") + END,
        "file-missing": archive(text(manifest(b"one", b"two")), b"one"),
        "file-unknown": archive(text(manifest(b"one")), b"one", b"two"),
        "absolute": entry("/etc/passwd", b"x") + END,
        "climbs": entry("corpus/../../x", b"x") + END,
        "no-utf8": entry("corpus/\xff", b"x") + END,
        "wrong-hash": entry("corpus/" + sha(b"a"), b"b") + END,
        "twice": files(b"a") * 2 + END,
        "huge": header(b"corpus/" + sha(b"a").encode(), 8**11 - 1),
        "no-end": files(b"a"),
        "behind-end": page + b"x",
    }
    for kind, word in ((b"1", "hardlink"), (b"2", "symlink"), (b"3", "device"), (b"5", "folder"), (b"6", "fifo"), (b"x", "pax")):
        tars["type-" + word] = entry("corpus/" + sha(b""), b"", kind=kind, link=b"/etc/passwd") + END
    seeds = {name: b"\1" + tar for name, tar in tars.items()}
    zipped = gzip.compress(whole, mtime=0)
    seeds.update({"valid-gzip": b"\0" + zipped, "gzip-twice": b"\0" + zipped * 2, "gzip-cut": b"\0" + zipped[:-9],
                  "zstd-window": b"\0\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00", "text": b"\0hello"})
    return seeds


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
    corpora = {"fuzz_corpus_manifest": manifest_seeds(), "fuzz_corpus_listing": listing_seeds(),
               "fuzz_archive_reader": archive_seeds()}
    for target, seeds in corpora.items():
        os.makedirs(os.path.join(folder, target), exist_ok=True)
        for name, content in seeds.items():
            with open(os.path.join(folder, target, name), "wb") as file:
                file.write(content)
        print(f"{target}: {len(seeds)} seeds, {sum(map(len, seeds.values()))} bytes")


main()
