// Runs a real libFuzzer target, testdata/tiny_target.cc.
#include "producers/agent/run.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "producers/evidence/artifact.h"
#include "producers/monitor/proc_reader.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;

struct Published {
  schema::Event event;
  std::vector<broker::Attachment> attachments;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&event.body);
  }
  const std::string& attachment(const std::string& name) const {
    const auto found =
        std::find_if(attachments.begin(), attachments.end(), [&](const auto& a) { return a.name == name; });
    if (found == attachments.end()) FAIL("no attachment " << name);
    return found->bytes;
  }
};

// One run_target() in a thread, and what it published.
class Running {
 public:
  explicit Running(RunOptions options) {
    options.publish = [this](schema::Event event, std::vector<broker::Attachment> attachments) {
      const std::lock_guard lock(mutex_);
      event.id = schema::EventId::of(1, events_.size() + 1);
      const auto id = event.id;
      events_.push_back({std::move(event), std::move(attachments)});
      changed_.notify_all();
      return schema::Result<schema::EventId>(id);
    };
    thread_ = std::thread([this, options = std::move(options)]() mutable {
      auto status = run_target(std::move(options), stop_.get_token());
      const std::lock_guard lock(mutex_);
      status_ = std::move(status);
      changed_.notify_all();
    });
  }
  ~Running() {
    stop_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

  template <class Until>
  bool wait(Until until) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 90s, [&] { return until(events_); });
  }
  schema::Status stop() {
    stop_.request_stop();
    return end();
  }
  schema::Status end() {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait_for(lock, 90s, [&] { return status_.has_value(); }))
        FAIL("run_target did not return");
    }
    thread_.join();
    return *status_;
  }
  // After stop() or end().
  const std::vector<Published>& events() const { return events_; }
  template <class T>
  std::vector<const Published*> all() const {
    std::vector<const Published*> found;
    for (const auto& published : events_) {
      if (published.as<T>() != nullptr) found.push_back(&published);
    }
    return found;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Published> events_;
  std::optional<schema::Status> status_;
  std::stop_source stop_;
  std::thread thread_;
};

RunOptions options_for(const tests::TemporaryFolder& folder, std::vector<std::string> arguments) {
  RunOptions options;
  options.node = "london", options.target = "tiny_target", options.version = "1.2.3";
  options.command = {TINY_TARGET};
  options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  options.work_dir = folder.path() / "work";
  options.quiet = true;
  options.interval = 100ms;
  options.restart.failed_first = options.restart.found_first = 10ms;
  return options;
}

bool sample_where(const std::vector<Published>& events,
                  const std::function<bool(const schema::ResourceSample&)>& is) {
  return std::any_of(events.begin(), events.end(), [&](const Published& published) {
    const auto* sample = published.as<schema::ResourceSample>();
    return sample != nullptr && is(*sample);
  });
}

// Live processes whose command line names the folder.
std::vector<pid_t> processes_of(const tests::TemporaryFolder& folder) {
  std::vector<pid_t> found;
  for (const auto& stat : read_processes()) {
    std::ifstream in("/proc/" + std::to_string(stat.pid) + "/cmdline");
    std::ostringstream text;
    text << in.rdbuf();
    if (stat.state != 'Z' && text.str().find(folder.path().string()) != std::string::npos)
      found.push_back(stat.pid);
  }
  return found;
}

}  // namespace

TEST_CASE("a crash is published once with input and report, through restarts and a second run") {
  tests::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "corpus");
  const auto options = options_for(folder, {(folder.path() / "corpus").string(), "-max_len=3", "-seed=7"});
  {
    Running running(options);
    // Found, started again, found again: the tiny target has one crashing input only.
    REQUIRE(running.wait([](const auto& events) {
      return sample_where(events,
                          [](const auto& sample) { return sample.crashes == 1 && sample.restarts >= 2; });
    }));
    CHECK(running.stop().ok());

    const auto crashes = running.all<schema::CrashFound>();
    REQUIRE(crashes.size() == 1);
    const auto& crash = *crashes[0]->as<schema::CrashFound>();
    CHECK(crashes[0]->event.node == "london");
    CHECK(crashes[0]->event.target == "tiny_target");
    CHECK(crashes[0]->event.time_ms > 1'600'000'000'000);
    CHECK(crashes[0]->attachment("input") == "BUG");
    const auto& report = crashes[0]->attachment("report");
    CHECK(report.find("ERROR: AddressSanitizer: heap-buffer-overflow") != std::string::npos);
    CHECK(report.find("in read_past_end") != std::string::npos);  // symbolized
    CHECK(crash.engine == "libfuzzer");
    CHECK(crash.artifact == "crash-" + sha1_hex("BUG"));
    CHECK(crash.artifact_kind == "crash");
    CHECK(crash.report_source == "log");
    CHECK(crash.exit_code == 1);
    CHECK_FALSE(crash.signal.has_value());
    CHECK(report.find("==" + std::to_string(*crash.pid) + "==") != std::string::npos);
    CHECK(crash.command->find("-max_len=3") != std::string::npos);

    const auto beats = running.all<schema::Heartbeat>();
    REQUIRE(beats.size() == 2);
    CHECK(running.events().front().as<schema::Heartbeat>()->reason == "start");
    CHECK(running.events().back().as<schema::Heartbeat>()->reason == "stop");
    CHECK(beats[0]->as<schema::Heartbeat>()->version == "1.2.3");

    const auto snapshots = running.all<schema::CorpusSnapshot>();
    REQUIRE(snapshots.size() == 1);
    CHECK(snapshots[0]->as<schema::CorpusSnapshot>()->files == snapshots[0]->attachments.size());
    CHECK_FALSE(snapshots[0]->attachments.empty());
    CHECK(processes_of(folder).empty());
  }
  Running again(options);
  REQUIRE(again.wait([](const auto& events) {
    return sample_where(events, [](const auto& sample) { return sample.restarts >= 1; });
  }));
  CHECK(again.stop().ok());
  CHECK(again.all<schema::CrashFound>().empty());
}

TEST_CASE("a fuzzer that finds nothing is sampled, and a stop leaves no process") {
  tests::TemporaryFolder folder;
  Running running(options_for(folder, {"-max_len=2", "-reload=0"}));
  REQUIRE(running.wait([](const auto& events) {
    return sample_where(
        events, [](const auto& s) { return s.executions > 0u && s.cpu_percent > 0 && s.processes > 0; });
  }));
  CHECK(processes_of(folder).size() == 1);
  CHECK(running.stop().ok());
  CHECK(processes_of(folder).empty());
  CHECK(running.all<schema::CrashFound>().empty());
  CHECK(running.all<schema::CorpusSnapshot>().empty());
  CHECK(sample_where(running.events(), [](const auto& sample) {
    return sample.rss_mb > 1 && sample.threads >= 1 && !sample.states.empty() &&
           sample.engine == "libfuzzer" && sample.coverage > 0u && sample.corpus_files > 0u &&
           sample.exec_per_second > 0.0;
  }));
}

TEST_CASE("a stopped fuzzer that does not hear SIGTERM is killed after the grace") {
  tests::TemporaryFolder folder;
  auto options = options_for(folder, {"-max_len=2", "-handle_term=0"});
  // A wrapper that ignores SIGTERM, which the fuzzer inherits.
  options.command = {"/bin/sh",   "-c",         "trap '' TERM; exec \"$0\" \"$@\"",
                     TINY_TARGET, "-max_len=2", "-handle_term=0"};
  options.assume_libfuzzer = true;
  options.limits.stop_grace = 300ms;
  Running running(std::move(options));
  REQUIRE(running.wait([](const auto& events) {
    return sample_where(events, [](const auto& sample) { return sample.executions > 0u; });
  }));
  CHECK(running.stop().ok());
  CHECK(processes_of(folder).empty());
}

TEST_CASE("artifacts of earlier days are published once, without a report") {
  tests::TemporaryFolder folder;
  folder.write("art/crash-" + sha1_hex("old"), "old");
  folder.write("art/oom-" + sha1_hex("old"), "old");
  folder.write("art/crash-" + sha1_hex("cut"), "cu");  // not what its name says
  const auto options =
      options_for(folder, {"-runs=10", "-artifact_prefix=" + (folder.path() / "art/").string()});
  for (const std::size_t expected : {2u, 0u}) {
    Running running(options);
    CHECK(running.end().ok());  // -runs reached: finished
    const auto crashes = running.all<schema::CrashFound>();
    REQUIRE(crashes.size() == expected);
    for (const auto* crash : crashes) {
      CHECK(crash->as<schema::CrashFound>()->report_source == "none");
      CHECK(crash->attachments.size() == 1);
      CHECK_FALSE(crash->as<schema::CrashFound>()->exit_code.has_value());
    }
  }
}

TEST_CASE("a target that cannot start is given up, with the reason") {
  tests::TemporaryFolder folder;
  ::setenv("TINY_TARGET_DIES", "1", 1);
  auto options = options_for(folder, {});
  options.restart.give_up_after = 3;
  Running running(std::move(options));
  const auto status = running.end();
  ::unsetenv("TINY_TARGET_DIES");
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == schema::ErrorCode::kUnavailable);
  CHECK(status.error().message.find("3 times") != std::string::npos);
  CHECK(status.error().message.find("exited with code 3") != std::string::npos);
  CHECK(running.all<schema::CrashFound>().empty());
}

TEST_CASE("bad options are refused before anything starts") {
  tests::TemporaryFolder folder;
  std::stop_source stop;
  auto options = options_for(folder, {});
  options.publish = [](schema::Event, std::vector<broker::Attachment>) -> schema::Result<schema::EventId> {
    FAIL("nothing may be published");
    return schema::internal("");
  };
  auto wrong = options;
  wrong.node = "not a name";
  CHECK(run_target(wrong, stop.get_token()).error().code == schema::ErrorCode::kInvalid);
  wrong = options;
  wrong.command = {"/bin/true"};
  CHECK(run_target(wrong, stop.get_token()).error().code == schema::ErrorCode::kInvalid);
  wrong.command = {"/no/such/fuzzer"};
  CHECK(run_target(wrong, stop.get_token()).error().code == schema::ErrorCode::kNotFound);
  wrong = options;
  wrong.command.push_back("-artifact_prefix=/no/such/folder/");
  CHECK(run_target(wrong, stop.get_token()).error().code == schema::ErrorCode::kNotFound);
}

}  // namespace fuzzmill::producers
