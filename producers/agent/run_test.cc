// Runs a real libFuzzer target, testdata/tiny_target.cc.
#include "producers/agent/run.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <set>
#include <thread>

#include "producers/agent/queue_replayer.h"
#include "producers/agent/vector_outbox.h"
#include "producers/corpus/corpus_service.h"
#include "producers/corpus/model_server.h"
#include "producers/evidence/artifact.h"
#include "producers/monitor/proc_reader.h"
#include "runtime/health.h"
#include "schema/corpus_listing.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;

// What a run is given; its memory of what was published outlives it, as a spool does.
struct RunSetup {
  TargetConfig config;
  NodeServices node;
  std::shared_ptr<std::set<std::string>> keys = std::make_shared<std::set<std::string>>();
  std::shared_ptr<ProcessTable> processes = std::make_shared<ProcessTable>();
};

// One run_target() in a thread, and what it published.
class Running {
 public:
  explicit Running(RunSetup setup) : setup_(std::move(setup)) {
    outbox_.keys = setup_.keys;
    setup_.node.outbox = &outbox_;
    setup_.node.processes = setup_.processes.get();
    CorpusServiceOptions corpora;
    corpora.node = setup_.node.node;
    corpora.unix_ms = runtime::unix_ms;
    corpora_ = std::make_unique<CorpusService>(corpora, outbox_, server_);
    setup_.node.corpora = corpora_.get();
    thread_ = std::thread([this] {
      auto status = run_target(setup_.config, setup_.node, stop_.get_token());
      const std::lock_guard lock(outbox_.mutex);
      status_ = std::move(status);
      outbox_.changed.notify_all();
    });
  }
  ~Running() {
    stop_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

  template <class Until>
  bool wait(Until until) {
    std::unique_lock lock(outbox_.mutex);
    return outbox_.changed.wait_for(lock, 90s, [&] { return until(outbox_.events); });
  }
  schema::Status stop() {
    stop_.request_stop();
    return end();
  }
  schema::Status end() {
    {
      std::unique_lock lock(outbox_.mutex);
      if (!outbox_.changed.wait_for(lock, 90s, [&] { return status_.has_value(); }))
        FAIL("run_target did not return");
    }
    thread_.join();
    return *status_;
  }
  // After stop() or end().
  const std::vector<Published>& events() const { return outbox_.events; }
  template <class T>
  std::vector<const Published*> all() const {
    std::vector<const Published*> found;
    for (const auto& published : outbox_.events) {
      if (published.as<T>() != nullptr) found.push_back(&published);
    }
    return found;
  }

 private:
  RunSetup setup_;
  VectorOutbox outbox_;
  ModelServer server_;  // answers only: what is published goes to the outbox
  std::unique_ptr<CorpusService> corpora_;
  std::optional<schema::Status> status_;
  std::stop_source stop_;
  std::thread thread_;
};

RunSetup setup_for(const tests::TemporaryFolder& folder, std::vector<std::string> arguments) {
  RunSetup setup;
  setup.config.name = "tiny_target";
  setup.config.command = {TINY_TARGET};
  setup.config.command.insert(setup.config.command.end(), arguments.begin(), arguments.end());
  setup.config.restart.failed_first = setup.config.restart.found_first = 10ms;
  setup.node.node = "london", setup.node.version = "1.2.3";
  setup.node.work_dir = folder.path() / "work";
  setup.node.interval = 100ms;
  return setup;
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
  const auto setup = setup_for(folder, {(folder.path() / "corpus").string(), "-max_len=3", "-seed=7"});
  {
    Running running(setup);
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

    const auto snapshots = running.all<schema::CorpusSnapshot>();
    REQUIRE_FALSE(snapshots.empty());  // one at the start, one at the end
    const auto& last = *snapshots.back();
    CHECK(last.as<schema::CorpusSnapshot>()->last == true);
    const auto listing = schema::decode_listing(last.attachment("listing"));
    REQUIRE(listing);
    CHECK_FALSE(listing->files.empty());
    CHECK(listing->files.size() == last.as<schema::CorpusSnapshot>()->files);
    CHECK(last.attachment("files") != "(none)");
    CHECK(processes_of(folder).empty());
  }
  Running again(setup);
  REQUIRE(again.wait([](const auto& events) {
    return sample_where(events, [](const auto& sample) { return sample.restarts >= 1; });
  }));
  CHECK(again.stop().ok());
  CHECK(again.all<schema::CrashFound>().empty());
}

TEST_CASE("a fuzzer that finds nothing is sampled, and a stop leaves no process") {
  tests::TemporaryFolder folder;
  Running running(setup_for(folder, {"-max_len=2", "-reload=0"}));
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
  auto setup = setup_for(folder, {"-max_len=2", "-handle_term=0"});
  // A wrapper that ignores SIGTERM, which the fuzzer inherits.
  setup.config.command = {"/bin/sh",   "-c",         "trap '' TERM; exec \"$0\" \"$@\"",
                          TINY_TARGET, "-max_len=2", "-handle_term=0"};
  setup.config.engine = Engine::kLibfuzzer;
  setup.config.stop_grace = 300ms;
  Running running(std::move(setup));
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
  const auto setup = setup_for(folder, {"-runs=10", "-artifact_prefix=" + (folder.path() / "art/").string()});
  for (const std::size_t expected : {2u, 0u}) {
    Running running(setup);
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

TEST_CASE("a program is found from its working folder, and its report in the file of log_path") {
  tests::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "there");
  std::filesystem::copy_file(TINY_TARGET, folder.path() / "there" / "tiny_target");
  folder.write("there/corpus/seed", "BUF");
  auto setup = setup_for(folder, {});
  setup.config.command = {"./tiny_target", "-max_len=3", "corpus"};
  setup.config.working_dir = folder.path() / "there";
  setup.config.environment = {{"ASAN_OPTIONS", "log_path=sanitizer.log"}};
  Running running(setup);
  REQUIRE(running.wait([](const auto& events) {
    return std::any_of(events.begin(), events.end(),
                       [](const auto& event) { return event.template as<schema::CrashFound>() != nullptr; });
  }));
  CHECK(running.stop().ok());
  const auto crashes = running.all<schema::CrashFound>();
  REQUIRE(crashes.size() == 1);
  CHECK(crashes[0]->as<schema::CrashFound>()->report_source == "log");
  CHECK(crashes[0]->attachment("report").find("heap-buffer-overflow") != std::string::npos);
  CHECK(std::filesystem::exists(folder.path() / "there" / "corpus"));
}

TEST_CASE("a crash without a report is replayed, and published with what that showed") {
  tests::TemporaryFolder folder;
  folder.write("art/crash-" + sha1_hex("BUG"), "BUG");
  folder.write("art/crash-" + sha1_hex("gone"), "gone");  // does not crash any more
  QueueReplayer replayer(folder.path() / "replay", 1, 0);
  auto setup = setup_for(folder, {"-max_len=2", "-artifact_prefix=" + (folder.path() / "art/").string()});
  setup.node.replayer = &replayer;
  setup.config.replay.tries = 3;
  Running running(setup);
  REQUIRE(running.wait([](const auto& events) {
    return std::count_if(events.begin(), events.end(), [](const auto& event) {
             return event.template as<schema::CrashFound>() != nullptr;
           }) == 2;
  }));
  CHECK(running.stop().ok());
  for (const auto* published : running.all<schema::CrashFound>()) {
    const auto& crash = *published->as<schema::CrashFound>();
    const bool real = published->attachment("input") == "BUG";
    CHECK(crash.report_source == (real ? "replay" : "none"));
    CHECK(*crash.reproduced == (real ? *crash.replays : 0));
    CHECK(*crash.replays >= 2);
    CHECK((published->attachment("report").find("in read_past_end") != std::string::npos) == real);
    if (real) CHECK(crash.exit_code == 1);
  }
  CHECK(std::filesystem::is_empty(folder.path() / "work" / "tiny_target" / "pending"));
  CHECK(processes_of(folder).empty());
}

TEST_CASE("a crash that waits for its replay when we die is published by the next run, once") {
  tests::TemporaryFolder folder;
  class Never final : public Replayer {
    bool order(ReplayOrder, std::function<void(Replayed)>) override { return true; }
  } never;
  auto setup = setup_for(folder, {"-runs=1", "-artifact_prefix=" + (folder.path() / "art/").string()});
  folder.write("art/crash-" + sha1_hex("BUG"), "BUG");
  setup.node.replayer = &never;
  {
    Running running(setup);
    CHECK(running.end().ok());
    CHECK(running.all<schema::CrashFound>().empty());
  }
  std::filesystem::remove_all(folder.path() / "art");  // as AFL++ clears its folder
  std::filesystem::create_directory(folder.path() / "art");
  QueueReplayer replayer(folder.path() / "replay", 1, 0);
  setup.node.replayer = &replayer;
  setup.config.command.back() = "-artifact_prefix=" + (folder.path() / "art/").string();
  setup.config.command[1] = "-max_len=2";
  Running again(setup);
  REQUIRE(again.wait([](const auto& events) {
    return std::any_of(events.begin(), events.end(),
                       [](const auto& event) { return event.template as<schema::CrashFound>() != nullptr; });
  }));
  CHECK(again.stop().ok());
  REQUIRE(again.all<schema::CrashFound>().size() == 1);
  CHECK(again.all<schema::CrashFound>()[0]->attachment("input") == "BUG");
}

TEST_CASE("a target that cannot start is given up, with the reason") {
  tests::TemporaryFolder folder;
  ::setenv("TINY_TARGET_DIES", "1", 1);
  auto setup = setup_for(folder, {});
  setup.config.restart.give_up_after = 3;
  Running running(std::move(setup));
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
  const auto why = [&](const std::function<void(RunSetup&)>& spoil) {
    auto setup = setup_for(folder, {});
    spoil(setup);
    Running running(std::move(setup));
    const auto status = running.end();
    CHECK(running.events().empty());
    REQUIRE_FALSE(status.ok());
    return status.error().code;
  };
  using Code = schema::ErrorCode;
  CHECK(why([](RunSetup& setup) { setup.node.node = "not a name"; }) == Code::kInvalid);
  CHECK(why([](RunSetup& setup) { setup.config.command = {"/bin/true"}; }) == Code::kInvalid);
  CHECK(why([](RunSetup& setup) { setup.config.command = {"/no/such/fuzzer"}; }) == Code::kNotFound);
  CHECK(why([](RunSetup& setup) { setup.config.command.push_back("-artifact_prefix=/no/such/folder/"); }) ==
        Code::kNotFound);
}

}  // namespace fuzzmill::producers
