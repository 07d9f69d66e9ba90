#!/usr/bin/env python3
"""check_redis_conf.py REDIS.CONF: redis-server takes the file as it stands, and every line has its reason.

Each paragraph of the file is a comment followed by settings; a setting without a comment above it fails.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time

# What durability rests on, as CONFIG GET answers; the file may not lose any of these.
PROMISES = {
    "appendonly": "yes", "appendfsync": "always", "no-appendfsync-on-rewrite": "no", "save": "",
    "auto-aof-rewrite-percentage": "100", "auto-aof-rewrite-min-size": str(1 << 30),
    "maxmemory-policy": "noeviction", "protected-mode": "yes", "unixsocketperm": "700", "port": "0",
}
START_SECONDS = 20


def settings_without_reason(text):
    for paragraph in text.split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line]
        if lines and not lines[0].startswith("#"):
            yield lines[0]


def connect(path, server):
    """A connection, as soon as the server listens."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit("redis-server ended:\n" + server.stdout.read())
        try:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(START_SECONDS)
            connection.connect(path)
            return connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            time.sleep(0.02)
    raise SystemExit(f"redis-server did not listen within {START_SECONDS} s")


def config_get(stream, name):
    stream.write(f"CONFIG GET {name}\r\n".encode())
    stream.flush()
    assert stream.readline() == b"*2\r\n", f"CONFIG GET {name} is not answered with one setting"
    values = []
    for _ in range(2):
        length = int(stream.readline()[1:])
        values.append(stream.read(length + 2)[:-2].decode())
    return values[1]


def check_running(conf):
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "redis.sock")
        with subprocess.Popen(["redis-server", conf, "--unixsocket", path, "--dir", folder],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
            try:
                with connect(path, server) as connection, connection.makefile("rwb") as stream:
                    mode = os.stat(path).st_mode & 0o777
                    if mode != 0o700:
                        faults.append(f"the socket's mode is {mode:o}, not 700")
                    for name, wanted in PROMISES.items():
                        value = config_get(stream, name)
                        if value != wanted:
                            faults.append(f"{name} is {value!r}, not {wanted!r}")
            finally:
                server.terminate()
    return faults


def main():
    conf = sys.argv[1]
    with open(conf, encoding="utf-8") as file:
        faults = [f"no reason above: {line}" for line in settings_without_reason(file.read())]
    faults += check_running(conf)
    for fault in faults:
        print(f"{conf}: {fault}")
    print(f"redis.conf: {len(PROMISES)} promises, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
