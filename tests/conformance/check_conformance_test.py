#!/usr/bin/env python3
"""The conformance check's own rules: when names are the same, what a drop is, what a grouping scores."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from check_conformance import drops  # noqa: E402
from names import same  # noqa: E402
from suites import b_cubed, crash_line  # noqa: E402
from tally import BEGIN, END, Tally, read_cells, replace_tables  # noqa: E402


class Names(unittest.TestCase):
    def test_decoration_does_not_tell_names_apart(self):
        for expected, ours in (("void kiln::Fire<kiln::Oven<int> >(int)", "kiln::Fire"),
                               ("kiln::(anonymous namespace)::fire", "kiln::fire"),
                               ("Fire", "kiln::Fire"), ("kiln::Oven::operator", "kiln::Oven::operator()"),
                               ("kiln::fire::h0123456789abcdef", "kiln::fire"),
                               ("clay.(*Wheel).Turn", "clay.(*Wheel).Turn"),
                               ("kiln_NUMBER", "kiln_12345"), ("-[Oven fire:]", "-[Oven fire:]")):
            self.assertTrue(same(expected, ours), (expected, ours))

    def test_other_names_are_other_names(self):
        for expected, ours in (("fire", "misfire"), ("kiln::fire", "kiln::fired"), ("f", "oven::f"),
                               ("kiln::fire", "oven::fire")):
            self.assertFalse(same(expected, ours), (expected, ours))

    def test_a_name_that_was_cut_short_is_forgiven(self):
        name = "kiln::" + "very" * 20 + "LongName"
        self.assertTrue(same(name[:80], name))
        self.assertFalse(same(name[:40], name))


class Tables(unittest.TestCase):
    def page(self, *goods):
        tally = Tally({("c", "kind"): "says who"})
        for case, good in zip("abc", goods):
            tally.count(["all"], "kind", case, good)
        return f"text\n{BEGIN}\n{tally.markdown()}\n{END}\nmore\n"

    def test_the_page_keeps_what_the_table_says(self):
        page = self.page(True, False, False)
        self.assertIn("1/3 33.3 %, 1 disputed", page)
        self.assertEqual(read_cells(page), {("all", "kind"): 1.0})
        self.assertIn("more", replace_tables(page, "| new |"))

    def test_fewer_right_answers_are_a_drop_and_more_are_none(self):
        two, one = read_cells(self.page(True, True, False)), read_cells(self.page(True, False, False))
        self.assertEqual(len(list(drops(two, one))), 1)
        self.assertEqual(list(drops(one, two)), [])
        self.assertEqual(len(list(drops(two, {}))), 1)


class Groups(unittest.TestCase):
    def test_b_cubed_weighs_splits_and_merges(self):
        truth = {"a": "1", "b": "1", "c": "2"}
        self.assertEqual(b_cubed(truth, {"a": "x", "b": "x", "c": "y"}), (1.0, 1.0, 1.0))
        precision, recall, _ = b_cubed(truth, {"a": "x", "b": "y", "c": "z"})
        self.assertEqual(precision, 1.0)
        self.assertAlmostEqual(recall, 2 / 3)

    def test_the_crash_line_is_of_the_first_frame_that_counts(self):
        crash = {"dropped": [{"frame": 0, "rule": "libc"}],
                 "frames": [{"function": "memcpy"}, {"file": "a.c", "line": 3, "column": 7}]}
        self.assertEqual(crash_line(crash), "a.c:3:7")
        crash["frames"][1] = {"module": "/bin/oven", "offset": "0x1f"}
        self.assertEqual(crash_line(crash), "/bin/oven+0x1f")
        self.assertEqual(crash_line({"frames": []}), "")


if __name__ == "__main__":
    unittest.main()
