#include "broker/spool.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "broker/spool_rules.h"
#include "schema/event_codec.h"
#include "schema/limits.h"
#include "tests/catch.h"
#include "tests/sample_events.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using broker::Spool;

namespace {

using tests::crash_event;
using tests::event_of;

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

schema::Event watched(const std::string& target, double cpu) {
  schema::ResourceSample body;
  body.interval_ms = 1000;
  body.cpu_percent = cpu;
  auto event = event_of(body);
  event.target = target;
  return event;
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
    REQUIRE(spool.put(crash_event(), {{"input", "abc"}, {"report", std::string("\0x", 2)}}));
    const auto second = spool.put(crash_event(), {});
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
    for (int i = 0; i < 3; ++i) REQUIRE(spool.put(crash_event(), {{"input", "x"}}));
    const std::uint64_t source = source_of(spool, schema::Topic::kCrashFound);
    REQUIRE(spool.forget(source, 2));
    CHECK(spool.state().events == 1);
    REQUIRE(spool.forget(source, 3));
    CHECK(spool.state().events == 0);
    CHECK(spool.state().bytes == 0);
    CHECK(*spool.put(crash_event(), {}) == schema::EventId::of(source, 4));
  });
}

TEST_CASE("a refused event leaves the lane and is counted") {
  on_each(1 << 20, [](Spool& spool) {
    for (int i = 0; i < 3; ++i) REQUIRE(spool.put(crash_event(), {}));
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
    while (spool.put(crash_event(), {{"input", std::string(2000, 'x')}})) ++crashes;
    CHECK(crashes > 14);
    CHECK(spool.after(source_of(spool, schema::Topic::kResourceSample), 0, 100, 1 << 20)->empty());
    CHECK(spool.after(source_of(spool, schema::Topic::kCorpusSnapshot), 0, 100, 1 << 20)->empty());
    CHECK(spool.after(source_of(spool, schema::Topic::kCrashFound), 0, 100, 1 << 20)->size() ==
          static_cast<std::size_t>(crashes));
    CHECK(spool.state().merged == 9);  // the ten samples thinned out to one first
    CHECK(spool.state().dropped == 2);
    const auto refused = spool.put(crash_event(), {{"input", std::string(2000, 'x')}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == schema::ErrorCode::kUnavailable);
  });
}

TEST_CASE("what ranks higher does not make way for what ranks below it") {
  on_each(12'000, [](Spool& spool) {
    REQUIRE(spool.put(event_of(schema::Heartbeat{}), {}));
    REQUIRE(spool.put(snapshot(9'000), {}));
    for (int i = 0; i < 40; ++i) (void)spool.put(watched("target-" + std::to_string(i), i), {});
    CHECK(spool.state().dropped > 0);
    CHECK(spool.after(source_of(spool, schema::Topic::kHeartbeat), 0, 100, 1 << 20)->size() == 1);
    CHECK(spool.after(source_of(spool, schema::Topic::kCorpusSnapshot), 0, 100, 1 << 20)->size() == 1);
    CHECK_FALSE(spool.put(sample(5'000), {}));
    REQUIRE(spool.put(snapshot(9'000), {}));  // of its own rank the older goes
    CHECK(spool.after(source_of(spool, schema::Topic::kCorpusSnapshot), 0, 100, 1 << 20)->size() == 1);
  });
}

TEST_CASE("nothing is dropped for an event that would not fit all the same") {
  on_each(20'000, [](Spool& spool) {
    for (int i = 0; i < 10; ++i) REQUIRE(spool.put(watched("target-" + std::to_string(i), i), {}));
    REQUIRE(spool.put(crash_event(), {{"input", std::string(10'000, 'x')}}));
    const auto before = spool.state();
    CHECK_FALSE(spool.put(crash_event(), {{"input", std::string(12'000, 'x')}}));
    CHECK(spool.state().events == before.events);
    CHECK(spool.state().dropped == 0);
    CHECK(spool.state().merged == 0);
  });
}

TEST_CASE("an event over the limits of the protocol is refused before it is kept") {
  on_each(1u << 30, [](Spool& spool) {
    const auto put = spool.put(crash_event(), {{"input", std::string(schema::kMaxAttachmentSize + 1, 'x')}});
    REQUIRE_FALSE(put);
    CHECK(put.error().code == schema::ErrorCode::kTooLarge);
    CHECK(spool.state().events == 0);
  });
}

TEST_CASE("an event whose node is no name is refused before it is kept") {
  on_each(1 << 20, [](Spool& spool) {
    schema::Event event = crash_event();
    event.node = "../x";
    const auto put = spool.put(event, {});
    REQUIRE_FALSE(put);
    CHECK(put.error().code == schema::ErrorCode::kInvalid);
  });
}

TEST_CASE("samples thin out before any is dropped, and what they say stays") {
  on_each(40'000, [](Spool& spool) {
    for (int i = 0; i < 600; ++i) REQUIRE(spool.put(watched(i % 2 == 0 ? "a" : "b", i), {}));
    CHECK(spool.state().dropped == 0);
    CHECK(spool.state().bytes <= 40'000);
    const auto events = *spool.after(source_of(spool, schema::Topic::kResourceSample), 0, 1000, 1 << 20);
    CHECK(events.size() == spool.state().events);
    CHECK(spool.state().events + spool.state().merged == 600);
    std::uint64_t samples = 0, interval = 0, last = 0, bytes = 0;
    double low = 1000, high = 0;
    for (const auto& event : events) {
      CHECK(event.sequence > last);
      last = event.sequence;
      bytes += broker::size_of(event);
      const auto decoded = schema::decode(event.event);
      CHECK(decoded->id == schema::EventId::of(event.source, event.sequence));
      const auto& sample = std::get<schema::ResourceSample>(decoded->body);
      samples += sample.merged.value_or(1);
      interval += sample.interval_ms;
      low = std::min(low, sample.cpu_min.value_or(sample.cpu_percent));
      high = std::max(high, sample.cpu_max.value_or(sample.cpu_percent));
    }
    CHECK(last == 600);  // the newest is there
    CHECK(samples == 600);
    CHECK(interval == 600'000);
    CHECK(low == 0);
    CHECK(high == 599);
    CHECK(bytes == spool.state().bytes);
  });
}

TEST_CASE("samples that were handed out to be sent are not changed") {
  on_each(12'000, [](Spool& spool) {
    for (int i = 0; i < 20; ++i) REQUIRE(spool.put(watched("t", i), {}));
    const std::uint64_t source = source_of(spool, schema::Topic::kResourceSample);
    const auto sent = *spool.after(source, 0, 10, 1 << 20);
    REQUIRE(sent.size() == 10);
    while (spool.state().merged == 0) REQUIRE(spool.put(crash_event(), {{"input", std::string(500, 'x')}}));
    REQUIRE(spool.state().dropped == 0);
    const auto now = *spool.after(source, 0, 10, 1 << 20);
    REQUIRE(now.size() == 10);
    for (std::size_t i = 0; i < 10; ++i) {
      CHECK(now[i].sequence == sent[i].sequence);
      CHECK(now[i].event == sent[i].event);
    }
  });
}

TEST_CASE("samples make way where thinning does not help") {
  on_each(12'000, [](Spool& spool) {
    for (int i = 0; i < 100; ++i) REQUIRE(spool.put(watched("target-" + std::to_string(i), i), {}));
    CHECK(spool.state().merged == 0);
    CHECK(spool.state().dropped > 0);
    const std::uint64_t source = source_of(spool, schema::Topic::kResourceSample);
    const auto left = *spool.after(source, 0, 100, 1 << 20);
    REQUIRE_FALSE(left.empty());
    CHECK(left.back().sequence == 100);
    CHECK(left.size() + spool.state().dropped == 100);
  });
}

TEST_CASE("a clock that jumps back loses and reorders nothing") {
  on_each(1 << 20, [](Spool& spool) {
    const std::vector<std::uint64_t> jumps = {1'700'000'000'000u, 5, 1'700'000'000'001u, 0};
    for (const std::uint64_t time : jumps) {
      schema::Event event = crash_event();
      event.time_ms = time;
      REQUIRE(spool.put_once("key " + std::to_string(time), event, {}));
    }
    const auto events = *spool.after(source_of(spool, schema::Topic::kCrashFound), 0, 10, 1 << 20);
    REQUIRE(events.size() == 4);
    std::vector<std::uint64_t> times;
    for (const auto& event : events) times.push_back(schema::decode(event.event)->time_ms);
    CHECK(times == jumps);
  });
}

TEST_CASE("a key is put once, and is remembered when its event is forgotten") {
  on_each(1 << 20, [](Spool& spool) {
    CHECK_FALSE(spool.remembers("k"));
    CHECK(*spool.put_once("k", crash_event(), {{"input", "x"}}));
    CHECK(spool.remembers("k"));
    CHECK_FALSE(*spool.put_once("k", crash_event(), {{"input", "y"}}));
    CHECK(spool.state().events == 1);
    REQUIRE(spool.forget(source_of(spool, schema::Topic::kCrashFound), 1));
    CHECK(spool.remembers("k"));
    CHECK_FALSE(*spool.put_once("k", crash_event(), {}));
    CHECK(spool.state().events == 0);
    CHECK(*spool.put_once(std::string("k\0l", 3), crash_event(), {}));  // any bytes
    CHECK_FALSE(spool.remembers(std::string("k\0m", 3)));
  });
}

TEST_CASE("a key whose event is not kept is not remembered") {
  on_each(5'000, [](Spool& spool) {
    const std::string large(4'000, 'x');
    CHECK(*spool.put_once("first", crash_event(), {{"input", large}}));
    const auto full = spool.put_once("second", crash_event(), {{"input", large}});
    REQUIRE_FALSE(full);
    CHECK(full.error().code == schema::ErrorCode::kUnavailable);
    CHECK_FALSE(spool.remembers("second"));
    schema::Event nameless = crash_event();
    nameless.node = "";
    CHECK_FALSE(spool.put_once("third", nameless, {}));
    CHECK_FALSE(spool.remembers("third"));
    REQUIRE(spool.forget(source_of(spool, schema::Topic::kCrashFound), 1));
    CHECK(*spool.put_once("second", crash_event(), {{"input", large}}));
  });
}

TEST_CASE("many threads that put at once put each key once, and every number is used once") {
  on_each(64 << 20, [](Spool& spool) {
    std::atomic<int> put = 0, known = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) {
          const auto one = spool.put_once("key " + std::to_string(i), crash_event(), {{"input", "x"}});
          if (one) ++(*one ? put : known);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(put == 100);
    CHECK(known == 700);
    CHECK(spool.state().events == 100);
    const auto events = *spool.after(source_of(spool, schema::Topic::kCrashFound), 0, 1000, 1 << 20);
    REQUIRE(events.size() == 100);
    for (std::size_t i = 1; i < events.size(); ++i) CHECK(events[i].sequence > events[i - 1].sequence);
  });
}

TEST_CASE("what was put once, and what was handed out, is known after the process has ended") {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "a.spool";
  std::vector<broker::SpooledEvent> sent;
  {
    auto spool = *broker::open_spool(file, 12'000);
    CHECK(*spool->put_once("k", crash_event(), {}));
    for (int i = 0; i < 12; ++i) REQUIRE(spool->put(watched("t", i), {}));
    sent = *spool->after(source_of(*spool, schema::Topic::kResourceSample), 0, 6, 1 << 20);
    REQUIRE(sent.size() == 6);
  }
  auto spool = *broker::open_spool(file, 12'000);
  CHECK(spool->remembers("k"));
  CHECK_FALSE(*spool->put_once("k", crash_event(), {}));
  while (spool->state().merged == 0) REQUIRE(spool->put(crash_event(), {{"input", std::string(500, 'x')}}));
  REQUIRE(spool->state().dropped == 0);
  const auto now = *spool->after(source_of(*spool, schema::Topic::kResourceSample), 0, 6, 1 << 20);
  REQUIRE(now.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) CHECK(now[i].event == sent[i].event);
}

TEST_CASE("a spool on disk is there again after its process has ended") {
  const tests::TemporaryFolder folder;
  std::uint64_t source = 0;
  {
    auto spool = broker::open_spool(folder.path() / "a.spool", 1 << 20);
    REQUIRE(spool);
    for (int i = 0; i < 3; ++i) REQUIRE((*spool)->put(crash_event(), {{"input", "x"}}));
    source = source_of(**spool, schema::Topic::kCrashFound);
    REQUIRE((*spool)->forget(source, 3));
    REQUIRE((*spool)->put(crash_event(), {{"input", "y"}}));
  }
  auto spool = broker::open_spool(folder.path() / "a.spool", 1 << 20);
  REQUIRE(spool);
  CHECK((*spool)->state().events == 1);
  CHECK(source_of(**spool, schema::Topic::kCrashFound) == source);
  const auto events = (*spool)->after(source, 0, 10, 1 << 20);
  REQUIRE(events->size() == 1);
  CHECK((*events)[0].sequence == 4);
  CHECK((*events)[0].attachments == std::vector<std::string>{"y"});
  CHECK(*(*spool)->put(crash_event(), {}) == schema::EventId::of(source, 5));
}

TEST_CASE("a spool that cannot be opened says which file") {
  const auto spool = broker::open_spool("/proc/none/x.spool", 1 << 20);
  REQUIRE_FALSE(spool);
  CHECK(spool.error().message.find("/proc/none/x.spool") != std::string::npos);
}
