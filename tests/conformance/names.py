"""Function names of different tools, made comparable.

Two names are the same when their bare forms are: without parameters, template arguments, return type, anonymous
namespaces, thunks and rebuild hashes. A tool that cuts names short, or leaves scopes out, is forgiven that much.
"""
import re

CUT_LENGTH = 79  # ClusterFuzz keeps 80 characters of a frame
NOISE = re.compile(r"\(anonymous namespace\)::|`anonymous namespace'::|(?:non-)?virtual thunk to "
                   r"|\[abi:[^\]]*\]|\[clone [^\]]*\]|::h[0-9a-f]{16}$")
LAMBDA = re.compile(r"(?:::)?(?:\$_\d+|\{lambda.*|'lambda.*|\{\{closure.*|<lambda.*)")


def without_brackets(text):
    """Text outside <>; the < and > of operators stay."""
    out, depth = [], 0
    for at, char in enumerate(text):
        if char == "<" and not re.search(r"operator<?$", text[:at]):
            depth += 1
        elif char == ">" and depth:
            depth -= 1
        elif depth == 0:
            out.append(char)
    return "".join(out)


def bare(name):
    name = NOISE.sub("", name.strip())
    if name[:2] in ("-[", "+["):
        return name
    name = without_brackets(name)
    if ".(*" not in name:  # a Go method keeps its receiver
        name = name.split("(")[0]
    name = re.sub(r"\[[^\]]*\]$", "", name)
    name = re.sub(r"::operator.*", "::operator", name)
    if not name.startswith("operator"):
        name = name.rsplit(" ", 1)[-1] if "::operator" not in name else name.split(" ")[-1]
    return LAMBDA.sub("", name).strip(":*& ")


def same(expected, ours):
    """Whether our name is what another tool expects."""
    wanted, got = bare(expected), bare(ours)
    if "NUMBER" in expected or "ADDRESS" in expected:
        pattern = re.escape(wanted).replace("NUMBER", r"\d+").replace("ADDRESS", "(?:0x)?[0-9a-fA-F]+")
        return re.fullmatch(pattern, got) is not None
    if wanted == got:
        return True
    if len(expected) >= CUT_LENGTH and len(wanted) > 8 and got.startswith(wanted):
        return True
    return len(wanted) > 3 and any(got.endswith(mark + wanted) for mark in ("::", ".", "/"))
