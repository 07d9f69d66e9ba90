#!/usr/bin/env python3
"""Writes inputs/<bug>@<face> beside this file: lines of command, number, text."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write  # noqa: E402

BORROWED = "c0sixteen bytes of\nb01\nx0\n"
LOADED = "c2sixteen bytes of\nl2bad\n"
SWAPPED = "a0ada\na1bob\ns01\nX1\n"
LONG = "A Title That Is Far Too Long For The Small String"
INPUTS = {
    "borrow@read": BORROWED + "r1\n",
    "borrow@write": BORROWED + "g1\n",
    "borrow@copy": BORROWED + "L1\n",
    "borrow@release": BORROWED + "x1\n",
    "borrow@end": "c0sixteen bytes of\nb01\n",
    "load_error@read": LOADED + "r2\n",
    "load_error@write": LOADED + "g2\n",
    "load_error@copy": LOADED + "L2\n",
    "load_error@release": LOADED + "x2\n",
    "load_error@fresh": "l3nothing good\n",
    "swap_authors@credit": "a0ada\na1bob\ns01\nC1\n",
    "swap_authors@sign": "a0ada lovelace of long name\na1bob\ns01\nn1\n",
    "swap_authors@release": "a0ada\na1bob\ns01\nX1\n",
    "stale_heading@sum": f"t0{LONG}\ne0{LONG}\nh0\n",
    "stale_heading@front": f"t0{LONG}\ne0{LONG}{LONG}\nf0\n",
    "initials_gone@short": "t0A Short Title\ni0\n",
    "initials_gone@long": "t0" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 2 + "\ni0\n",
    "initials_gone@front": "t1A B\nI1\n",
    "initials_gone@long_front": "t1" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 2 + "\nI1\n",
    "ring@one": "o0.\n",
    "ring@many": "o0.....\n",
    "chain@short": "d0.\n",
    "chain@long": "d0.......\n",
    "lost_page@length": "p0not a page\np0neither is this\nc0sixteen bytes of\nr0\nr0\n",
    "lost_page@lines": "q0not a page either, and a longer one\n",
    "export_new@small": "P0text\n",
    "export_new@large": "P2" + "text" * 200 + "\n",
}
write(__file__, {name: text.encode() for name, text in INPUTS.items()})
