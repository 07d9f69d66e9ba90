#!/usr/bin/env python3
"""The layer check finds each kind of breach in a small tree, and none in a good one."""

import os
import tempfile
import unittest

import check_layers

# What is wrong, the files of the tree, and what each expected line says. Nothing else may be said.
TREES = [
    ("a tree that keeps the rules", {
        "schema/event.h": "#pragma once\n#include <string>\n",
        "store/log.cc": '#include <hiredis/hiredis.h>\n#include "schema/event.h"\n#include "store/log.h"\n',
        "store/log.h": "",
        "broker/server.cc": '#include <zmq.hpp>\n#include "store/log.h"\n',
        "workers/runner.cc": '#include "workers/alert/alert.h"\n#include "workers/archive/archive.h"\n',
        "workers/runner.h": "",
        "workers/alert/alert.h": '#include "workers/runner.h"\n#include "workers/alert/outbox.h"\n',
        "workers/alert/outbox.h": "",
        "workers/archive/archive.h": "",
        "workers/alert/alert_test.cc": '#include "tests/catch.h"\n',
        "cli/main.cc": '#include "workers/runner.h"\nint main(int argc, char** argv) {}\n',
        "fuzz-harness/decoders/frame.cc": '#include <zmq.h>\n#include "broker/server.h"\n',
        "tests/catch.h": "",
        "build/release/generated.cc": '#include "cli/main.h"\n',
    }, []),
    ("a floor that includes a higher one", {"schema/a.cc": '#include "store/log.h"\n'},
     ["schema/a.cc:1: includes store/log.h: schema is floor 1, store is floor 2"]),
    ("two folders of one floor", {"store/a.cc": '\n  #  include "runtime/log.h"\n'},
     ["store/a.cc:2: includes runtime/log.h: store is floor 2, runtime is floor 2"]),
    ("producers and workers", {"producers/a.cc": '#include "workers/runner.h"\n'}, ["only lower floors"]),
    ("two stages", {"workers/alert/a.h": '#include "workers/archive/b.h"\n', "workers/archive/b.h": ""},
     ["workers/alert and workers/archive meet only in schema/"]),
    ("product code that includes tests", {"schema/a.cc": '#include "tests/catch.h"\n'}, ["only unit tests"]),
    ("a unit test above its floor", {"schema/a_test.cc": '#include "store/log.h"\n'}, ["only lower floors"]),
    ("a stranger who knows Redis", {"workers/a.cc": "#include <hiredis/hiredis.h>\n"}, ["only store knows Redis"]),
    ("a stranger who knows ZeroMQ", {"cli/a.cc": "#include <zmq.hpp>\n", "store/a.cc": "#include <zmq_addon.hpp>\n"},
     ["cli/a.cc:1: includes zmq.hpp: only broker knows ZeroMQ", "store/a.cc:1"]),
    ("an include that is not from the root", {"schema/a.cc": '#include "event.h"\n', "schema/event.h": ""},
     ["from the root of the project"]),
    ("a project file in angle brackets", {"schema/a.cc": "#include <schema/b.h>\n", "schema/b.h": ""}, ['as "..."']),
    ("a circle", {"schema/a.h": '#include "schema/b.h"\n', "schema/b.h": '#include "schema/c.h"\n',
                  "schema/c.h": '#include "schema/a.h"\n'},
     ["include circle: schema/a.h -> schema/b.h -> schema/c.h -> schema/a.h"]),
    ("a file that includes itself", {"schema/a.h": '#include "schema/a.h"\n'}, ["schema/a.h -> schema/a.h"]),
    ("a diamond, which is no circle", {"schema/a.h": '#include "schema/b.h"\n#include "schema/c.h"\n',
                                       "schema/b.h": '#include "schema/d.h"\n',
                                       "schema/c.h": '#include "schema/d.h"\n', "schema/d.h": ""}, []),
    ("a drawer for everything", {"store/util/a.h": ""}, ["store/util: no folder is called util"]),
    ("a folder without a floor", {"extras/a.h": ""}, ["extras: has sources but no floor"]),
    ("a file too long", {"schema/a.h": "//\n" * 601}, ["schema/a.h: 601 lines"]),
    ("a main in a library", {"broker/a.cc": "\nint main() { return 0; }\n"}, ["broker/a.cc:2: only"]),
]


def make_tree(root, files):
    for path, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), "w", encoding="utf-8") as file:
            file.write(text)


class LayerCheck(unittest.TestCase):
    def test_each_tree_is_judged_as_the_table_says(self):
        for name, files, expected in TREES:
            with self.subTest(name), tempfile.TemporaryDirectory() as root:
                make_tree(root, files)
                _, breaches = check_layers.check(root)
                self.assertEqual(len(breaches), len(expected), breaches)
                for breach, fragment in zip(breaches, expected):
                    self.assertIn(fragment, breach)

    def test_the_exit_code_tells_good_trees_from_bad_and_from_empty_ones(self):
        for files, code in [({"schema/a.h": ""}, 0), ({"schema/a.h": '#include "cli/b.h"\n'}, 1), ({}, 1)]:
            with self.subTest(files), tempfile.TemporaryDirectory() as root:
                make_tree(root, files)
                self.assertEqual(check_layers.main(["check_layers.py", root]), code)


if __name__ == "__main__":
    unittest.main()
