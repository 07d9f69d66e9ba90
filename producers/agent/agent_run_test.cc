// Runs real libFuzzer targets under an agent.

#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <thread>

#include "producers/agent/agent.h"
#include "producers/agent/vector_outbox.h"
#include "producers/evidence/artifact.h"
#include "producers/monitor/proc_reader.h"
#include "runtime/child_process.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;

// An agent in a thread, with a folder and an outbox of its own.
class Running {
 public:
  explicit Running(AgentOptions options = {}) {
    node_.node = "london", node_.version = "1";
    node_.work_dir = folder.path() / "work";
    node_.outbox = &outbox;
    node_.processes = &processes_;
    node_.interval = 100ms;
    agent_.emplace(options, node_);
    thread_ = std::jthread([this](const std::stop_token& stop) { agent_->run(stop); });
  }

  TargetConfig target(const std::string& name, const std::string& flag = "-max_len=2") const {
    TargetConfig config;
    config.name = name;
    config.command = {TINY_TARGET, flag, "-reload=0"};
    return config;
  }
  Agent& agent() { return *agent_; }

  template <class Until>
  bool wait(Until until) {
    std::unique_lock lock(outbox.mutex);
    return outbox.changed.wait_for(lock, 90s, [&] { return until(outbox.events); });
  }
  void stop() {
    thread_.request_stop();
    thread_.join();
  }

  // The live fuzzers that write below our folder, by the target's name.
  std::map<std::string, pid_t> fuzzers() const {
    std::map<std::string, pid_t> found;
    const auto mark = "-artifact_prefix=" + (folder.path() / "work").string() + "/";
    for (const auto& stat : read_processes()) {
      std::ifstream in("/proc/" + std::to_string(stat.pid) + "/cmdline");
      std::ostringstream text;
      text << in.rdbuf();
      const auto at = text.str().find(mark);
      if (at == std::string::npos || stat.state == 'Z') continue;
      const auto rest = text.str().substr(at + mark.size());
      found[rest.substr(0, rest.find('/'))] = stat.pid;
    }
    return found;
  }

  tests::TemporaryFolder folder;
  VectorOutbox outbox;

 private:
  ProcessTable processes_;
  NodeServices node_;
  std::optional<Agent> agent_;
  std::jthread thread_;  // last: it uses all of the others
};

bool has_sample(const std::vector<Published>& events, const std::string& target,
                const std::function<bool(const schema::ResourceSample&)>& is) {
  return std::any_of(events.begin(), events.end(), [&](const Published& published) {
    const auto* sample = published.as<schema::ResourceSample>();
    return published.event.target == target && sample != nullptr && is(*sample);
  });
}

bool executes(const schema::ResourceSample& sample) { return sample.executions > 0u; }

}  // namespace

TEST_CASE("a reload starts what is new or changed, stops what is gone, and leaves the rest alone") {
  Running running;
  running.agent().reload({running.target("kept"), running.target("gone"), running.target("changed")});
  REQUIRE(running.wait([](const auto& events) {
    return has_sample(events, "kept", executes) && has_sample(events, "gone", executes) &&
           has_sample(events, "changed", executes);
  }));
  const auto before = running.fuzzers();
  REQUIRE(before.size() == 3);
  running.agent().reload(
      {running.target("kept"), running.target("new"), running.target("changed", "-max_len=1")});
  REQUIRE(running.wait([](const auto& events) {
    return has_sample(events, "new", executes) &&
           has_sample(events, "gone", [](const auto& sample) { return sample.state == "stopped"; });
  }));
  const auto after = running.fuzzers();
  CHECK(after.size() == 3);
  CHECK(after.count("gone") == 0);
  CHECK(after.at("kept") == before.at("kept"));
  CHECK(after.at("changed") != before.at("changed"));
  running.stop();
  CHECK(running.fuzzers().empty());
}

TEST_CASE("a target that cannot run is told, tried again, and takes no other with it") {
  AgentOptions options;
  options.retry = 50ms;
  Running running(options);
  auto broken = running.target("broken");
  broken.command = {"/no/such/fuzzer"};
  running.agent().reload({running.target("sound"), broken});
  REQUIRE(running.wait([](const auto& events) { return has_sample(events, "sound", executes); }));
  const auto views = running.agent().targets();
  REQUIRE(views.size() == 2);
  CHECK(views[0].problem.find("/no/such/fuzzer") != std::string::npos);
  CHECK(views[1].running);
  running.agent().reload({running.target("sound"), running.target("broken")});
  CHECK(running.wait([](const auto& events) { return has_sample(events, "broken", executes); }));
  running.stop();
}

TEST_CASE("what a killed process of ours left behind is ended before its fuzzer starts again") {
  Running running;
  runtime::SpawnOptions spawn;
  spawn.argv = {"sleep", "1000"};
  spawn.environment = {{"FUZZMILL_FUZZER", (running.folder.path() / "work" / "kept").string()}};
  auto left = runtime::ChildProcess::spawn(spawn);
  spawn.environment = {{"FUZZMILL_FUZZER", (running.folder.path() / "work" / "other").string()}};
  auto other = runtime::ChildProcess::spawn(spawn);
  REQUIRE(left);
  REQUIRE(other);
  left->signal_group(SIGSTOP);  // as a persistent target of AFL++ waits
  running.agent().reload({running.target("kept")});
  REQUIRE(running.wait([](const auto& events) { return has_sample(events, "kept", executes); }));
  const auto ended = left->wait(10s);
  REQUIRE(ended);
  CHECK(ended->signal == SIGKILL);
  CHECK_FALSE(other->poll().has_value());
  running.stop();
}

TEST_CASE("a fuzzer that somebody else runs is discovered, and its crashes are published") {
  AgentOptions options;
  options.discover = true;
  options.discover_every = 100ms;
  options.program = "/none";  // the fuzzer below is a child of ours
  tests::TemporaryFolder elsewhere;
  runtime::SpawnOptions spawn;
  spawn.argv = {TINY_TARGET, "-max_len=2", "-reload=0",
                "-artifact_prefix=" + elsewhere.path().string() + "/"};
  spawn.working_dir = elsewhere.path();
  spawn.out = spawn.err = runtime::Output::null();
  auto fuzzer = runtime::ChildProcess::spawn(spawn);
  REQUIRE(fuzzer);
  Running running(options);
  REQUIRE(running.wait([](const auto& events) {
    return has_sample(events, "tiny_target", [](const auto& sample) { return sample.cpu_percent > 0; });
  }));
  elsewhere.write("crash-" + sha1_hex("BUG"), "BUG");
  REQUIRE(running.wait([](const auto& events) {
    return std::any_of(events.begin(), events.end(), [](const Published& published) {
      return published.as<schema::CrashFound>() != nullptr && published.attachment("input") == "BUG";
    });
  }));
  fuzzer->terminate(10s);
  CHECK(running.wait([](const auto& events) {
    return has_sample(events, "tiny_target", [](const auto& sample) { return sample.state == "stopped"; });
  }));
  running.stop();
}

}  // namespace fuzzmill::producers
