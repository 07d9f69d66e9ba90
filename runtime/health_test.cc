#include "runtime/health.h"

#include <unistd.h>

#include <fstream>

#include "runtime/exit_code.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using namespace fuzzmill::runtime;

namespace {

constexpr std::uint64_t kNow = 1'800'000'000'000;

HealthVerdict judge(HealthRecord record, bool alive = true) {
  auto verdicts = judge_health({record}, kNow, [alive](std::uint64_t) { return alive; });
  REQUIRE(verdicts.size() == 1);
  return verdicts[0];
}

}  // namespace

TEST_CASE("a process is well while its file is fresh, its pid lives and it is ready") {
  CHECK(judge({"broker", 7, "ready", kNow - kHealthFreshMs, {}}).well);
  CHECK(judge({"broker", 7, "ready", kNow + 1000, {}}).well);

  const auto silent = judge({"broker", 7, "ready", kNow - kHealthFreshMs - 1, {}});
  CHECK(!silent.well);
  CHECK(silent.why.find("silent for 15 s") != std::string::npos);
  CHECK(!judge({"broker", 7, "ready", kNow + kHealthFreshMs + 1, {}}).well);

  const auto dead = judge({"broker", 7, "ready", kNow, {}}, false);
  CHECK(!dead.well);
  CHECK(dead.why.find("process 7 is gone") != std::string::npos);

  CHECK(judge({"broker", 7, "starting", kNow, {}}).why == "starting");
  CHECK(judge({"broker", 7, "ready", kNow, "is not a health file"}).why == "is not a health file");
}

TEST_CASE("a health record survives its encoding, and what is no record is refused with a reason") {
  const auto decoded = decode_health(encode_health({"worker-alert", 42, "no \"broker\"", kNow, {}}));
  REQUIRE(decoded.ok());
  CHECK(decoded->process == "worker-alert");
  CHECK(decoded->pid == 42);
  CHECK(decoded->state == "no \"broker\"");
  CHECK(decoded->updated_ms == kNow);
  for (const char* wrong : {"", "[]", "{", R"({"pid":-1,"state":"ready","updated_ms":1})",
                            R"({"pid":1,"state":1})", R"({"pid":1,"updated_ms":1})"}) {
    INFO(wrong);
    CHECK(!decode_health(wrong).ok());
  }
}

TEST_CASE("a health file is there while its process runs, says its state, and goes in good order") {
  const tests::TemporaryFolder folder;
  const auto only = [&] {
    auto records = read_health(folder.path());
    REQUIRE(records.ok());
    REQUIRE(records->size() == 1);
    return records->front();
  };
  {
    HealthFile file(folder.path(), "broker");
    REQUIRE(file.written().ok());
    CHECK(only().process == "broker");
    CHECK(only().state == "starting");
    CHECK(only().pid == static_cast<std::uint64_t>(getpid()));
    file.set_state("ready");
    CHECK(judge_health({only()}, unix_ms(), pid_alive)[0].well);
  }
  CHECK(read_health(folder.path())->empty());
  CHECK(!read_health(folder.path() / "nothing").ok());
}

TEST_CASE("a broken health file is a process that is not well") {
  const tests::TemporaryFolder folder;
  std::ofstream(folder.path() / "broker.health") << "half";
  const auto records = read_health(folder.path());
  REQUIRE(records.ok());
  REQUIRE(records->size() == 1);
  CHECK(records->front().process == "broker");
  CHECK(!judge_health(*records, unix_ms(), pid_alive)[0].well);
}

TEST_CASE("exit codes are numbered as their table says, without a gap") {
  int expected = 0;
  for (const auto& row : exit_codes()) CHECK(static_cast<int>(row.code) == expected++);
}
