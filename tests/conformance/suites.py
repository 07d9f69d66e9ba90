"""The suites: which files they have, what they expect, and how an answer of ours is judged.

A suite yields (name of a file, its bytes) and judges the crashes that were found in it.
"""
import json
import os
import re

from names import bare, same

MESSAGE_FIRST = {"ASSERT", "CHECK failure", "DCHECK failure", "Security CHECK failure", "Security DCHECK failure",
                 "Fatal error", "Bad-cast", "Missing-library", "RUNTIME_ASSERT", "Unreachable code", "V8 API error",
                 "V8 correctness failure"}
SOURCE_FILE = re.compile(r"[\w.+-]+\.(cc|cpp|cxx|c|h|hpp|rs|go|tq|mm|py)")


def read_lines(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return [json.loads(line) for line in file if line.strip()]


def read_tsv(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]


def read_bytes(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def primary(crashes):
    for crash in crashes:
        if crash.get("primary"):
            return crash
    return crashes[0] if crashes else {}


def number(value):
    return int(value, 0) if isinstance(value, str) else value


class ClusterFuzz:
    """Kind, frames of the state and the security flag."""
    title = "ClusterFuzz"

    def __init__(self, folder):
        self.folder = os.path.join(folder, "clusterfuzz")
        self.cases = [case for case in read_lines(os.path.join(self.folder, "cases.jsonl"))
                      if case["flags"].get("symbolized", True) and not case["not_a_crash"] and case["crash_type"] != ""]
        self.kinds = {row[0]: row[1].split() for row in read_tsv(os.path.join(self.folder, "kinds.tsv"))}

    def texts(self):
        return {case["input"]: read_bytes(self.folder, case["input"]) for case in self.cases}

    @staticmethod
    def wanted_frames(case):
        state = list(case["crash_state"] or [])
        if case["crash_type"] in MESSAGE_FIRST:
            state = state[1:]
        target = case["flags"].get("fuzz_target")
        return [line for line in state if line and line not in ("NULL", target) and not SOURCE_FILE.fullmatch(line)]

    def judge(self, found, tally):
        for case in sorted(self.cases, key=lambda case: (not case["core"], case["family"])):
            crash, name = primary(found.get(case["input"], [])), case["id"]
            rows = ["ClusterFuzz, all"] + (["ClusterFuzz, core"] if case["core"] else [])
            rows.append("ClusterFuzz, " + case["family"])
            if case["crash_type"]:
                kinds = self.kinds.get(case["crash_type"], [case["crash_type"].lower()])
                tally.count(rows, "kind", name, crash.get("kind") in kinds, f"want {kinds} got {crash.get('kind')}")
            wanted, stack = self.wanted_frames(case), crash.get("stack") or []
            if wanted:
                detail = f"want {wanted} got {stack[:len(wanted) + 1]}"
                tally.count(rows, "first frame", name, bool(stack) and same(wanted[0], stack[0]), detail)
                tally.count(rows, "all frames", name,
                            len(stack) >= len(wanted) and all(map(same, wanted, stack)), detail)
            if case["is_security"] is not None and case["flags"].get("asserts_have_security_implication", True):
                tally.count(rows, "security", name, crash.get("security") == case["is_security"],
                            f"want {case['is_security']} got {crash.get('security')} ({case['crash_type']})")


def crash_line(crash):
    """file:line:column or module+offset of the first frame that no rule dropped."""
    dropped = {entry["frame"] for entry in crash.get("dropped") or []}
    for index, frame in enumerate(crash.get("frames") or []):
        if index in dropped:
            continue
        if frame.get("file"):
            place = [frame["file"]] + [str(frame[key]) for key in ("line", "column") if frame.get(key)]
            return ":".join(place)
        if frame.get("module"):
            return f"{frame['module']}+{number(frame.get('offset') or 0):#x}"
    return ""


class Casr:
    """Class and crash line. Which of our kinds and accesses a class means is a table beside this file."""
    title = "CASR"
    OTHER_FORMATS = {"csharp", "lua"}  # C# and Lua are none of the formats that we read

    def __init__(self, folder):
        self.folder = os.path.join(folder, "casr")
        self.cases = [case for case in read_lines(os.path.join(self.folder, "cases.jsonl"))
                      if case["kind"] not in self.OTHER_FORMATS]
        here = os.path.dirname(os.path.abspath(__file__))
        self.classes = {row[0]: (row[1].split(), row[2].split()) for row in
                        read_tsv(os.path.join(here, "casr_classes.tsv"))}

    @staticmethod
    def file_of(case):
        return "casr/" + re.sub(r"\W+", "_", case["id"]) + ".txt"

    def texts(self):
        return {self.file_of(case): read_bytes(self.folder, case["file"]) if "file" in case
                else case["text"].encode("utf-8", "surrogateescape") for case in self.cases}

    @staticmethod
    def says_why(case, crash):
        """A bare stack names no signal: CASR took it, registers and instructions from a running gdb."""
        return case["kind"] != "gdb" or crash.get("kind") != "unknown"

    def fits(self, wanted, crash):
        if wanted not in self.classes:  # an exception's type, which our message begins with
            kind, message = crash.get("kind"), crash.get("message") or ""
            return kind == "uncaught-exception" and re.match(r"(?:[\w.]+\.)?" + re.escape(wanted), message) is not None
        kinds, accesses = self.classes[wanted]
        return crash.get("kind") in kinds and ("*" in accesses or (crash.get("access") or "-") in accesses)

    def judge(self, found, tally):
        for case in self.cases:
            crashes = found.get(self.file_of(case), [])
            expect = case["expect"]
            rows = ["CASR, all", "CASR, " + case["kind"]]
            for index, want in enumerate(expect.get("warnings") or [expect]):
                crash = crashes[index] if "warnings" in expect and index < len(crashes) else primary(crashes)
                short = want.get("short") or (want.get("class") or {}).get("short")
                if short and self.says_why(case, crash):
                    tally.count(rows, "class", case["id"], self.fits(short, crash),
                                f"want {short} got {crash.get('kind')} {crash.get('access')} {crash.get('message')}")
                if want.get("crash_line") is not None:
                    got = crash_line(crash)
                    tally.count(rows, "crash line", case["id"], got == want["crash_line"],
                                f"want {want['crash_line']!r} got {got!r}")


class FuzzManager:
    """Crash address and the first two frames, as they stand in the text.

    That tool strings all stacks of a report together and reads no address of a race, so no more is compared.
    """
    title = "FuzzManager"
    FORMATS = {"ASanCrashInfo", "UBSanCrashInfo", "LSanCrashInfo", "TSanCrashInfo", "GDBCrashInfo", "RustCrashInfo"}
    FIRST = 2

    def __init__(self, folder):
        self.folder = os.path.join(folder, "fuzzmanager")
        self.cases = [case for case in read_lines(os.path.join(self.folder, "cases.jsonl"))
                      if case["expect"]["parser"] in self.FORMATS]

    def texts(self):
        return {"fuzzmanager/" + case["file"]: read_bytes(self.folder, case["file"]) for case in self.cases}

    @staticmethod
    def same_frame(wanted, frame):
        function = frame.get("function") or ""
        if not function:
            return wanted == "??" or "+0x" in wanted
        return same(wanted, function) or bare(wanted) == bare(function)

    def judge(self, found, tally):
        for case in self.cases:
            crash, expect = primary(found.get("fuzzmanager/" + case["file"], [])), case["expect"]
            rows = ["FuzzManager, all", "FuzzManager, " + expect["parser"].removesuffix("CrashInfo")]
            address = number(crash.get("address"))
            if expect["parser"] != "TSanCrashInfo":
                tally.count(rows, "address", case["id"], address == expect["crash_address"],
                            f"want {expect['crash_address']} got {address}")
            wanted = expect["backtrace"][:self.FIRST]
            frames = (crash.get("frames") or [])[:len(wanted)]
            got = [frame.get("function") for frame in frames]
            tally.count(rows, "first frames", case["id"],
                        len(frames) == len(wanted) and all(map(self.same_frame, wanted, frames)),
                        f"want {wanted} got {got}")


SUITES = (ClusterFuzz, Casr, FuzzManager)


def b_cubed(truth, groups):
    """Precision, recall and F1 of a grouping against the true one, the mean over the members."""
    precision = recall = 0.0
    files = list(truth)
    for one in files:
        together = [other for other in files if groups[other] == groups[one]]
        alike = [other for other in files if truth[other] == truth[one]]
        both = len(set(together) & set(alike))
        precision += both / len(together)
        recall += both / len(alike)
    precision, recall = precision / len(files), recall / len(files)
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0
