#include "broker/spool.h"

#include "schema/event_codec.h"
#include "schema/limits.h"
#include "tests/catch.h"
#include "tests/redis_server.h"

using namespace fuzzmill;
using broker::Spool;

namespace {

schema::Event event_of(schema::Body body) {
  schema::Event event;
  event.node = "n";
  event.target = "t";
  event.time_ms = 1;
  event.body = std::move(body);
  return event;
}
schema::Event crash() {
  schema::CrashFound body{"libfuzzer", "crash-1", "crash", "log", {}, {}, {}, {}, {}, {}, {}};
  return event_of(body);
}
schema::Event sample(std::size_t size = 0) {
  schema::ResourceSample body;
  body.states.assign(size, 'S');
  return event_of(body);
}
schema::Event snapshot(std::size_t size) {
  schema::CorpusSnapshot body;
  body.selection.assign(size, 's');
  return event_of(body);
}

std::uint64_t source_of(Spool& spool, schema::Topic topic) {
  for (const auto& lane : spool.lanes()) {
    if (lane.topic == topic) return lane.source;
  }
  return 0;
}

// Runs the test on both spools: they keep the same rules.
template <class F>
void on_each(std::uint64_t max_bytes, F&& test) {
  SECTION("in memory") {
    auto spool = broker::memory_spool(max_bytes, 7);
    test(*spool);
  }
  SECTION("in SQLite") {
    const tests::TemporaryFolder folder;
    auto spool = broker::open_spool(folder.path() / "a.spool", max_bytes);
    REQUIRE(spool);
    test(**spool);
  }
}

}  // namespace

TEST_CASE("events of a topic are numbered from one and come back in order with their attachments") {
  on_each(1 << 20, [](Spool& spool) {
    REQUIRE(spool.put(crash(), {{"input", "abc"}, {"report", std::string("\0x", 2)}}));
    const auto second = spool.put(crash(), {});
    REQUIRE(second);
    const std::uint64_t source = source_of(spool, schema::Topic::kCrashFound);
    CHECK(*second == schema::EventId::of(source, 2));
    const auto events = spool.after(source, 0, 10, 1 << 20);
    REQUIRE(events);
    REQUIRE(events->size() == 2);
    CHECK((*events)[0].attachments == std::vector<std::string>{"abc", std::string("\0x", 2)});
    const auto decoded = schema::decode((*events)[0].event);
    REQUIRE(decoded);
    CHECK(decoded->attachments[0].sha256 == schema::sha256("abc"));
    CHECK(spool.after(source, 1, 10, 1 << 20)->size() == 1);
    CHECK(spool.after(source, 0, 1, 1 << 20)->size() == 1);
    CHECK(spool.after(source, 0, 10, 1)->size() == 1);  // at least one
  });
}

TEST_CASE("what is forgotten is gone and its sequence is never used again") {
  on_each(1 << 20, [](Spool& spool) {
    for (int i = 0; i < 3; ++i) REQUIRE(spool.put(crash(), {{"input", "x"}}));
    const std::uint64_t source = source_of(spool, schema::Topic::kCrashFound);
    REQUIRE(spool.forget(source, 2));
    CHECK(spool.state().events == 1);
    REQUIRE(spool.forget(source, 3));
    CHECK(spool.state().events == 0);
    CHECK(spool.state().bytes == 0);
    CHECK(*spool.put(crash(), {}) == schema::EventId::of(source, 4));
  });
}

TEST_CASE("a refused event leaves the lane and is counted") {
  on_each(1 << 20, [](Spool& spool) {
    for (int i = 0; i < 3; ++i) REQUIRE(spool.put(crash(), {}));
    const std::uint64_t source = source_of(spool, schema::Topic::kCrashFound);
    REQUIRE(spool.set_aside(source, 2, "bad"));
    CHECK(spool.state().refused == 1);
    CHECK(spool.state().events == 2);
    const auto events = spool.after(source, 1, 10, 1 << 20);
    REQUIRE(events->size() == 1);
    CHECK((*events)[0].sequence == 3);
  });
}

TEST_CASE("samples make way first, then snapshots, and crashes never") {
  on_each(40'000, [](Spool& spool) {
    for (int i = 0; i < 10; ++i) REQUIRE(spool.put(sample(1000), {}));
    REQUIRE(spool.put(snapshot(10'000), {}));
    // Crashes of 2 KB until nothing else is left to drop.
    int crashes = 0;
    while (spool.put(crash(), {{"input", std::string(2000, 'x')}})) ++crashes;
    CHECK(crashes > 14);
    CHECK(spool.after(source_of(spool, schema::Topic::kResourceSample), 0, 100, 1 << 20)->empty());
    CHECK(spool.after(source_of(spool, schema::Topic::kCorpusSnapshot), 0, 100, 1 << 20)->empty());
    CHECK(spool.after(source_of(spool, schema::Topic::kCrashFound), 0, 100, 1 << 20)->size() ==
          static_cast<std::size_t>(crashes));
    CHECK(spool.state().dropped == 11);
    const auto refused = spool.put(crash(), {{"input", std::string(2000, 'x')}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == schema::ErrorCode::kUnavailable);
  });
}

TEST_CASE("an event over the limits of the protocol is refused before it is kept") {
  on_each(1u << 30, [](Spool& spool) {
    const auto put = spool.put(crash(), {{"input", std::string(schema::kMaxAttachmentSize + 1, 'x')}});
    REQUIRE_FALSE(put);
    CHECK(put.error().code == schema::ErrorCode::kTooLarge);
    CHECK(spool.state().events == 0);
  });
}

TEST_CASE("an event whose node is no name is refused before it is kept") {
  on_each(1 << 20, [](Spool& spool) {
    schema::Event event = crash();
    event.node = "../x";
    const auto put = spool.put(event, {});
    REQUIRE_FALSE(put);
    CHECK(put.error().code == schema::ErrorCode::kInvalid);
  });
}

TEST_CASE("a spool on disk is there again after its process has ended") {
  const tests::TemporaryFolder folder;
  std::uint64_t source = 0;
  {
    auto spool = broker::open_spool(folder.path() / "a.spool", 1 << 20);
    REQUIRE(spool);
    for (int i = 0; i < 3; ++i) REQUIRE((*spool)->put(crash(), {{"input", "x"}}));
    source = source_of(**spool, schema::Topic::kCrashFound);
    REQUIRE((*spool)->forget(source, 3));
    REQUIRE((*spool)->put(crash(), {{"input", "y"}}));
  }
  auto spool = broker::open_spool(folder.path() / "a.spool", 1 << 20);
  REQUIRE(spool);
  CHECK((*spool)->state().events == 1);
  CHECK(source_of(**spool, schema::Topic::kCrashFound) == source);
  const auto events = (*spool)->after(source, 0, 10, 1 << 20);
  REQUIRE(events->size() == 1);
  CHECK((*events)[0].sequence == 4);
  CHECK((*events)[0].attachments == std::vector<std::string>{"y"});
  CHECK(*(*spool)->put(crash(), {}) == schema::EventId::of(source, 5));
}

TEST_CASE("a spool that cannot be opened says which file") {
  const auto spool = broker::open_spool("/proc/none/x.spool", 1 << 20);
  REQUIRE_FALSE(spool);
  CHECK(spool.error().message.find("/proc/none/x.spool") != std::string::npos);
}
