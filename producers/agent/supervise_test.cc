#include "producers/agent/supervise.h"

#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

std::vector<RunEnd> ends(std::size_t count, RunEnd end) { return std::vector<RunEnd>(count, end); }

const RunEnd kFound{100ms, RunYield::kNewArtifact, false, "exited with code 77"};
const RunEnd kKnown{100ms, RunYield::kKnownArtifact, false, "exited with code 77"};
const RunEnd kFailed{100ms, RunYield::kNothing, false, "exited with code 1"};
const RunEnd kHealthy{60s, RunYield::kNothing, false, "killed by SIGKILL"};
const RunEnd kClean{100ms, RunYield::kNothing, true, "exited with code 0"};

std::vector<RunEnd> joined(std::vector<RunEnd> a, const std::vector<RunEnd>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("the restart policy holds for each history") {
  struct Row {
    const char* what;
    std::vector<RunEnd> ends;
    NextRun next;
    milliseconds delay;
    bool looping;
  };
  const Row rows[] = {
      {"a limit of the user's was reached", {kClean}, NextRun::kFinished, 0ms, false},
      {"a crash found: at once", {kFound}, NextRun::kRestart, 250ms, false},
      {"found again and again: slower", ends(4, kFound), NextRun::kRestart, 2000ms, false},
      {"found for ever: capped, never looping, never given up", ends(100, kFound), NextRun::kRestart,
       10'000ms, false},
      {"found after a long run: as the first",
       {kFound, kFound, {60s, RunYield::kNewArtifact, false, ""}},
       NextRun::kRestart,
       250ms,
       false},
      {"one quick end without artifact", {kFailed}, NextRun::kRestart, 1000ms, false},
      {"two", ends(2, kFailed), NextRun::kRestart, 2000ms, false},
      {"three: crash-looping", ends(3, kFailed), NextRun::kRestart, 4000ms, true},
      {"nine", ends(9, kFailed), NextRun::kRestart, 256'000ms, true},
      {"ten: given up", ends(10, kFailed), NextRun::kGiveUp, 0ms, true},
      {"a crashing file in the corpus is never given up", ends(50, kKnown), NextRun::kRestart, 300'000ms,
       true},
      {"a new artifact clears the failures", joined(ends(9, kFailed), {kFound, kFailed}), NextRun::kRestart,
       1000ms, false},
      {"a healthy run clears them too", joined(ends(9, kFailed), {kHealthy, kFailed}), NextRun::kRestart,
       1000ms, false},
      {"the end of a healthy run is no failure", joined(ends(9, kFailed), {kHealthy}), NextRun::kRestart,
       1000ms, false},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const auto decision = decide({}, row.ends);
    CHECK(decision.next == row.next);
    CHECK(decision.delay == row.delay);
    CHECK(decision.crash_looping == row.looping);
    CHECK_FALSE(decision.reason.empty());
  }
}

TEST_CASE("a policy can forbid giving up, and forgetting old ends changes no decision") {
  RestartPolicy policy;
  policy.give_up_after = 0;
  CHECK(decide(policy, ends(1000, kFailed)).next == NextRun::kRestart);
  const auto kept = ends(history_needed(policy), kFailed);
  CHECK(decide(policy, kept).delay == decide(policy, ends(1000, kFailed)).delay);
}

TEST_CASE("giving up says how often and how it ended") {
  const auto reason = decide({}, ends(10, kFailed)).reason;
  CHECK(reason.find("10 times") != std::string::npos);
  CHECK(reason.find("exited with code 1") != std::string::npos);
}

}  // namespace fuzzmill::producers
