#!/usr/bin/env python3
"""Writes inputs/<bug>@<face> beside this file: a tape of three-byte commands."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from write_inputs import write  # noqa: E402

write(__file__, {
    "state_unchecked@describe": b"s\x09.d..",
    "state_unchecked@event": b"s\xc8.e\x01.",
    "state_unchecked@long": b"s\x11.D..",
    "mute_unchecked@volume": b"m\x02.v..",
    "mute_unchecked@toggle": b"m\xff.t..",
    "closed_handler@event": b"e\x01.e\x02.e\x03.e\x01.",
    "closed_handler@restored": b"s\x03.e\x00.",
    "menus_deep@nine": b">\x05." * 12,
    "menus_deep@others": b"v..<.."[:3] + b">\x63." * 9,
    "menu_number@large": b">\xc8.",
    "menu_number@second": b">\x01.>\x64.",
    "leave_none@first": b"<..",
    "leave_none@twice": b">\x01.<..<..",
    "level_negative@one": b"l\xff.",
    "level_negative@far": b"l\x80.",
    "level_high@one": b"l\x0b.",
    "level_high@far": b"l\x7f.",
    "wait_forever@small": b"w\x01\x00",
    "wait_forever@large": b"w\xff\x00",
    "fold_forever@first": b"F\x00ab",
    "fold_forever@later": b"F\x02a\x01\x03ab\x00cd",
    "unfold_forever@short": b"U\x02a\xff",
    "unfold_forever@long": b"U\x01\x01\x01\x04abc\xffab",
    "log_unbounded@some": b"r\xc0.",
    "log_unbounded@many": b"r\x20.r\xff.",
    "room_unbounded@direct": b"p\xff.",
    "room_unbounded@replay": b"P\x60.",
    "forward_self@zero": b"f\x00\x05",
    "forward_self@max": b"f\x00\xff",
    "hang_up_thrown@idle": b"Hnobody there",
    "hang_up_thrown@dialing": b"e\x01.Hbusy 42",
    "dial_thrown@letters": b"Nletters",
    "dial_thrown@long": b"N99999999999999999999999",
})
