// What a plan says of a target's corpus: what snapshots take, and where the finds of other nodes go.
#include "producers/agent/target_plan.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

struct Planned {
  tests::TemporaryFolder folder;
  TargetConfig config;
  NodeServices node;

  explicit Planned(Engine engine, std::vector<std::string> arguments) {
    config.name = "png";
    config.engine = engine;
    config.command = {"/bin/true"};  // stands for the fuzzer; it is not run
    config.command.insert(config.command.end(), arguments.begin(), arguments.end());
    config.working_dir = folder.path();
    node.node = "london";
    node.work_dir = folder.path() / "work";
  }
  TargetPlan plan() {
    auto made = plan_target(config, node);
    INFO((made ? "" : made.error().message));
    REQUIRE(made.ok());
    return std::move(*made);
  }
};

bool has(const std::vector<std::string>& argv, const std::string& first, const std::string& second) {
  const auto found = std::find(argv.begin(), argv.end(), first);
  return found != argv.end() && found + 1 != argv.end() && found[1] == second;
}

}  // namespace

TEST_CASE("libFuzzer's first corpus folder is its corpus and takes what others find") {
  Planned png(Engine::kLibfuzzer, {"first", "second", "-merge_control_file=mine"});
  png.folder.write("first/a", ""), png.folder.write("second/b", "");
  const auto plan = png.plan();
  const auto target = corpus_target(plan);
  REQUIRE(target);
  CHECK(target->snapshot.place.folder == png.folder.path() / "first");
  CHECK_FALSE(target->snapshot.place.afl_output);
  CHECK(target->snapshot.merge_control == png.folder.path() / "mine");
  CHECK(target->snapshot.state_file == png.folder.path() / "work/png/corpus.state");
  CHECK(target->sharing.import.kind == ImportKind::kCorpus);
  CHECK(target->sharing.import.folder == png.folder.path() / "first");

  Planned without(Engine::kLibfuzzer, {"-runs=1"});
  CHECK_FALSE(corpus_target(without.plan()).has_value());
}

TEST_CASE("AFL++ is given a name so that it reads the queues beside its own, and keeps its folder") {
  Planned png(Engine::kAfl, {"-i", "in", "-o", "out", "--", "./t"});
  const auto plan = png.plan();
  CHECK(has(plan.argv, "-S", "default"));
  CHECK(plan.corpus == png.folder.path() / "out/default/queue");
  const auto target = corpus_target(plan);
  REQUIRE(target);
  CHECK(target->snapshot.place.afl_output);
  CHECK(target->snapshot.place.folder == png.folder.path() / "out");
  CHECK(target->sharing.import.kind == ImportKind::kAflQueue);
  CHECK(target->sharing.import.folder == png.folder.path() / "out/fuzzmill/queue");

  SECTION("one that has a name is left as it is") {
    Planned named(Engine::kAfl, {"-M", "main", "-i", "in", "-o", "out", "--", "./t"});
    CHECK_FALSE(has(named.plan().argv, "-S", "default"));
    CHECK(named.plan().import.kind == ImportKind::kAflQueue);
  }
  SECTION("without sharing nothing is added") {
    png.config.share.on = false;
    CHECK_FALSE(has(png.plan().argv, "-S", "default"));
  }
  SECTION("one that somebody else started without a name can be given nothing, and that is said") {
    png.config.watch_pid = 1;
    const auto watched = png.plan();
    CHECK(watched.import.kind == ImportKind::kNone);
    CHECK(watched.import.why_none.find("without -M or -S") != std::string::npos);
  }
}

TEST_CASE("honggfuzz is given a folder that it reads while it runs; one of the user's is taken as it is") {
  Planned png(Engine::kHonggfuzz, {"-i", "in", "--", "./t", "___FILE___"});
  const auto plan = png.plan();
  CHECK(has(plan.argv, "--dynamic_input", (png.folder.path() / "work/png/shared").string()));
  CHECK(plan.import.kind == ImportKind::kFolder);
  CHECK(std::filesystem::is_directory(plan.import.folder));
  CHECK(plan.corpus_place->folder == png.folder.path() / "in");

  Planned own(Engine::kHonggfuzz, {"-i", "in", "--dynamic_input", "more", "--", "./t", "___FILE___"});
  CHECK(own.plan().import.kind == ImportKind::kCorpus);
  CHECK(own.plan().import.folder == own.folder.path() / "more");
}

TEST_CASE("a corpus that the user names is what snapshots take") {
  Planned png(Engine::kAfl, {"-i", "in", "-o", "out", "--", "./t"});
  png.config.corpus = "elsewhere";
  const auto target = corpus_target(png.plan());
  REQUIRE(target);
  CHECK(target->snapshot.place.folder == png.folder.path() / "elsewhere");
  CHECK_FALSE(target->snapshot.place.afl_output);
}

}  // namespace fuzzmill::producers
