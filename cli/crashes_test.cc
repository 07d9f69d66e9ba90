// The command `crashes` over a real Redis: what people say of a group, and what comes of it.
#include "cli/command.h"
#include "runtime/health.h"
#include "store/crash_index.h"
#include "tests/catch.h"
#include "tests/redis_server.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;

namespace {

const std::string kGroup = "3f2a000000000001";
const std::string kSignature = kGroup + std::string(48, '0');

struct Fixture {
  tests::RedisServer server;
  store::Redis redis = server.connect();
  store::CrashIndex index{redis};

  // A crash of the group, classified at once; what people are told of it.
  store::AlertKind crash(std::uint64_t number, std::uint64_t time_ms) {
    const auto id = schema::EventId::of(7, number);
    const auto now = time_ms;
    REQUIRE(index.record({{id, kGroup, kSignature, {}, "heap-buffer-overflow", "nyc", "fuzz_tlv", time_ms}},
                         now));
    REQUIRE(index.classify({{id, kGroup, kSignature, schema::Severity::kHigh, true, "heap-buffer-overflow",
                             "boom", "", "[]", time_ms}}));
    const auto claims = index.claim_alerts({{id, kGroup, kSignature, time_ms}}, now);
    REQUIRE(claims);
    return claims->front().kind;
  }
  store::GroupRow row() {
    const auto detail = index.show(kGroup);
    REQUIRE(detail);
    return detail->row;
  }
  schema::Result<ExitCode> crashes(std::vector<std::string> words) {
    DeclaredCommand declared(*find_command("crashes"));
    words.insert(words.end(), {"--redis", "unix:" + server.address().unix_path});
    const auto nothing = [](const std::string&) -> std::optional<std::string> { return std::nullopt; };
    const auto parsed = declared.options.parse({std::move(words), nothing, {}}, known_options());
    if (!parsed) return parsed.error();
    return declared.command->run();
  }
};

}  // namespace

TEST_CASE(
    "a group that was resolved and crashes again is returned, and people are told who had resolved it") {
  Fixture f;
  const auto before = runtime::unix_ms() - 60'000;
  CHECK(f.crash(1, before) == store::AlertKind::kNew);
  REQUIRE(f.crashes({"resolve", "3f2a", "--because", "mended in 1a2b3c"}));
  auto row = f.row();
  CHECK(row.state == "resolved");
  CHECK(row.state_because == "mended in 1a2b3c");
  CHECK(row.state_by.find('@') != std::string::npos);
  CHECK(row.state_ms > before);

  CHECK(f.crash(2, before) == store::AlertKind::kNone);  // an old crash that was on its way
  CHECK(f.row().state == "resolved");
  CHECK(f.crash(3, row.state_ms + 1) == store::AlertKind::kReturned);
  row = f.row();
  CHECK(row.state == "returned");
  CHECK(row.state_because == "mended in 1a2b3c");

  REQUIRE(f.crashes({"reopen", kGroup, "--because", "half of it", "--json"}));
  row = f.row();
  CHECK(row.state == "open");
  CHECK(row.state_because == "half of it");
  CHECK(f.crash(4, row.state_ms + 1) == store::AlertKind::kNone);
  REQUIRE(f.crashes({"show", "3f2a"}));
}

TEST_CASE("a verdict wants a group that is there, and resolve a reason") {
  Fixture f;
  CHECK(f.crash(1, runtime::unix_ms()) == store::AlertKind::kNew);
  const auto code = [&](std::vector<std::string> words) { return f.crashes(std::move(words)).error().code; };
  CHECK(code({"resolve", "3f2a"}) == schema::ErrorCode::kInvalid);
  CHECK(code({"resolve", "--because", "x"}) == schema::ErrorCode::kInvalid);
  CHECK(code({"reopen"}) == schema::ErrorCode::kInvalid);
  CHECK(code({"forget", "3f2a"}) == schema::ErrorCode::kInvalid);
  CHECK(code({"list", "3f2a"}) == schema::ErrorCode::kInvalid);
  CHECK(code({"resolve", "ffff", "--because", "x"}) == schema::ErrorCode::kNotFound);
  CHECK(code({"resolve", "3f2a", "--because", std::string(5000, 'x')}) == schema::ErrorCode::kInvalid);
  CHECK(f.row().state == "new");
}
