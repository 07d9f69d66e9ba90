#include <unistd.h>

#include "producers/monitor/proc_reader.h"
#include "producers/monitor/proc_sample.h"
#include "producers/monitor/proc_stat.h"
#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

using std::chrono::milliseconds;

std::string stat_line(const std::string& name, const std::string& state = "S") {
  return "4242 (" + name + ") " + state +
         " 77 4240 1 34816 4242 4194304 100 200 0 0 150 50 30 20 20 0 3 0 98765 1000000 512 "
         "18446744073709551615";
}

ProcStat process(pid_t pid, pid_t parent, std::uint64_t own, std::uint64_t children = 0,
                 std::uint64_t start = 1) {
  ProcStat stat;
  stat.pid = pid, stat.parent = parent, stat.group = 10, stat.own_ticks = own, stat.children_ticks = children;
  stat.start_ticks = start, stat.threads = 1, stat.state = 'R', stat.resident_pages = 256;
  return stat;
}

}  // namespace

TEST_CASE("a stat line is read whatever the process calls itself") {
  for (const std::string name :
       {"fuzz_a", "a b", "a) R 1 1 (b", "((()))", ") S 1 2 3", "line\nbreak", "", "()"}) {
    const auto stat = parse_stat(stat_line(name));
    REQUIRE(stat.has_value());
    CHECK(stat->name == name);
    CHECK(stat->pid == 4242);
    CHECK(stat->state == 'S');
    CHECK(stat->parent == 77);
    CHECK(stat->group == 4240);
    CHECK(stat->own_ticks == 200);
    CHECK(stat->children_ticks == 50);
    CHECK(stat->threads == 3);
    CHECK(stat->start_ticks == 98765);
    CHECK(stat->resident_pages == 512);
  }
}

TEST_CASE("a zombie is told by its letter, which /proc writes without ps's flags") {
  CHECK(parse_stat(stat_line("dead", "Z"))->state == 'Z');
  CHECK_FALSE(parse_stat(stat_line("dead", "Zs")).has_value());
}

TEST_CASE("text that is no stat line is refused at every length") {
  const std::string line = stat_line("x");
  for (const std::string text : {"", "()", ")(", "x (y) S", "1 y S 1", "1 (y)", "99999999999 (y) S 1"}) {
    CHECK_FALSE(parse_stat(text).has_value());
  }
  for (std::size_t size = 0; size < line.find(" 512"); ++size)
    CHECK_FALSE(parse_stat(line.substr(0, size)).has_value());
  CHECK(parse_statm_resident("100 42 3 4 5 6 7\n") == 42);
  CHECK_FALSE(parse_statm_resident("100").has_value());
}

TEST_CASE("our own process is among those that /proc has") {
  const auto all = read_processes();
  const auto tree = tree_of(all, ::getpid());
  REQUIRE_FALSE(tree.empty());
  bool found = false;
  for (const auto& stat : tree) found = found || (stat.pid == ::getpid() && stat.resident_pages > 0);
  CHECK(found);
}

TEST_CASE("a tree is the root, its descendants and its group; circles in a torn reading end") {
  auto a = process(10, 1, 0), b = process(11, 10, 0), c = process(12, 11, 0), orphan = process(13, 1, 0);
  auto stranger = process(14, 1, 0);
  b.group = c.group = 99, stranger.group = 14;
  const auto tree = tree_of({stranger, c, orphan, b, a}, 10);
  REQUIRE(tree.size() == 4);
  CHECK(tree[0].pid == 10);
  CHECK(tree[3].pid == 13);
  CHECK(tree_of({process(20, 21, 0), process(21, 20, 0)}, 20).size() == 2);
}

TEST_CASE("processor time counts each tick once, and never less than none") {
  SECTION("a process that stays") {
    CHECK(ticks_between({process(10, 1, 100)}, {process(10, 1, 160)}) == 60);
  }
  SECTION("one that appeared counts from its birth") {
    CHECK(ticks_between({process(10, 1, 100)}, {process(10, 1, 100), process(11, 10, 25)}) == 25);
  }
  SECTION("one that came and went between two looks counts through its parent") {
    CHECK(ticks_between({process(10, 1, 100)}, {process(10, 1, 101, 40)}) == 41);
  }
  SECTION("one that vanished counts what it used since the first look") {
    CHECK(ticks_between({process(10, 1, 100), process(11, 10, 70)}, {process(10, 1, 100, 90)}) == 20);
  }
  SECTION("so does a grandchild whose parent vanished too") {
    CHECK(ticks_between({process(10, 1, 100), process(11, 10, 5), process(12, 11, 70)},
                        {process(10, 1, 100, 5 + 70 + 8)}) == 8);
  }
  SECTION("one that nobody waited for takes nothing away") {
    CHECK(ticks_between({process(10, 1, 100), process(11, 10, 5000)}, {process(10, 1, 130)}) == 30);
  }
  SECTION("a pid that was used again is another process") {
    CHECK(ticks_between({process(10, 1, 5000, 0, 1)}, {process(10, 1, 7, 0, 2)}) == 7);
  }
  SECTION("a circle of parents ends") {
    CHECK(ticks_between({process(20, 21, 5), process(21, 20, 5)}, {process(10, 1, 3)}) == 3);
  }
}

TEST_CASE("a sample is in percent of one core, megabytes and letters") {
  auto zombie = process(11, 10, 0);
  zombie.state = 'Z', zombie.resident_pages = 0;
  const auto result =
      sample({process(10, 1, 100)}, {process(10, 1, 250), zombie}, milliseconds(1000), {100, 4096});
  CHECK(result.cpu_percent == Approx(150.0));
  CHECK(result.rss_mb == Approx(1.0));
  CHECK(result.threads == 2);
  CHECK(result.processes == 2);
  CHECK(result.states == "RZ");
  CHECK(result.interval_ms == 1000);
  CHECK(sample({}, {}, milliseconds(0), {100, 4096}).cpu_percent == 0.0);
}

}  // namespace fuzzmill::producers
