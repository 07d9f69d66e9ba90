// The parts of `up`: what it decides, and the supervisor with real children.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "cli/data_folder.h"
#include "cli/port.h"
#include "cli/redis_child.h"
#include "cli/restart_delay.h"
#include "cli/supervisor.h"
#include "tests/catch.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;
using std::chrono::milliseconds;

namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string made = (std::filesystem::temp_directory_path() / "fuzzmill-up-XXXXXX").string();
    REQUIRE(mkdtemp(made.data()) != nullptr);
    path = made;
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

ChildPlan shell(std::string name, std::string script) {
  ChildPlan plan;
  plan.name = std::move(name);
  plan.argv = [script] { return std::vector<std::string>{"/bin/sh", "-c", script}; };
  plan.stop_grace = milliseconds(10'000);
  return plan;
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("restarts come later and later, up to a bound") {
  CHECK(restart_delay(1) == milliseconds(250));
  CHECK(restart_delay(2) == milliseconds(500));
  CHECK(restart_delay(5) == milliseconds(4000));
  CHECK(restart_delay(9) == kRestartMost);
  CHECK(restart_delay(1'000'000) == kRestartMost);
}

TEST_CASE("a port that was chosen once is asked for again, one that was named is kept") {
  CHECK(same_endpoint("tcp://127.0.0.1:0", "") == "tcp://127.0.0.1:0");
  CHECK(same_endpoint("tcp://127.0.0.1:0", "tcp://127.0.0.1:4711") == "tcp://127.0.0.1:4711");
  CHECK(same_endpoint("tcp://127.0.0.1:*", "tcp://127.0.0.1:4711") == "tcp://127.0.0.1:4711");
  CHECK(same_endpoint("tcp://0.0.0.0:0", "tcp://127.0.0.1:4711") == "tcp://0.0.0.0:0");
  CHECK(same_endpoint("tcp://127.0.0.1:7411", "tcp://127.0.0.1:4711") == "tcp://127.0.0.1:7411");
  CHECK(same_endpoint("ipc:///tmp/x", "tcp://127.0.0.1:4711") == "ipc:///tmp/x");
  CHECK(loopback_of("tcp://0.0.0.0:7411") == "tcp://127.0.0.1:7411");
  CHECK(loopback_of("tcp://[::]:7411") == "tcp://[::1]:7411");
  CHECK(loopback_of("tcp://10.0.0.5:7411") == "tcp://10.0.0.5:7411");
}

TEST_CASE("the embedded Redis syncs always, with or without a redis.conf") {
  const DataFolder folder{"/data"};
  const auto bare = redis_arguments({"/usr/bin/redis-server", {}, 1024}, folder);
  const auto value = [&](const auto& argv, const std::string& name) {
    const auto it = std::find(argv.begin(), argv.end(), name);
    return it == argv.end() || it + 1 == argv.end() ? std::string("none") : *(it + 1);
  };
  CHECK(value(bare, "--appendfsync") == "always");
  CHECK(value(bare, "--maxmemory-policy") == "noeviction");
  CHECK(value(bare, "--port") == "0");
  CHECK(value(bare, "--maxmemory") == "1024");
  const auto with = redis_arguments({"/usr/bin/redis-server", "/share/redis.conf", 0}, folder);
  CHECK(with[1] == "/share/redis.conf");
  CHECK(value(with, "--dir") == "/data/redis");
  CHECK(value(with, "--unixsocket") == "/data/run/redis.sock");
  CHECK(!check_socket_path(std::string(108, 'x')).ok());
  CHECK(check_socket_path(std::string(107, 'x')).ok());
}

TEST_CASE("children start in order, each when the one before is ready, and end in reverse") {
  const Folder folder;
  const std::string log = (folder.path / "log").string();
  const auto noisy = [&](const std::string& name) {
    return shell(name, "echo +" + name + " >> " + log + "; trap 'echo -" + name + " >> " + log +
                           "; exit 0' TERM; echo READY; sleep 600 & wait");
  };
  Supervisor supervisor;
  supervisor.add(noisy("a"));
  supervisor.add(noisy("b"));
  supervisor.add(noisy("c"));
  std::stop_source stop;
  const auto done = supervisor.run(
      [&] {
        CHECK(supervisor.missing().empty());
        stop.request_stop();
      },
      stop.get_token());
  CHECK(done.ok());
  CHECK(lines_of(log) == std::vector<std::string>{"+a", "+b", "+c", "-c", "-b", "-a"});
}

TEST_CASE("a child that dies is started again; the probe of a silent one is asked until it says yes") {
  const Folder folder;
  const std::string log = (folder.path / "log").string();
  Supervisor supervisor;
  ChildPlan plan = shell("mortal", "echo $$ >> " + log + "; sleep 600");
  int asked = 0;
  std::stop_source stop;
  std::size_t times_ready = 0;
  // Yes once this start has written its line, and not before the third question.
  plan.probe = [&] { return ++asked >= 3 && lines_of(log).size() > times_ready; };
  plan.on_ready = [&]() -> schema::Status {
    if (++times_ready == 2) {
      stop.request_stop();
    } else {
      CHECK(asked >= 3);
      kill(static_cast<pid_t>(std::stol(lines_of(log).back())), SIGKILL);
    }
    return {};
  };
  supervisor.add(std::move(plan));
  CHECK(supervisor.run([] {}, stop.get_token()).ok());
  CHECK(times_ready == 2);
  CHECK(lines_of(log).size() == 2);
}

TEST_CASE("an essential child that never gets ready ends the start with its name, another one does not") {
  Supervisor supervisor;
  ChildPlan optional = shell("optional", "exit 3");
  optional.essential = false;
  supervisor.add(std::move(optional));
  supervisor.add(shell("broken", "exit 7"));
  std::stop_source stop;
  const auto done = supervisor.run([] {}, stop.get_token());
  REQUIRE(!done.ok());
  CHECK(done.error().message.find("broken does not start: exited with code 7") == 0);
}
