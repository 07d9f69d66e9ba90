#include "producers/engine/honggfuzz_log.h"

#include <algorithm>

#include "producers/engine/honggfuzz_stats.h"
#include "producers/engine/testdata/fixture.h"
#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

template <class T>
std::vector<T> all_of(const std::vector<HonggfuzzEvent>& events) {
  std::vector<T> found;
  for (const auto& event : events) {
    if (const auto* one = std::get_if<T>(&event)) found.push_back(*one);
  }
  return found;
}

}  // namespace

TEST_CASE("the log of a real run tells saved crashes, processes, phases and the summary") {
  HonggfuzzLog log;
  std::vector<HonggfuzzEvent> events;
  log.feed(sample("honggfuzz/log"), events);
  const auto saved = all_of<HonggfuzzSaved>(events);
  CHECK(std::count_if(saved.begin(), saved.end(), [](const auto& s) { return !s.duplicate; }) == 4);
  CHECK(saved[0].path ==
        "hw/SIGABRT.PC.7ffff7d5ceec.STACK.dbba16f46.CODE.-6.ADDR.0.INSTR.mov____%eax,%ebp.fuzz");
  CHECK(std::any_of(saved.begin(), saved.end(), [](const auto& s) {
    return s.duplicate &&
           s.path == "hw/SIGABRT.PC.5555556345eb.STACK.263b4ab14.CODE.-6.ADDR.0.INSTR.movl___$0x1,0x0.fuzz";
  }));
  CHECK(all_of<HonggfuzzTargetStarted>(events).front().pid == 23624);
  const auto ended = all_of<HonggfuzzTargetEnded>(events);
  CHECK(ended.front().pid == 23624);
  CHECK(ended.front().signal == 6);
  const auto timeouts = all_of<HonggfuzzTimeout>(events);
  REQUIRE(timeouts.size() == 1);
  CHECK(timeouts[0].pid == 23815);
  CHECK(all_of<HonggfuzzPhase>(events).back().phase == 3);
  CHECK(log.initialised());
  CHECK(log.reading().coverage == 12);
  CHECK(log.reading().crashes == 4);
  CHECK(log.reading().hangs == 1);
  CHECK_FALSE(log.reading().executions.has_value());
  const auto summary = all_of<HonggfuzzSummary>(events);
  REQUIRE(summary.size() == 1);
  CHECK(summary[0].reading.executions == 275);
  CHECK(summary[0].reading.exec_per_second_said == 17.0);
  CHECK(summary[0].all_crashes == 31);
  CHECK_FALSE(summary[0].reading.crashes.has_value());  // 4 of them are saved
  CHECK(summary[0].reading.hangs == 1);
  log.finish(events);
  CHECK_FALSE(log.initialised());
  CHECK_FALSE(log.reading().crashes.has_value());
}

TEST_CASE("odd lines tell nothing, and a path keeps its quotes") {
  HonggfuzzLog log;
  std::vector<HonggfuzzEvent> events;
  log.feed(
      "Crash: saved as '\nCrash: saved as x\n[x][y] f():z pid=1 took too much time\npid= took too much time\n"
      "Sz:1 Cur:1/2\nEntering phase x\nSummary junk\nPersistent mode: pid=1 exited\n",
      events);
  REQUIRE(events.size() == 1);
  CHECK_FALSE(all_of<HonggfuzzSummary>(events).front().reading.executions.has_value());
  events.clear();
  log.feed("Crash: saved as 'a'b'\r\n", events);
  CHECK(all_of<HonggfuzzSaved>(events).front().path == "a'b");
}

TEST_CASE("the statistics file is read by the names of its columns, in any pieces") {
  const auto text = sample("honggfuzz/stats");
  for (const std::size_t piece : {std::string::npos, std::size_t{7}}) {
    HonggfuzzStats stats;
    for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at))
      stats.feed(std::string_view(text).substr(at, piece));
    REQUIRE(stats.latest().has_value());
    CHECK(stats.latest()->executions == 189);
    CHECK(stats.latest()->exec_per_second_said == 12.0);
    CHECK(stats.latest()->crashes == 4);
    CHECK(stats.latest()->hangs == 1);
    CHECK(stats.latest()->coverage == 12);
    CHECK(stats.latest()->corpus_files == 34);
    CHECK(stats.latest()->as_of_ms == 1795336268000);
    CHECK(stats.latest()->last_new_path_ms == 1795336268000);
  }
}

TEST_CASE("other columns, a missing header and half a line do no harm") {
  HonggfuzzStats stats;
  stats.feed("1, 2, 3\n");
  CHECK_FALSE(stats.latest().has_value());
  stats.feed("# total_exec, new_thing, crashes\n7, x, 2\n8, 9\n9, 1");
  REQUIRE(stats.latest().has_value());
  CHECK(stats.latest()->executions == 7);
  CHECK(stats.latest()->crashes == 2);
  CHECK_FALSE(stats.latest()->coverage.has_value());
  stats.restart();
  CHECK_FALSE(stats.latest().has_value());
}

}  // namespace fuzzmill::producers
