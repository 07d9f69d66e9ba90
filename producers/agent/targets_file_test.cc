#include "producers/agent/targets_file.h"

#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

std::string why(std::string_view toml) {
  auto targets = parse_targets(toml, "a.toml");
  return targets ? "taken" : targets.error().message;
}

}  // namespace

TEST_CASE("a file names targets that we run and targets that others run") {
  const auto targets = parse_targets(R"(
[[target]]
name = "png"
command = ["./fuzz_png", "-rss_limit_mb=2048", "corpus/"]
working-dir = "/srv/fuzz"
environment = { ASAN_OPTIONS = "detect_leaks=0" }
replay = "always"
replay-tries = 9
replay-time = "2m"
give-up-after = 0
snapshot-at = "03:30"
snapshot-select = "top 500"
snapshot-max-file = "2MB"
share = false
share-budget = "64KB"

[[target]]
name = "xml"
engine = "afl"
output = "/srv/afl/xml"
replay-command = ["/srv/afl/xml_asan", "@@"]
snapshot-interval = "0"
)",
                                     "a.toml");
  REQUIRE(targets);
  REQUIRE(targets->size() == 2);
  const auto& png = (*targets)[0];
  CHECK(png.command.size() == 3);
  CHECK(png.working_dir == "/srv/fuzz");
  CHECK(png.environment == Variables{{"ASAN_OPTIONS", "detect_leaks=0"}});
  CHECK(png.replay.when == ReplayWhen::kAlways);
  CHECK(png.replay.tries == 9);
  CHECK(png.replay.time_limit == std::chrono::minutes(2));
  CHECK(png.restart.give_up_after == 0);
  CHECK(png.snapshots.at == std::chrono::minutes(210));
  CHECK(png.snapshots.interval == kDaily);
  CHECK(png.selection == SelectionPolicy{.all = false, .top = 500, .max_file_bytes = 2u << 20});
  CHECK(png.share == ShareSettings{.on = false, .budget = 64u << 10});
  CHECK_FALSE(png.engine.has_value());
  const auto& xml = (*targets)[1];
  CHECK(xml.command.empty());
  CHECK(xml.engine == Engine::kAfl);
  CHECK(xml.replay.command == std::vector<std::string>{"/srv/afl/xml_asan", "@@"});
  CHECK(xml.snapshots.interval.count() == 0);
  CHECK(xml.selection == SelectionPolicy{});
  CHECK(xml.share == ShareSettings{});
}

TEST_CASE("what is wrong in the file is said with its line") {
  CHECK(why("") == "a.toml: no [[target]] in it");
  CHECK(why("[[target]]\nname = ").find("a.toml:2: ") == 0);
  CHECK(why("[[target]]\nname = \"a\"\nrss = 3") == "a.toml:3: a target has no key 'rss'");
  CHECK(why("[[target]]\nname = \"a b\"\ncommand = [\"x\"]").find("'a b' is no name") != std::string::npos);
  CHECK(why("[[target]]\ncommand = [\"x\"]").find("wants a name") != std::string::npos);
  CHECK(why("[[target]]\nname = \"a\"").find("wants a command, or the output") != std::string::npos);
  CHECK(why("[[target]]\nname = \"a\"\noutput = \"o\"").find("which engine") != std::string::npos);
  CHECK(why("[[target]]\nname = \"a\"\ncommand = \"x\"").find("a.toml:3: command: wants a list") == 0);
  CHECK(why("[[target]]\nname = \"a\"\ncommand = [\"x\"]\nreplay-time = 5").find("\"30s\"") !=
        std::string::npos);
  CHECK(why("[[target]]\nname = \"a\"\ncommand = [\"x\"]\nreplay-tries = 0").find("from 1 to 100") !=
        std::string::npos);
  CHECK(why("[[target]]\nname = \"a\"\ncommand = [\"x\"]\nengine = \"aff\"").find("none of libfuzzer") !=
        std::string::npos);
  const std::string one = "[[target]]\nname = \"a\"\ncommand = [\"x\"]\n";
  CHECK(why(one + one) == "a.toml:4: two targets are called 'a'");
  CHECK(why("target = 3") == "a.toml:1: 'target' is unknown here; targets are written as [[target]]");
}

}  // namespace fuzzmill::producers
