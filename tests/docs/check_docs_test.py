#!/usr/bin/env python3
"""The checks of this folder must see what they are for: small trees with one breach each."""

import pathlib
import tempfile
import unittest

import check_links
import check_redis_commands
import doc_pages

PAGE = """# Title

See [here](other.md#a-heading), `schema/event.h` and `fuzzmill up --data DIR`; type `./dev test`.

<!-- run -->
```sh
echo 1
```
<!-- like -->
```text
1
```
"""


class Links(unittest.TestCase):
    def breaches(self, page):
        """What check_links prints about a small repository whose README.md is `page`."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for path, text in {"README.md": page, "other.md": "## A heading\n", "schema/event.h": "", "docs/a.md": "# A\n",
                               "cli/up.cc": 'return {{"up", "Starts"', "dev": "verb_test() {\n"}.items():
                (root / path).parent.mkdir(exist_ok=True)
                (root / path).write_text(text)
            return check_links.main(root)

    def test_a_page_whose_links_all_lead_somewhere_passes(self):
        self.assertEqual(self.breaches(PAGE), 0)

    def test_each_kind_of_breach_is_seen(self):
        for good, bad in (("other.md#a-heading", "none.md"), ("#a-heading", "#no-heading"), ("schema/event.h", "schema/gone.h"),
                          ("fuzzmill up", "fuzzmill down"), ("./dev test", "./dev rest"), ("echo 1", "fuzzmill frob")):
            with self.subTest(bad):
                self.assertIn(good, PAGE)
                self.assertEqual(self.breaches(PAGE.replace(good, bad)), 1)


class Commands(unittest.TestCase):
    def problem(self, command, shape=None):
        return check_redis_commands.problem_of("/nowhere", "WORD=word", command, shape)

    def test_marks_of_a_page_are_read(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "page.md"
            page.write_text(PAGE + "\n<!-- prelude -->\n```sh\nA=1\n```\n\n<!-- run -->\nprose between\n```sh\nfalse\n```\n")
            self.assertEqual(check_redis_commands.read_page(page), ("A=1", [(6, "echo 1", "1")]))

    def test_a_command_that_does_what_the_page_shows_passes(self):
        self.assertIsNone(self.problem("echo $WORD"))
        self.assertIsNone(self.problem("printf 'a 1\\nb\\nc\\n'", "a …\n…\nc"))

    def test_a_command_that_fails_says_nothing_or_prints_an_error_is_seen(self):
        for command in ("false", "true", "echo '(nil)'", "echo 'WRONGTYPE Operation'", "echo 1; echo 2 >&2", "echo $GONE"):
            with self.subTest(command):
                self.assertIsNotNone(self.problem(command))

    def test_an_output_of_another_shape_is_seen(self):
        self.assertIsNotNone(self.problem("echo everysec", "always"))
        self.assertIsNotNone(self.problem("printf 'a\\nb\\n'", "a"))


class Pages(unittest.TestCase):
    def test_prose_has_no_fenced_block_and_keeps_its_lines(self):
        text = doc_pages.prose(PAGE)
        self.assertNotIn("echo 1", text)
        self.assertEqual(len(text.split("\n")), len(PAGE.splitlines()))


if __name__ == "__main__":
    unittest.main()
