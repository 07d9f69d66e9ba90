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

struct Fixture {
  tests::RedisServer server;
  store::Redis redis = server.connect();
  store::CrashIndex index{redis};

  // A crash of the group, classified at once; what people are told of it.
  store::AlertKind crash(std::uint64_t number, std::uint64_t time_ms, const std::string& group = kGroup) {
    const auto id = schema::EventId::of(7, number);
    const auto now = time_ms;
    const std::string signature = group + std::string(48, '0');
    REQUIRE(
        index.record({{id, group, signature, {}, "heap-buffer-overflow", "nyc", "fuzz_tlv", time_ms}}, now));
    REQUIRE(index.classify({{id, group, signature, schema::Severity::kHigh, true, "heap-buffer-overflow",
                             "boom", "", "[]", time_ms}}));
    const auto claims = index.claim_alerts({{id, group, signature, time_ms}}, now);
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

TEST_CASE("groups are merged and taken apart by hand, with who, when and why") {
  Fixture f;
  const std::string other = "91c0000000000002", third = "91c1000000000003";
  CHECK(f.crash(1, runtime::unix_ms()) == store::AlertKind::kNew);
  CHECK(f.crash(2, runtime::unix_ms(), other) == store::AlertKind::kNew);
  CHECK(f.crash(3, runtime::unix_ms(), third) == store::AlertKind::kNew);
  const auto before = runtime::unix_ms();
  REQUIRE(f.crashes({"merge", "3f2a", "91c0", "91c1", "--why", "same lock", "--who", "ann"}));
  const auto detail = f.index.show(kGroup);
  REQUIRE(detail);
  CHECK(detail->row.count == 3);
  REQUIRE(detail->members.size() == 2);
  for (const auto& part : detail->members) {
    CHECK(part.merged_by == "ann");
    CHECK(part.merged_why == "same lock");
    CHECK(part.merged_ms >= before);
  }
  CHECK(f.crash(4, runtime::unix_ms(), other) == store::AlertKind::kNone);
  REQUIRE(f.crashes({"show", "91c0", "--json"}));
  REQUIRE(f.crashes({"list", "--explain"}));
  REQUIRE(f.crashes({"list", "--explain", "--json", "--limit", "1"}));

  REQUIRE(f.crashes({"unmerge", "91c0", "--why", "no, another"}));
  const auto alone = f.index.show(other);
  REQUIRE(alone);
  CHECK(alone->row.count == 2);
  CHECK(alone->row.merged_into.empty());
  REQUIRE(alone->history.size() == 2);
  CHECK(alone->history[0].why == "no, another");
  CHECK(alone->history[0].by.find('@') != std::string::npos);
  CHECK(f.row().count == 2);
}

TEST_CASE("merge and unmerge want groups that are there and a reason, and find all before anything happens") {
  Fixture f;
  CHECK(f.crash(1, runtime::unix_ms()) == store::AlertKind::kNew);
  CHECK(f.crash(2, runtime::unix_ms(), "91c0000000000002") == store::AlertKind::kNew);
  const auto code = [&](std::vector<std::string> words) { return f.crashes(std::move(words)).error().code; };
  CHECK(code({"merge", "3f2a", "91c0"}) == schema::ErrorCode::kInvalid);
  CHECK(code({"merge", "3f2a", "--why", "x"}) == schema::ErrorCode::kInvalid);
  CHECK(code({"unmerge", "3f2a"}) == schema::ErrorCode::kInvalid);
  CHECK(code({"unmerge", "3f2a", "91c0", "--why", "x"}) == schema::ErrorCode::kInvalid);
  CHECK(code({"unmerge", "3f2a", "--why", "x"}) == schema::ErrorCode::kConflict);
  CHECK(code({"merge", "3f2a", "91c0", "ffff", "--why", "x"}) == schema::ErrorCode::kNotFound);
  CHECK(f.row().members == 0);
}
