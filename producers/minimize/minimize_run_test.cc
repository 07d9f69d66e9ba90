// With real engines: libFuzzer's merge, and afl-cmin where it is installed.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "producers/minimize/merge_control.h"
#include "producers/minimize/minimize.h"
#include "producers/minimize/work_folder.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using namespace fuzzmill::producers;
namespace fs = std::filesystem;

namespace {

using Tree = std::map<std::string, std::string>;

Tree read_tree(const fs::path& folder) {
  Tree tree;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const auto bytes = read_whole(entry.path(), 1u << 30);
    REQUIRE(bytes.ok());
    tree[entry.path().lexically_relative(folder).string()] = *bytes;
  }
  return tree;
}

// Reports carry addresses and pids.
Tree without_reports(Tree tree) {
  std::erase_if(tree, [](const auto& item) { return item.first.ends_with(".txt"); });
  return tree;
}

void write_corpus(const tests::TemporaryFolder& folder, std::size_t count) {
  std::mt19937 random(9);
  for (std::size_t i = 0; i < count; ++i) {
    std::string bytes;
    for (std::size_t n = 1 + random() % 8; n > 0; --n) bytes += static_cast<char>('a' + random() % 7);
    folder.write("corpus/" + std::to_string(i % 3) + "/input" + std::to_string(i), bytes);
  }
}

MinimizeOptions options_for(const tests::TemporaryFolder& folder, Engine engine, std::string output = "out") {
  MinimizeOptions options;
  options.corpus = {folder.path() / "corpus"};
  options.output = folder.path() / output;
  options.work = folder.path() / ("work-" + output);
  options.target.engine = engine;
  options.target.command = {engine == Engine::kAfl ? AFL_TARGET : LIBFUZZER_TARGET};
  if (engine == Engine::kAfl) options.target.command.emplace_back("@@");
  options.target.working_dir = folder.path();
  options.limits = {std::chrono::milliseconds(1000), 256};
  options.jobs = 2;
  options.shard_inputs = 40;
  return options;
}

Minimized run(const MinimizeOptions& options) {
  std::string said;
  const auto done = minimize(options, {{}, [&](const std::string& text) { said += text + "\n"; }}, {});
  INFO((done ? "" : done.error().message) << "\n" << said);
  REQUIRE(done.ok());
  return *done;
}

bool has(Engine engine) {
  if (engine == Engine::kAfl && std::string_view(AFL_TARGET).empty()) {
    WARN("AFL++ is not installed: this part is left out");
    return false;
  }
  return true;
}

}  // namespace

TEST_CASE("A corpus gets smaller and shows the same, and the corpus itself is not touched") {
  for (const Engine engine : {Engine::kLibfuzzer, Engine::kAfl}) {
    if (!has(engine)) continue;
    tests::TemporaryFolder folder;
    write_corpus(folder, 150);
    folder.write("corpus/large", std::string(2u << 20, 'x'));
    folder.write("corpus/.hidden/a", "zz");
    const auto before = read_tree(folder.path() / "corpus");
    const Minimized done = run(options_for(folder, engine));
    CHECK(done.before.files > 50);
    CHECK(done.after.files < done.before.files);
    CHECK(done.after.files > 3);
    CHECK(done.after.features == done.before.features);
    CHECK(done.after.edges == done.before.edges);
    CHECK(done.before.edges > 0);
    CHECK(done.left_out == 1);
    CHECK(done.shards > 1);
    CHECK(done.crashers.empty());
    CHECK(read_tree(folder.path() / "corpus") == before);
    const auto after = read_tree(done.output / "corpus");
    CHECK(after.size() == done.after.files);
    for (const auto& [name, bytes] : after) CHECK(schema::sha256_hex(bytes) == name);
    CHECK_FALSE(fs::exists(folder.path() / "work-out"));
  }
}

TEST_CASE("Inputs that crash, hang or take too much memory are set aside, and the rest is minimised") {
  for (const Engine engine : {Engine::kLibfuzzer, Engine::kAfl}) {
    if (!has(engine)) continue;
    tests::TemporaryFolder folder;
    write_corpus(folder, 30);
    folder.write("corpus/crash", "CRASH");
    folder.write("corpus/crash2", "CRASH2");
    folder.write("corpus/hang", "HANG");
    folder.write("corpus/memory", "MEMORY");
    const Minimized done = run(options_for(folder, engine));
    std::multiset<std::string> kinds;
    for (const auto& crasher : done.crashers) {
      kinds.insert(crasher.kind);
      CHECK(fs::exists(crasher.input));
      CHECK(fs::file_size(crasher.input) == crasher.size);
    }
    CHECK(kinds == std::multiset<std::string>{"crash", "crash", "oom", "timeout"});
    CHECK(done.after.files > 3);
    for (const auto& [name, bytes] : read_tree(done.output / "corpus"))
      CHECK(bytes.find("CRASH") == std::string::npos);
    if (engine == Engine::kLibfuzzer) {
      const auto crash = std::find_if(done.crashers.begin(), done.crashers.end(),
                                      [](auto& one) { return one.kind == "timeout"; });
      const auto report = read_whole(crash->report, 1u << 20);
      REQUIRE(report.ok());
      CHECK(report->find("ERROR: libFuzzer: timeout") != std::string::npos);
    }
  }
}

TEST_CASE("Killed at any moment and started again it ends with the same files") {
  for (const Engine engine : {Engine::kLibfuzzer, Engine::kAfl}) {
    if (!has(engine)) continue;
    tests::TemporaryFolder folder;
    write_corpus(folder, engine == Engine::kAfl ? 60 : 120);
    folder.write("corpus/crash", "CRASH");
    (void)run(options_for(folder, engine, "unbroken"));
    const Tree wanted = without_reports(read_tree(folder.path() / "unbroken"));

    auto options = options_for(folder, engine, "broken");
    std::mt19937 random(3);
    int kills = 0;
    for (bool ended = false; !ended;) {
      options.jobs = 1 + random() % 3;
      const pid_t child = fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        const auto done = minimize(options, {}, {});
        _exit(done ? 0 : 1);
      }
      // The moment of the kill is the test's input; it comes later each time, so that the end comes.
      pollfd waiting{static_cast<int>(syscall(SYS_pidfd_open, child, 0)), POLLIN, 0};
      REQUIRE(waiting.fd >= 0);
      poll(&waiting, 1, static_cast<int>(random() % 200) + kills * 40);
      close(waiting.fd);
      kill(child, SIGKILL);
      int status = 0;
      REQUIRE(waitpid(child, &status, 0) == child);
      ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      if (!ended) ++kills;
      REQUIRE(kills < 200);
    }
    CHECK(kills > 2);
    Tree broken = without_reports(read_tree(folder.path() / "broken"));
    CHECK(broken == wanted);
  }
}

TEST_CASE("A spoiled control file or measurement is put away and its shard begins anew") {
  tests::TemporaryFolder folder;
  write_corpus(folder, 100);
  (void)run(options_for(folder, Engine::kLibfuzzer, "good"));
  auto options = options_for(folder, Engine::kLibfuzzer);
  {
    auto work = WorkFolder::open(options);
    REQUIRE(work.ok());
    const auto inputs = work->fill(options, {}, {});
    REQUIRE(inputs.ok());
    REQUIRE(inputs->shards > 1);
    folder.write("work-out/shard-0/control", "3\n0\nnonsense\nSTARTED 0 1\n");
    folder.write("work-out/shard-1/measured", "fuzzmill-measured 1\nnonsense");
  }
  std::string said;
  const auto done = minimize(options, {{}, [&](const std::string& text) { said += text + "\n"; }}, {});
  REQUIRE(done.ok());
  CHECK(said.find("control.bad-1") != std::string::npos);
  CHECK(said.find("measured.bad") != std::string::npos);
  CHECK(read_tree(folder.path() / "out/corpus") == read_tree(folder.path() / "good/corpus"));
}

TEST_CASE("What cannot be minimised is refused with the reason") {
  tests::TemporaryFolder folder;
  write_corpus(folder, 3);
  auto options = options_for(folder, Engine::kLibfuzzer);
  const auto error = [&] {
    const auto done = minimize(options, {}, {});
    REQUIRE_FALSE(done.ok());
    return done.error();
  };
  SECTION("a target that runs nothing") {
    options.target.command = {"/bin/false"};
    CHECK(error().code == schema::ErrorCode::kInvalid);
  }
  SECTION("an output that is there") {
    fs::create_directories(options.output);
    CHECK(error().code == schema::ErrorCode::kConflict);
  }
  SECTION("no corpus") {
    options.corpus = {folder.path() / "nowhere"};
    CHECK(error().code == schema::ErrorCode::kNotFound);
  }
  SECTION("a work folder in the corpus") {
    options.work = folder.path() / "corpus/work";
    CHECK(error().code == schema::ErrorCode::kInvalid);
  }
  SECTION("other options than those of the run that was broken off") {
    {
      auto work = WorkFolder::open(options);
      REQUIRE(work.ok());
      REQUIRE(work->fill(options, {}, {}).ok());
    }
    options.limits.timeout *= 2;
    CHECK(error().message.find("--anew") != std::string::npos);
    options.anew = true;
    CHECK(minimize(options, {}, {}).ok());
  }
  SECTION("a stop") {
    std::stop_source stop;
    stop.request_stop();
    const auto done = minimize(options, {}, stop.get_token());
    REQUIRE_FALSE(done.ok());
    CHECK(done.error().code == schema::ErrorCode::kUnavailable);
    CHECK(minimize(options, {}, {}).ok());
  }
}
