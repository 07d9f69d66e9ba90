#include "producers/evidence/pending.h"

#include "tests/catch.h"
#include "tests/few_files.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

schema::Event crash_event(const std::string& artifact) {
  schema::Event event;
  event.node = "london", event.target = "t", event.time_ms = 7;
  schema::CrashFound body;
  body.engine = "afl", body.artifact = artifact, body.artifact_kind = "crash", body.report_source = "none";
  event.body = body;
  return event;
}

}  // namespace

TEST_CASE("a pending crash is there for the next process, until it is forgotten") {
  tests::TemporaryFolder folder;
  {
    auto pending = PendingCrashes::open(folder.path() / "pending", 1000);
    REQUIRE(pending);
    REQUIRE(pending->keep(crash_event("id:000000,sig:06,op:\xff"), "one", "its report"));
    REQUIRE(pending->keep(crash_event("id:000001"), "two", std::nullopt));
    REQUIRE(pending->keep(crash_event("id:000002"), "two", std::nullopt));  // the same crash again
  }
  auto pending = PendingCrashes::open(folder.path() / "pending", 1000);
  REQUIRE(pending);
  CHECK(pending->holds("crash", schema::sha256("two")));
  CHECK_FALSE(pending->holds("crash", schema::sha256("three")));
  auto crashes = pending->list(10, {});
  REQUIRE(crashes.size() == 2);
  for (const auto& crash : crashes) {
    CHECK(crash.content == schema::sha256(folder.read("pending/" + crash.input.filename().string())));
    CHECK(crash.event.node == "london");
    CHECK(crash.report.has_value() == (crash.content == schema::sha256("one")));
    CHECK(pending->list(10, {crash.input}).size() < crashes.size());
    pending->forget(crash);
  }
  CHECK(pending->list(10, {}).empty());
  CHECK(std::filesystem::is_empty(folder.path() / "pending"));
}

TEST_CASE("what waits is bounded, and what is over the bound is refused, not dropped") {
  tests::TemporaryFolder folder;
  auto pending = PendingCrashes::open(folder.path() / "pending", 10);
  REQUIRE(pending);
  const auto kept = pending->keep(crash_event("a"), "12345678", std::nullopt);
  REQUIRE(kept);
  CHECK(pending->keep(crash_event("b"), "abcdefgh", std::nullopt).error().code ==
        schema::ErrorCode::kUnavailable);
  pending->forget(*kept);
  REQUIRE(pending->keep(crash_event("b"), "abcdefgh", std::nullopt));
}

TEST_CASE("a crash that was half kept when the power went is not taken for one") {
  tests::TemporaryFolder folder;
  auto pending = PendingCrashes::open(folder.path(), 1000);
  REQUIRE(pending);
  folder.write("aa.crash.input", "bytes"), folder.write("aa.crash.report", "text");
  folder.write("bb.crash.input", "bytes"), folder.write("bb.crash.event", "no event");
  CHECK(pending->list(10, {}).empty());
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a crash that cannot be read now is left for later") {
  tests::TemporaryFolder folder;
  auto pending = PendingCrashes::open(folder.path(), 1000);
  REQUIRE(pending);
  REQUIRE(pending->keep(crash_event("a"), "bytes", std::nullopt));
  std::vector<PendingCrash> found;
  {
    const tests::FewFiles bound(1);  // the folder can be listed
    found = pending->list(10, {});
  }
  CHECK(found.empty());
  CHECK(pending->holds("crash", schema::sha256("bytes")));
  CHECK(pending->list(10, {}).size() == 1);
}

}  // namespace fuzzmill::producers
