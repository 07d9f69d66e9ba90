"""`fuzzmill up` as a process of a test or a bench, and the end of any process."""

import os
import subprocess
import time


def start_up(fuzzmill, data, log):
    """Returns when it is ready; its log goes to the file."""
    read_end, write_end = os.pipe()
    with open(log, "ab") as errors:
        up = subprocess.Popen([fuzzmill, "up", "--data", data, "--ready-fd", str(write_end)], pass_fds=[write_end],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
    os.close(write_end)
    with os.fdopen(read_end) as ready:
        if ready.readline().strip() != "READY":
            raise RuntimeError("`fuzzmill up` ended before it was ready")
    return up


def end(process):
    """Asks it to end, insists after a minute, and reaps."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(condition, seconds, what):
    """Until it holds; says what did not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not come within {seconds} s")
        time.sleep(0.1)
