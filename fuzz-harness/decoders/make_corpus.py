#!/usr/bin/env python3
"""Writes the seeds of corpus/fuzz_event, fuzz_wire, fuzz_ask, fuzz_intake and fuzz_keys, one small file a form.

usage: make_corpus.py [FOLDER]    the default is corpus/ beside this script

Run it again when a format gains a form. It packs MessagePack by itself, so that a mistake in schema/ is not
repeated here, and so that it can write what schema/ never would. Inputs that broke something once are files
beside the seeds, and are not touched.
"""

import hashlib
import os
import struct
import sys


class Raw(bytes):
    """Bytes that are MessagePack already."""


def length(size, codes):
    for code, form in codes:
        if size < 1 << 8 * struct.calcsize(form):
            return bytes([code]) + struct.pack(form, size)
    raise ValueError(size)


def pack(value):
    if isinstance(value, Raw):
        return bytes(value)
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, int):
        if value < 0:
            return b"\xd3" + struct.pack(">q", value)
        return bytes([value]) if value < 128 else length(value, [(0xCC, ">B"), (0xCD, ">H"), (0xCE, ">I"), (0xCF, ">Q")])
    if isinstance(value, str):
        text = value.encode()
        short = bytes([0xA0 | len(text)]) if len(text) < 32 else length(len(text), [(0xD9, ">B"), (0xDA, ">H"), (0xDB, ">I")])
        return short + text
    if isinstance(value, bytes):
        return length(len(value), [(0xC4, ">B"), (0xC5, ">H"), (0xC6, ">I")]) + value
    if isinstance(value, list):
        short = bytes([0x90 | len(value)]) if len(value) < 16 else length(len(value), [(0xDC, ">H")])
        return short + b"".join(map(pack, value))
    short = bytes([0x80 | len(value)]) if len(value) < 16 else length(len(value), [(0xDE, ">H")])
    return short + b"".join(pack(key) + pack(item) for key, item in value.items())


HEX32, HEX64, HEX16 = "0123456789abcdef" * 2, "0123456789abcdef" * 4, "0123456789abcdef"
SOURCE = 0x1122334455667788
BODIES = {
    "crash.found": {"engine": "libfuzzer", "artifact": "crash-da39", "artifact_kind": "crash", "report_source": "log",
                    "exit_code": -6, "signal": 6, "pid": 4711, "build_id": "ab12", "command": "./fuzz -runs=1",
                    "replays": 5, "reproduced": 4},
    "crash.fingerprinted": {"found": HEX32, "kind": "heap-buffer-overflow", "signature": HEX64, "group": HEX16,
                            "stack": ["parse", "read"], "signatures": ["top=" + HEX64], "message": "", "sanitizer":
                            "AddressSanitizer", "access": "READ", "access_size": 4, "address": 2**48 - 1, "truncated": True},
    "crash.classified": {"found": HEX32, "kind": "heap-buffer-overflow", "signature": HEX64, "group": HEX16, "severity":
                         "HIGH", "security": True, "title": "overflow in parse", "reasons": ["reads"], "cwe": ["CWE-125"],
                         "stack": ["parse"], "message": "", "access": "READ"},
    "resource.sample": {"interval_ms": 5000, "cpu_percent": 97.5, "rss_mb": 31.25, "threads": 3, "processes": 1,
                        "states": "R", "executions": 10**10, "exec_per_second": 1234.5, "coverage": 99},
    "corpus.snapshot": {"engine": "libfuzzer", "files": 3, "bytes": 99, "files_left_out": 0, "selection": "all"},
    "heartbeat": {"reason": "start", "version": "0.1.0", "uptime_s": 0, "spool_events": 1, "spool_dropped": 0},
    "alert.raised": {"alert": "group.new", "subject": HEX16, "severity": "HIGH", "title": "t", "text": "x", "count": 1},
}


def fields(topic, sequence=1, node="nyc", **changed):
    event = {"v": 1, "type": topic, "id": struct.pack(">QQ", SOURCE, sequence), "node": node, "target": "fuzz_sha3",
             "time": 1700000000000, "att": [], "body": BODIES[topic]}
    event.update(changed)
    return {key: value for key, value in event.items() if value is not ...}


def event(topic, *more, **changed):
    return pack(fields(topic, *more, **changed))


def attachment(data, name="input"):
    return [name, hashlib.sha256(data).digest(), len(data)]


def body(topic, **changed):
    return {key: value for key, value in {**BODIES[topic], **changed}.items() if value is not ...}


def event_seeds():
    beat, sample = "heartbeat", "resource.sample"
    seeds = {"valid-" + topic: event(topic) for topic in BODIES}
    seeds.update({
        "valid-attachments": event("crash.found", att=[attachment(b"boom"), attachment(b"==1==ERROR", "report")]),
        "valid-unknown-fields": event(beat, mood={"deep": [1, None, 2.5]}, body=body(beat, later=[1])),
        "valid-null-optional": event(beat, body=body(beat, state=None)),
        "valid-float-as-integer": event(sample, body=body(sample, cpu_percent=97, rss_mb=0)),
        "valid-float-negative": event(sample, body=body(sample, cpu_percent=-1.0, rss_mb=float("nan"))),
        "valid-key-twice": event(beat).replace(b"\xa4node", b"\xa4type", 1),
        "version-2": event(beat, v=2),
        "version-0": event(beat, v=0),
        "version-text": event(beat, v="1"),
        "topic-unknown": event(beat, type="none.such"),
        "id-short": event(beat, id=b"short"),
        "node-is-path": event(beat, node="../../etc"),
        "no-body": event(beat, body=...),
        "body-field-missing": event(beat, body=body(beat, version=...)),
        "body-field-mistyped": event(beat, body=body(beat, version=3)),
        "attachment-row-short": event(beat, att=[["input"]]),
        "attachment-2gb": event(beat, att=[["a", bytes(32), 2**31]]),
        "text-2gb": pack({"v": 1, "node": Raw(b"\xdb\x7f\xff\xff\xff")}),
        "bin-2gb": pack({"id": Raw(b"\xc6\x7f\xff\xff\xff")}),
        "array-4g": pack({"att": Raw(b"\xdd\xff\xff\xff\xff")}),
        "map-4g": pack({"body": Raw(b"\xdf\xff\xff\xff\xff")}),
        "depth-bomb": b"\x91" * 2000,
        "depth-bomb-maps": b"\x81\xa1a" * 500,
        "truncated": event("crash.found")[:-9],
        "stray-bytes": event(beat) + b"\x00",
    })
    return seeds


def publish(events, source=SOURCE, previous=0, first=1):
    numbered = []
    for index, one in enumerate(events):
        numbered += [first + index, one]
    return pack([1, "PUB", source, previous, numbered])


def wire_seeds():
    beat = event("heartbeat")
    seeds = {
        "pub": publish([beat, event("heartbeat", 2)]),
        "pub-empty": publish([]),
        "pub-sequence-alone": pack([1, "PUB", 1, 0, [1]]),
        "pub-array-2g": pack([1, "PUB", 1, 0, Raw(b"\xdd\x7f\xff\xff\xff")]),
        "pub-bin-2gb": pack([1, "PUB", 1, 0, [1, Raw(b"\xc6\x7f\xff\xff\xff")]]),
        "hello": pack([1, "HELLO", "alert", 64, ["input", "report"]]),
        "done": pack([1, "DONE", 7, [[1, 0, "", 0, [beat]], [2, 1, "away", 500, []], [3, 2, "bad", 0, []]]]),
        "done-outcome-3": pack([1, "DONE", 7, [[1, 3, "", 0, []]]]),
        "ping": pack([1, "PING"]),
        "bye": pack([1, "BYE"]),
        "ack": pack([1, "ACK", SOURCE, 9]),
        "ack-longer": pack([1, "ACK", SOURCE, 9, True, {"later": 1}]),
        "refuse": pack([1, "REFUSE", SOURCE, 9, "why"]),
        "rewind": pack([1, "REWIND", SOURCE, 9]),
        "busy": pack([1, "BUSY", SOURCE, 9, 1000, "full"]),
        "welcome": pack([1, "WELCOME", 7, 2000]),
        "deliver": pack([1, "DELIVER", 7, [[1, 1, beat, [[0, 1], [1, 2]]], [2, 3, beat, []]]]),
        "pong": pack([1, "PONG", 0]),
        "fault": pack([1, "FAULT", "why"]),
        "ask": pack([1, "ASK", 7, "corpus.base", pack({"target": "t"}), 2**63, "nyc"]),
        "ask-shorter": pack([1, "ASK", 7, "corpus.base", b""]),
        "ask-body-text": pack([1, "ASK", 7, "corpus.base", "text", 0, ""]),
        "tell": pack([1, "TELL", 7, "ok", "", pack({"snapshot": ""}), 2**63]),
        "tell-busy": pack([1, "TELL", 7, "busy", "later", b"", 0]),
        "version-2": pack([2, "PING"]),
        "verb-unknown": pack([1, "NONE"]),
        "verb-missing": pack([1]),
        "not-array": pack({"v": 1}),
        "depth-bomb": b"\x95\x01\xa3PUB\x01" + b"\x91" * 2000,
        "wide-bomb": pack([1, "PUB", 1, 0, [Raw(b"\xdc\x03\xff" + b"\x90" * 1023)] * 4]),
        "truncated": publish([beat])[:-5],
        "stray-bytes": pack([1, "PING"]) + b"\x00",
    }
    return seeds


# The first byte of an input says which body it is: the order of these is that of fuzz_ask.cc.
ASKS = ["BaseAsked", "BaseTold", "LacksAsked", "LacksTold", "OfferAsked", "GiveAsked", "GiveTold", "SharedAsked", "SharedTold",
        "OrdersAsked", "OrdersTold"]


def ask_seeds():
    shared = {"sha256": hashlib.sha256(b"TLV").digest(), "bytes": b"TLV"}
    order = {"id": HEX16, "order": "backup", "target": "", "by": "ann@desk", "time_ms": 1700000000000}
    report = {"id": HEX16, "state": "done", "text": "2 files", "target": "t", "snapshot": HEX16}
    asked = {"target": "t", "cursor": "1700000000000-0/1", "inputs": 100, "bytes": 2**20, "imported": 1, "dropped": 0}
    forms = {
        "base": ("BaseAsked", {"target": "fuzz_tlv"}),
        "base-path": ("BaseAsked", {"target": "../etc"}),
        "base-later": ("BaseAsked", {"target": "t", "later": [1, {"deep": None}]}),
        "base-told": ("BaseTold", {"snapshot": HEX16}),
        "base-told-none": ("BaseTold", {"snapshot": ""}),
        "lacks": ("LacksAsked", {"target": "t", "hashes": bytes(64)}),
        "lacks-odd": ("LacksAsked", {"target": "t", "hashes": bytes(33)}),
        "lacks-text": ("LacksAsked", {"target": "t", "hashes": "a" * 32}),
        "lacks-told": ("LacksTold", {"lacks": b"\0\1"}),
        "lacks-told-2": ("LacksTold", {"lacks": b"\2"}),
        "offer": ("OfferAsked", {"target": "t", "hashes": bytes(32)}),
        "give": ("GiveAsked", {"target": "t", "engine": "afl", "inputs": [shared, shared]}),
        "give-short-hash": ("GiveAsked", {"target": "t", "engine": "", "inputs": [{"sha256": b"1", "bytes": b""}]}),
        "give-no-maps": ("GiveAsked", {"target": "t", "engine": "", "inputs": [1, [], None]}),
        "give-told": ("GiveTold", {"accepted": 1, "refused": 2**64 - 1, "reason": "known already"}),
        "shared": ("SharedAsked", asked),
        "shared-negative": ("SharedAsked", {**asked, "inputs": -1}),
        "shared-told": ("SharedTold", {"inputs": [shared], "cursor": "1-0/2"}),
        "orders": ("OrdersAsked", {"reports": [report, {**report, "snapshot": "", "state": "taken"}]}),
        "orders-state": ("OrdersAsked", {"reports": [{**report, "state": "gone"}]}),
        "orders-told": ("OrdersTold", {"orders": [order]}),
        "orders-many": ("OrdersTold", {"orders": [order] * 65}),
        "bin-2gb": ("LacksTold", {"lacks": Raw(b"\xc6\x7f\xff\xff\xff")}),
        "array-4g": ("OrdersTold", {"orders": Raw(b"\xdd\xff\xff\xff\xff")}),
        "map-wide": ("BaseAsked", {str(i): i for i in range(40)}),
        "wide-bomb": ("GiveAsked", {"inputs": [Raw(b"\xdc\x03\xff" + b"\x80" * 1023)] * 4}),
        "depth-bomb": ("GiveAsked", {"inputs": Raw(b"\x91" * 2000)}),
    }
    return {name: bytes([ASKS.index(body)]) + pack(content) for name, (body, content) in forms.items()}


def message(role, name, header, attachments=(), mend=False):
    frames = b"".join(struct.pack(">H", len(frame)) + frame for frame in (header, *attachments))
    return bytes([role | (0x80 if mend else 0), len(name)]) + name.encode() + frames


def intake_seeds():
    server, node, stage, operator = range(4)
    boom, report = b"boom", b"==1==ERROR"
    crash = event("crash.found", att=[attachment(boom), attachment(report, "report")])
    beat, alert = event("heartbeat"), event("alert.raised")
    long_name = event("crash.found", att=[["n" * 3000, bytes(32), 2**31]])
    return {
        "node-crash": message(node, "nyc", publish([crash]), [boom, report]),
        "node-crash-mended": message(node, "nyc", publish([crash]), [b"other", b"bytes"], mend=True),
        "node-two": message(node, "nyc", publish([beat, event("heartbeat", 2)])),
        "node-any": message(node, "*", publish([beat])),
        "node-of-another": message(node, "london", publish([beat])),
        "operator": message(operator, "op", publish([beat])),
        "stage": message(stage, "alert", publish([beat])),
        "server": message(server, "server", publish([beat])),
        "topic-of-stages": message(node, "nyc", publish([alert])),
        "output-of-stage": message(operator, "op", publish([crash, alert]), [boom, report]),
        "output-invents-attachment": message(operator, "op", publish(
            [beat, event("crash.classified", 2, att=[attachment(boom)])])),
        "attachment-missing": message(node, "nyc", publish([crash]), [boom]),
        "attachment-other-bytes": message(node, "nyc", publish([crash]), [b"b00m", report]),
        "attachment-other-size": message(node, "nyc", publish([event("crash.found", att=[
            ["input", hashlib.sha256(boom).digest(), 5]])]), [boom]),
        "attachment-long-name": message(node, "nyc", publish([long_name])),
        "id-of-another-source": message(node, "nyc", publish([beat], source=5)),
        "id-mended": message(node, "nyc", publish([beat], source=5), mend=True),
        "sequence-falls": message(node, "nyc", publish([beat], previous=9)),
        "source-0": message(node, "nyc", publish([beat], source=0)),
        "no-events": message(node, "nyc", publish([])),
        "not-an-event": message(node, "nyc", publish([b"\xc1", b"", beat])),
        "not-a-pub": message(node, "nyc", pack([1, "PING"])),
        "frame-truncated": message(node, "nyc", publish([crash]), [boom, report])[:-4],
    }


def key_seeds():
    keys = """{log}:stream:crash.found|{log}:dead:heartbeat|{log}:source:0000000000000abc|{log}:hold:2833333
{log}:broker:local|{crash}:group:0011223344556677|{crash}:signatures:g|{crash}:signature:s|{crash}:groups
{crash}:severity:HIGH|{crash}:seen:classify:20000|{crash}:retention|{crash}:alert-budget:480000
{corpus}:archives:t|{corpus}:archive:a|{corpus}:shared:t|{corpus}:share-budget:29|{node}:orders:nyc|{node}:order:0|{node}:nodes|{node}:node:nyc|{node}:target:nyc/fuzz_sha3
{node}:samples:nyc/fuzz_sha3"""
    seeds = {}
    for key in keys.replace("\n", "|").split("|"):
        name = key.split("}:")[1].replace("/", ":").split(":")
        seeds["valid-" + "-".join(name[:1])] = ("fuzzmill:" + key).encode()
    seeds.update({
        "no-value": b"fuzzmill:{log}:stream:",
        "value-too-many": b"fuzzmill:{crash}:seen:classify:1:2",
        "other-tag": b"fuzzmill:{log}:group:g",
        "other-prefix": b"Fuzzmill:{log}:stream:a",
        "zero-byte": b"fuzzmill:{node}:node:a\0b",
        "placeholder": b"fuzzmill:{node}:node:<node>",
        "long": b"fuzzmill:{node}:target:" + b"a" * 1500,
    })
    return seeds


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
    corpora = {"fuzz_event": event_seeds(), "fuzz_wire": wire_seeds(), "fuzz_ask": ask_seeds(),
               "fuzz_intake": intake_seeds(), "fuzz_keys": key_seeds()}
    for target, seeds in corpora.items():
        os.makedirs(os.path.join(folder, target), exist_ok=True)
        for name, content in seeds.items():
            with open(os.path.join(folder, target, name), "wb") as file:
                file.write(content)
        print(f"{target}: {len(seeds)} seeds, {sum(map(len, seeds.values()))} bytes")


main()
