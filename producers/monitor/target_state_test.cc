#include "producers/monitor/target_state.h"

#include <cmath>
#include <functional>
#include <set>

#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

using schema::TargetState;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Time = TargetHistory::Time;

constexpr seconds kInterval{30};

// A target that is watched each 30 s; `shape` makes of a plain busy sample what the case is about.
struct Watch {
  TargetJudge judge;
  Time now = Time(hours(1000));
  Time begun = now;
  std::set<TargetState> seen;

  using Shape = std::function<void(TargetSample&, double)>;  // seconds since the beginning

  void watch(seconds span, const Shape& shape, seconds interval = kInterval) {
    for (const Time end = now + span; now < end;) {
      now += interval;
      TargetSample sample;
      sample.time = now, sample.processes = 1, sample.cpu_percent = 99, sample.states = "R";
      sample.initialised = true;
      shape(sample, std::chrono::duration<double>(now - begun).count());
      seen.insert(judge.observe(sample).state);
    }
  }
  TargetState state() const { return judge.verdict().state; }
  const std::string& reason() const { return judge.verdict().reason; }
  bool says(const std::string& words) const { return reason().find(words) != std::string::npos; }
};

std::uint64_t runs_at(double second, double speed = 1000) {
  return static_cast<std::uint64_t>(second * speed);
}

Watch::Shape counting(double speed = 1000) {
  return [speed](TargetSample& sample, double at) { sample.executions = runs_at(at, speed); };
}

// libFuzzer's counter as its log shows it: the last power of two, from the second second on.
std::uint64_t last_pulse(double second) {
  return std::uint64_t{1} << static_cast<int>(std::log2(second * 1000));
}

}  // namespace

TEST_CASE("a target that executes is running, and its reason has the numbers") {
  Watch w;
  CHECK(judge(TargetHistory()).state == TargetState::kRunning);
  w.watch(minutes(10), counting());
  CHECK(w.state() == TargetState::kRunning);
  CHECK(w.says("99 % CPU"));
  CHECK(w.says("1000.0 exec/s"));
  CHECK(w.judge.changes() == 0);
}

TEST_CASE("a mature target that is silent between powers of two raises nothing in 24 hours") {
  Watch w;
  w.watch(hours(24), [](TargetSample& sample, double at) {
    sample.executions = last_pulse(at);
    sample.cpu_percent = 97 + std::fmod(at, 7);
    sample.last_new_path = static_cast<std::uint64_t>(at < 600 ? at : 600);
    sample.last_new_path = *sample.last_new_path + static_cast<std::uint64_t>(at / 36'000);
  });
  CHECK(w.judge.changes() == 0);
  CHECK(w.seen == std::set{TargetState::kRunning});
}

TEST_CASE("a target that says nothing at all but uses the processor is running") {
  Watch w;
  w.watch(hours(12), [](TargetSample& sample, double) { sample.initialised.reset(); });
  CHECK(w.judge.changes() == 0);
}

TEST_CASE("a stopped process group is stalled within minutes and running soon after it goes on") {
  Watch w;
  w.watch(minutes(10), counting());
  const auto stopped = [](TargetSample& sample, double) {
    sample.executions = 600'000, sample.cpu_percent = 0, sample.states = "TT", sample.processes = 2;
  };
  w.watch(seconds(60), stopped);
  CHECK(w.state() == TargetState::kRunning);  // two looks are no proof
  w.watch(seconds(60), stopped);
  CHECK(w.state() == TargetState::kStalled);
  CHECK(w.says("stopped by a signal (states TT)"));
  w.watch(seconds(90), counting());
  CHECK(w.state() == TargetState::kRunning);
  CHECK(w.judge.changes() == 2);
}

TEST_CASE("one stopped process among others that work is no stall") {
  Watch w;
  w.watch(minutes(30), [](TargetSample& sample, double at) {
    sample.states = "TRS", sample.processes = 3, sample.executions = runs_at(at);
  });
  CHECK(w.judge.changes() == 0);
}

TEST_CASE("no processor time and no execution is a stall, whatever the log did") {
  Watch w;
  w.watch(minutes(5), counting());
  w.watch(minutes(5), [](TargetSample& sample, double) {
    sample.executions = 300'000, sample.cpu_percent = 0.2, sample.states = "D";
  });
  CHECK(w.state() == TargetState::kStalled);
  CHECK(w.says("wait for a disk (D)"));
}

TEST_CASE("a target that sleeps much but executes is no stall") {
  Watch w;
  w.watch(hours(2), [](TargetSample& sample, double at) {
    sample.cpu_percent = 0.5, sample.states = "S", sample.executions = runs_at(at, 2);
  });
  CHECK(w.judge.changes() == 0);
}

TEST_CASE("a counter that the engine writes by itself and that stands is a stall in spite of the processor") {
  Watch w;
  const auto frozen = [](bool live) {
    return [live](TargetSample& sample, double) { sample.executions = 77, sample.executions_live = live; };
  };
  w.watch(hours(1), frozen(false));
  CHECK(w.state() == TargetState::kRunning);
  w.watch(minutes(20), frozen(true));
  CHECK(w.state() == TargetState::kStalled);
  CHECK(w.says("stands at 77 executions"));
}

TEST_CASE("a target without a process, or with zombies alone, is dead") {
  Watch w;
  w.watch(minutes(5), counting());
  SECTION("no process") {
    w.watch(minutes(2), [](TargetSample& sample, double) {
      sample.processes = 0, sample.states.clear(), sample.cpu_percent = 0;
    });
    CHECK(w.says("it has no process"));
  }
  SECTION("zombies") {
    w.watch(minutes(2), [](TargetSample& sample, double) {
      sample.processes = 2, sample.states = "ZZ", sample.cpu_percent = 0;
    });
    CHECK(w.says("only zombies are left of it (2)"));
  }
  CHECK(w.state() == TargetState::kDead);
  CHECK(w.judge.changes() == 1);
}

TEST_CASE("zombie children of a parent that works are no death") {
  Watch w;
  w.watch(hours(1), [](TargetSample& sample, double at) {
    sample.processes = 4, sample.states = "RZZZ", sample.executions = runs_at(at);
  });
  CHECK(w.judge.changes() == 0);
}

TEST_CASE("what the supervisor says counts at once") {
  Watch w;
  w.watch(minutes(5), counting());
  const auto supervised = [](Supervised word) {
    return [word](TargetSample& sample, double) {
      sample.supervised = word, sample.processes = 0, sample.states.clear(), sample.cpu_percent = 0;
      sample.restarts = 9;
    };
  };
  w.watch(kInterval, supervised(Supervised::kCrashLooping));
  CHECK(w.state() == TargetState::kCrashLooping);
  CHECK(w.says("9 times"));
  w.watch(kInterval, supervised(Supervised::kStopped));
  CHECK(w.state() == TargetState::kStopped);
  w.watch(minutes(5), counting());
  CHECK(w.state() == TargetState::kRunning);
  w.watch(minutes(10), supervised(Supervised::kWaiting));
  CHECK(w.state() == TargetState::kRunning);
}

TEST_CASE("processor time without an execution is zero-exec") {
  Watch w;
  SECTION("the counter stands at 0") {
    w.watch(minutes(4), [](TargetSample& sample, double) { sample.executions = 0; });
    CHECK(w.state() == TargetState::kRunning);
    w.watch(minutes(4), [](TargetSample& sample, double) { sample.executions = 0; });
    CHECK(w.says("executed nothing"));
  }
  SECTION("the engine says that the target is not instrumented") {
    w.watch(minutes(2), [](TargetSample& sample, double at) {
      sample.executions = runs_at(at), sample.uninstrumented = true;
    });
    CHECK(w.says("not instrumented"));
  }
  CHECK(w.state() == TargetState::kZeroExec);
}

TEST_CASE("a counter of 0 while seeds are read is no zero-exec") {
  Watch w;
  w.watch(minutes(20),
          [](TargetSample& sample, double) { sample.executions = 0, sample.initialised = false; });
  CHECK(w.judge.changes() == 0);
  CHECK(w.says("reads its seeds"));
}

TEST_CASE("a target that only reads seeds is replaying-only") {
  Watch w;
  SECTION("because it never comes to an end of them") {
    w.watch(minutes(40), [](TargetSample& sample, double at) {
      sample.initialised = false, sample.executions = runs_at(at, 5);
    });
  }
  SECTION("because it is started again and again, with 97 % of each run for its seeds") {
    w.watch(hours(6), [](TargetSample& sample, double at) {
      const double run = 1000;
      sample.initialised = std::fmod(at, run) >= 970;
      sample.restarts = static_cast<std::uint64_t>(at / run);
      sample.executions = runs_at(at, 50);
    });
    CHECK(w.says("% of the last"));
  }
  CHECK(w.state() == TargetState::kReplayingOnly);
  w.watch(hours(8), counting(50));
  CHECK(w.state() == TargetState::kRunning);
  CHECK(w.judge.changes() == 2);
}

TEST_CASE("an engine of which nothing is heard but processor time is not said to read seeds for ever") {
  Watch w;
  w.watch(hours(12), [](TargetSample& sample, double) { sample.initialised = false; });
  CHECK(w.judge.changes() == 0);
}

TEST_CASE("a long start is forgotten once the target fuzzes") {
  Watch w;
  w.watch(minutes(25), [](TargetSample& sample, double at) {
    sample.initialised = false, sample.executions = runs_at(at);
  });
  w.watch(hours(5), counting());
  CHECK(w.judge.changes() == 0);
}

TEST_CASE("a target below a tenth of its own speed is slow, and its speed back is running") {
  Watch w;
  std::uint64_t executions = 0;
  const auto at_speed = [&](std::uint64_t speed) {
    return [&executions, speed](TargetSample& sample, double) {
      executions += 30 * speed;
      sample.executions = executions;
    };
  };
  w.watch(hours(2), at_speed(1000));
  w.watch(minutes(20), at_speed(300));
  CHECK(w.state() == TargetState::kRunning);
  w.watch(minutes(5), at_speed(50));
  CHECK(w.state() == TargetState::kSlow);
  CHECK(w.says("50.0 exec/s, where it was 1000.0"));
  w.watch(minutes(5), at_speed(900));
  CHECK(w.state() == TargetState::kRunning);
}

TEST_CASE("a target that grows slower over days is not slow") {
  Watch w;
  std::uint64_t executions = 0;
  double speed = 5000;
  w.watch(hours(72), [&](TargetSample& sample, double) {
    speed *= 0.9996;  // to a thirtieth
    executions += static_cast<std::uint64_t>(30 * speed);
    sample.executions = executions;
    sample.last_new_path = executions;
  });
  CHECK(w.judge.changes() == 0);
}

TEST_CASE("a day without a new path is a plateau, and a new one ends it") {
  Watch w;
  w.watch(hours(25),
          [](TargetSample& sample, double at) { sample.executions = runs_at(at), sample.last_new_path = 5; });
  CHECK(w.state() == TargetState::kPlateau);
  CHECK(w.says("no new path in 25.0 h"));
  w.watch(minutes(2),
          [](TargetSample& sample, double at) { sample.executions = runs_at(at), sample.last_new_path = 6; });
  CHECK(w.state() == TargetState::kRunning);
}

TEST_CASE("a gap in which nobody looked changes no state") {
  Watch w;
  w.watch(hours(1), counting());
  w.now += hours(72);  // a machine that slept, or an agent that was stopped
  w.watch(minutes(5), [](TargetSample& sample, double) {
    sample.executions = 3'700'000 + static_cast<std::uint64_t>(sample.processes), sample.last_new_path = 1;
  });
  CHECK(w.judge.changes() == 0);
  TargetSample old;  // a clock that went back would be no monotonic one; it is left out all the same
  old.time = Time(hours(1));
  CHECK(w.judge.observe(old).state == TargetState::kRunning);
}

TEST_CASE("a state that comes and goes with each look is no news") {
  Watch w;
  int turn = 0;
  w.watch(hours(3), [&](TargetSample& sample, double at) {
    sample.executions = runs_at(at);
    if (++turn % 3 != 0) sample.states = "T";
  });
  CHECK(w.judge.changes() == 0);
}

TEST_CASE("the table of thresholds gives a reason for each, and names states that exist") {
  for (const PolicyRow& row : policy_rows()) {
    INFO(std::string(row.name));
    CHECK_FALSE(row.value.empty());
    CHECK_FALSE(row.reason.empty());
    CHECK((row.decides == "every state" || schema::find_target_state(row.decides) != nullptr));
  }
  CHECK(policy_rows().size() == 12);
}

}  // namespace fuzzmill::producers
