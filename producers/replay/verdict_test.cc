#include "producers/replay/verdict.h"

#include <vector>

#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;

Attempt made(Outcome outcome, std::string report = {}, int code = 1) {
  Attempt attempt;
  attempt.outcome = outcome;
  attempt.report = std::move(report);
  attempt.exit.code = outcome == Outcome::kClean ? 0 : code;
  attempt.duration = 100ms;
  return attempt;
}
Attempt crash(const std::string& kind = "SEGV") {
  return made(Outcome::kCrashed,
              "==1==ERROR: AddressSanitizer: " + kind + "\nSUMMARY: AddressSanitizer: " + kind + "\n");
}
Attempt clean() { return made(Outcome::kClean); }
Attempt failed() { return made(Outcome::kCouldNotRun); }
Attempt starved() {
  auto attempt = made(Outcome::kTimedOut);
  attempt.duration = 240s, attempt.waiting = 200s, attempt.wall_limit = 60s;
  return attempt;
}

// How many attempts are made of what would come.
std::size_t tried(const std::vector<Attempt>& would_come, const Expectation& expected = {}) {
  for (std::size_t n = 0; n <= would_come.size(); ++n) {
    if (next_step(std::span(would_come).first(n), expected, {}) == NextStep::kEnough) return n;
  }
  return would_come.size() + 1;
}

}  // namespace

TEST_CASE("attempts are judged n of m") {
  const Expectation expected;
  const auto all = judge(std::vector{crash(), crash()}, expected);
  CHECK(all.reproduction == Reproduction::kReproducible);
  CHECK(all.reproduced == 2);
  CHECK(all.tries == 2);
  const auto some = judge(std::vector{clean(), failed(), crash(), clean(), starved()}, expected);
  CHECK(some.reproduction == Reproduction::kFlaky);
  CHECK(some.reproduced == 1);
  CHECK(some.tries == 3);
  CHECK(some.best == 2u);
  const auto none = judge(std::vector{clean(), clean()}, expected);
  CHECK(none.reproduction == Reproduction::kUnreproducible);
  CHECK_FALSE(none.best.has_value());
  CHECK(judge(std::vector{failed(), starved()}, expected).reproduction == Reproduction::kNotKnown);
  CHECK(judge({}, expected).reproduction == Reproduction::kNotKnown);
}

TEST_CASE("what fails in another way is told, and its report is kept when there is no better") {
  const Expectation timeout{Expectation::Kind::kTimeout, {}};
  const auto verdict = judge(std::vector{clean(), crash()}, timeout);
  CHECK(verdict.reproduction == Reproduction::kUnreproducible);
  CHECK(verdict.others == 1);
  CHECK(verdict.best == 1u);
  const auto both = judge(std::vector{crash(), made(Outcome::kTimedOut)}, timeout);
  CHECK(both.reproduction == Reproduction::kFlaky);
  CHECK(both.best == 1u);  // the one that bore it out, though the other has more to read
}

TEST_CASE("the best report is the one that tells most, the first of equals") {
  auto cut = crash();
  cut.report_truncated = true;
  auto rich = crash();
  rich.report += "    #0 0x1 in f a.cc:1\n";
  CHECK(judge(std::vector{made(Outcome::kCrashed), crash(), crash()}, {}).best == 1u);
  CHECK(judge(std::vector{cut, crash()}, {}).best == 1u);
  CHECK(judge(std::vector{crash(), rich, crash()}, {}).best == 1u);
}

TEST_CASE("a timeout counts when it had its time, however long it waited beside") {
  auto attempt = starved();
  CHECK(attempt.starved());
  attempt.waiting = 170s;  // of 240: it ran for 70 of its 60
  CHECK_FALSE(attempt.starved());
}

TEST_CASE("timeouts and memory are borne out by their like") {
  const auto timeout = expectation_of("timeout", {});
  const auto hang = expectation_of("hang", 1s);
  const auto slow = expectation_of("slow-unit", {});
  const auto oom = expectation_of("oom", {});
  CHECK(bears_out(made(Outcome::kTimedOut), timeout));
  CHECK_FALSE(bears_out(starved(), timeout));
  CHECK_FALSE(bears_out(clean(), timeout));
  auto took_long = clean();
  took_long.duration = 2s;
  CHECK(bears_out(took_long, hang));
  took_long.waiting = 1500ms;  // it waited for a CPU most of the time
  CHECK_FALSE(bears_out(took_long, hang));
  took_long.duration = 12s, took_long.waiting = 0s;
  CHECK(bears_out(took_long, slow));
  CHECK(bears_out(made(Outcome::kOutOfMemory), oom));
  CHECK_FALSE(bears_out(crash(), oom));
  CHECK(bears_out(crash(), expectation_of("leak", {})));
  CHECK(bears_out(crash(), expectation_of("crash", 1s)));
  CHECK_FALSE(bears_out(made(Outcome::kTimedOut), expectation_of("crash", {})));
}

TEST_CASE("a deterministic crash needs two attempts, a doubtful one all") {
  CHECK(tried({crash(), crash(), crash()}) == 2);
  CHECK(tried({crash("SEGV"), crash("double-free"), crash(), crash(), crash()}) == 5);
  CHECK(tried({crash(), clean(), crash(), crash(), crash()}) == 5);
  CHECK(tried({clean(), clean(), clean(), clean(), clean()}) == 5);
  CHECK(tried({made(Outcome::kTimedOut), made(Outcome::kTimedOut)}, {Expectation::Kind::kTimeout, {}}) == 2);
}

TEST_CASE("attempts that cannot run or are starved do not go on for ever") {
  CHECK(tried({failed(), failed(), failed()}) == 2);
  CHECK(tried({starved(), starved(), starved()}) == 2);
  CHECK(tried({starved(), crash(), crash()}) == 3);
  CHECK(tried({failed(), crash(), crash()}) == 3);
}

}  // namespace fuzzmill::producers
