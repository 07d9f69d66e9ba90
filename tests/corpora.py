"""Corpora for benches and tests: each input grew out of earlier ones, as a fuzzer's do."""

import hashlib
import os
import random

WORDS = [b"GET ", b"POST ", b" HTTP/1.1\r\n", b"Host: ", b"\r\n\r\n", b"{\"key\":", b"[1,2,3]", b"true", b"null", b"<a href=\"",
         b"</div>", b"\x00\x00\x00\x01", b"\x7fELF", b"%PDF-1.4\n", b"\xff\xd8\xff\xe0", b"BEGIN CERTIFICATE", b"0x41414141",
         b"SELECT * FROM t", b"-1", b"4294967296", b"\r\nContent-Length: 5\r\n"]


def grow(rng, parents, least, most):
    """One input: spliced from two earlier ones, with a few mutations."""
    a = rng.choice(parents)
    b = rng.choice(parents)
    child = bytearray(a[:rng.randrange(len(a) + 1)] + b[rng.randrange(len(b) + 1):])
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(child) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            child[at:at] = rng.choice(WORDS)
        elif kind == 1:
            child[at:at] = rng.randbytes(rng.randint(1, 48))
        elif kind == 2 and child:
            child[rng.randrange(len(child))] ^= 1 << rng.randrange(8)
        else:
            child[at:at + rng.randint(1, 64)] = b""
    size = int(least * (most / least) ** rng.random())
    while len(child) < size:
        child += rng.randbytes(rng.randint(8, 64)) + rng.choice(WORDS) + bytes(rng.choice(parents)[:64])
    return bytes(child[:max(size, least)])


def inputs(count, seed=1, least=20, most=4096):
    """Yields `count` different inputs of least to most bytes, the same for the same seed."""
    rng = random.Random(seed)
    parents = [rng.randbytes(rng.randint(least, 512)) for _ in range(8)] + [b"".join(rng.choices(WORDS, k=12)) for _ in range(24)]
    seen = set()
    while len(seen) < count:
        child = grow(rng, parents, least, most)
        name = hashlib.sha1(child).hexdigest()
        if name in seen:
            continue
        seen.add(name)
        parents[rng.randrange(len(parents))] = child
        yield name, child


def write(folder, count, seed=1, least=20, most=4096):
    """Fills the folder; files are named by SHA-1, as libFuzzer does. Returns the bytes written."""
    os.makedirs(folder, exist_ok=True)
    total = 0
    for name, content in inputs(count, seed, least, most):
        with open(os.path.join(folder, name), "wb") as out:
            out.write(content)
        total += len(content)
    return total
