#include "cli/corpus/minimize_target.h"

#include <set>

#include "cli/corpus/publish_crashers.h"
#include "producers/agent/vector_outbox.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;
namespace fs = std::filesystem;

TEST_CASE("The corpus of a command is the folders of libFuzzer, and the queues of AFL++") {
  const tests::TemporaryFolder folder;
  const auto base = folder.path();
  CHECK(corpus_of(producers::Engine::kLibfuzzer, {"./t", "-max_len=8", "one", "/two"}, base) ==
        std::vector<fs::path>{base / "one", "/two"});
  for (const char* file :
       {"out/main/queue/a", "out/main/fuzzer_stats", "out/other/queue/a", "out/other/fuzzer_stats"})
    folder.write(file, "");
  const auto queues =
      corpus_of(producers::Engine::kAfl, {"afl-fuzz", "-i", "in", "-o", "out", "--", "./t"}, base);
  CHECK(std::set<fs::path>(queues.begin(), queues.end()) ==
        std::set<fs::path>{base / "out/main/queue", base / "out/other/queue"});
  CHECK(corpus_of(producers::Engine::kAfl, {"./t", "@@"}, base).empty());
}

TEST_CASE("A target that nobody knows is refused with what to give") {
  const auto error = [](const TargetChoice& choice) {
    const auto found = find_target(choice);
    REQUIRE_FALSE(found.ok());
    return found.error().message;
  };
  CHECK(error({}).find("corpus minimize -- ") != std::string::npos);
  CHECK(error({"no-such-target", "", "auto", {}}).find("--targets") != std::string::npos);
  const tests::TemporaryFolder folder;
  folder.write("t.toml", "[[target]]\nname = \"png\"\ncommand = [\"./fuzz_png\", \"corpus/\"]\n");
  CHECK(error({"xml", (folder.path() / "t.toml").string(), "auto", {}}).find("no target 'xml'") !=
        std::string::npos);
}

TEST_CASE("Crashers that were set aside are published once, with input and report") {
  const tests::TemporaryFolder folder;
  const std::string sha256 = schema::sha256_hex("CRASH");
  folder.write("out/crashers/" + sha256 + ".crash", "CRASH");
  folder.write("out/crashers/" + sha256 + ".crash.txt", "==1==ERROR: libFuzzer: deadly signal\n");
  folder.write("out/crashers/README", "not ours");
  folder.write("out/minimize.json", "{\n\"engine\": \"afl\",\n}\n");
  const auto crashers = read_crashers(folder.path() / "out");
  REQUIRE(crashers.size() == 1);
  CHECK(crashers[0].kind == "crash");
  CHECK(engine_in(folder.path() / "out") == "afl");
  producers::VectorOutbox outbox;
  for (const std::size_t fresh : {1, 0}) {
    const auto count = publish_crashers(outbox, "nyc", "png", producers::Engine::kAfl, crashers, 5);
    REQUIRE(count.ok());
    CHECK(*count == fresh);
  }
  REQUIRE(outbox.events.size() == 1);
  CHECK(outbox.events[0].attachment("input") == "CRASH");
  CHECK(outbox.events[0].attachment("report").find("deadly signal") != std::string::npos);
  CHECK(outbox.events[0].as<schema::CrashFound>()->artifact_kind == "crash");
}
