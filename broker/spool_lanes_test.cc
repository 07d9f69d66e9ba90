// A spool over several openings of its file: lanes of before, what was refused, and files of older versions.
#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <set>

#include "broker/spool.h"
#include "broker/spool_rules.h"
#include "broker/spool_tables.h"
#include "schema/event_codec.h"
#include "tests/catch.h"
#include "tests/sample_events.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using broker::Spool;
using schema::Topic;
namespace fs = std::filesystem;

namespace {

using tests::crash_event;
using tests::event_of;

schema::Event sample(const std::string& target = "t") {
  schema::ResourceSample body;
  body.interval_ms = 1000;
  auto event = event_of(body);
  event.target = target;
  return event;
}
schema::Event heartbeat() { return event_of(schema::Heartbeat{}); }

std::unique_ptr<Spool> must_open(const fs::path& file, std::uint64_t max_bytes = 1 << 20) {
  auto spool = broker::open_spool(file, max_bytes);
  if (!spool) FAIL(spool.error().message);
  return std::move(*spool);
}

std::vector<std::uint64_t> sources_of(Spool& spool, Topic topic) {
  std::vector<std::uint64_t> sources;
  for (const auto& lane : spool.lanes()) {
    if (lane.topic == topic) sources.push_back(lane.source);
  }
  return sources;
}

std::vector<broker::SpooledEvent> waiting(Spool& spool, std::uint64_t source) {
  auto events = spool.after(source, 0, 1000, 1 << 20);
  if (!events) FAIL(events.error().message);
  return std::move(*events);
}

void execute(const fs::path& file, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  char* problem = nullptr;
  sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &problem);
  const std::string said = problem != nullptr ? problem : "";
  sqlite3_free(problem);
  sqlite3_close(db);
  CHECK(said == "");
}

std::string blob(std::string_view bytes) { return "x'" + schema::hex(bytes) + "'"; }

// What a process before us left, as the tables were before they were numbered.
void make_first_version(const fs::path& file) {
  std::string sql = R"(
CREATE TABLE lanes (topic TEXT PRIMARY KEY, source INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE TABLE events (source INTEGER, sequence INTEGER, event BLOB NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (source, sequence)) WITHOUT ROWID;
CREATE TABLE attachments (source INTEGER, sequence INTEGER, position INTEGER, bytes BLOB NOT NULL,
  PRIMARY KEY (source, sequence, position));
CREATE TABLE refused (source INTEGER, sequence INTEGER, reason TEXT NOT NULL, event BLOB NOT NULL,
  PRIMARY KEY (source, sequence));
CREATE TABLE once (key BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE handed (source INTEGER PRIMARY KEY, sequence INTEGER NOT NULL);
INSERT INTO lanes VALUES ('crash.found', 11, 4), ('resource.sample', 12, 0), ('corpus.snapshot', 13, 9);
INSERT INTO handed VALUES (12, 1);
)";
  const auto put = [&](const schema::Event& event, std::vector<broker::Attachment> with, std::uint64_t source,
                       std::uint64_t sequence) {
    const auto packed = broker::pack(event, std::move(with), source, sequence);
    sql += fmt::format("INSERT INTO events VALUES ({}, {}, {}, {});", source, sequence, blob(packed->event),
                       broker::size_of(*packed));
    for (std::size_t i = 0; i < packed->attachments.size(); ++i) {
      sql += fmt::format("INSERT INTO attachments VALUES ({}, {}, {}, {});", source, sequence, i,
                         blob(packed->attachments[i]));
    }
  };
  put(crash_event(), {{"input", "abc"}, {"report", "r"}}, 11, 5);
  put(sample(), {}, 12, 1);
  put(sample(), {}, 12, 2);
  sql += fmt::format("INSERT INTO refused VALUES (11, 2, 'no', {});",
                     blob(broker::pack(crash_event(), {{"input", "gone"}}, 11, 2)->event));
  for (int i = 0; i < 5000; ++i) {
    sql += fmt::format("INSERT INTO once VALUES ({});", blob(fmt::format("crash/t/crash/{}", i)));
  }
  execute(file, "BEGIN;" + sql + "COMMIT;");
}

}  // namespace

TEST_CASE("no number of a sample or heartbeat is used twice, whatever the power took of the file") {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "now" / "a.spool";
  std::set<std::string> ids;
  const auto put = [&](Spool& spool, int count) {
    for (int i = 0; i < count; ++i) {
      CHECK(ids.insert(spool.put(sample(), {})->hex()).second);
      CHECK(ids.insert(spool.put(heartbeat(), {})->hex()).second);
    }
  };
  {
    auto spool = must_open(file);
    put(*spool, 3);
    // As the disk is after a loss of power: with all of this, and nothing of what follows.
    fs::copy(folder.path() / "now", folder.path() / "then", fs::copy_options::recursive);
    put(*spool, 3);
  }
  auto spool = must_open(folder.path() / "then" / "a.spool");
  put(*spool, 6);
  CHECK(spool->state().events == 18);
}

TEST_CASE("what waits under an older source stays, comes first, and the lane goes when it is empty") {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "a.spool";
  std::vector<schema::EventId> before;
  {
    auto spool = must_open(file);
    for (int i = 0; i < 3; ++i) before.push_back(*spool->put(sample(), {}));
  }
  auto spool = must_open(file);
  const auto id = *spool->put(sample(), {});
  const auto sources = sources_of(*spool, Topic::kResourceSample);
  REQUIRE(sources.size() == 2);
  CHECK(before[0] == schema::EventId::of(sources[0], 1));
  CHECK(id == schema::EventId::of(sources[1], 1));
  CHECK(waiting(*spool, sources[0]).size() == 3);
  CHECK(waiting(*spool, sources[1]).empty());  // a topic keeps its order
  REQUIRE(spool->forget(sources[0], 2));
  CHECK(waiting(*spool, sources[1]).empty());
  REQUIRE(spool->forget(sources[0], 3));
  CHECK(waiting(*spool, sources[1]).size() == 1);
  CHECK(sources_of(*spool, Topic::kResourceSample) == std::vector<std::uint64_t>{sources[1]});
}

TEST_CASE("lanes of many openings thin out and make way, the oldest first") {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "a.spool";
  constexpr std::uint64_t kBytes = 20'000;
  for (int opening = 0; opening < 5; ++opening) {
    auto spool = must_open(file, kBytes);
    for (int i = 0; i < 20; ++i) REQUIRE(spool->put(sample("target-" + std::to_string(i)), {}));
  }
  auto spool = must_open(file, kBytes);
  const auto newest = *spool->put(sample("last"), {});
  int crashes = 0;
  while (spool->put(crash_event(), {{"input", std::string(1000, 'x')}})) ++crashes;
  CHECK(crashes > 14);
  CHECK(spool->state().bytes <= kBytes);
  CHECK(sources_of(*spool, Topic::kResourceSample).size() == 1);
  CHECK(newest != schema::EventId{});
}

TEST_CASE("a refused crash keeps its attachments and is put again when the spool is opened next") {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "a.spool";
  std::uint64_t source = 0;
  {
    auto spool = must_open(file);
    REQUIRE(*spool->put_once("k", crash_event(), {{"input", "abc"}, {"report", "r"}}));
    REQUIRE(spool->put(crash_event(), {{"input", "next"}}));
    REQUIRE(spool->put(heartbeat(), {}));
    source = sources_of(*spool, Topic::kCrashFound).at(0);
    REQUIRE(spool->set_aside(source, 1, "of another node"));
    REQUIRE(spool->set_aside(sources_of(*spool, Topic::kHeartbeat).at(0), 1, "of another node"));
    REQUIRE(spool->forget(source, 2));  // what comes after is acknowledged: the refused one stays
    CHECK(spool->state().refused == 2);
    CHECK(spool->state().refused_bytes > 0);
    CHECK(spool->state().events == 0);
    CHECK_FALSE(*spool->put_once("k", crash_event(), {}));
  }
  for (int times = 0; times < 3; ++times) {
    auto spool = must_open(file);
    CHECK(spool->state().refused == 1);  // the heartbeat
    CHECK(spool->state().events == 1);
    const auto events = waiting(*spool, source);
    REQUIRE(events.size() == 1);
    CHECK(events[0].sequence == 3 + static_cast<std::uint64_t>(times));
    CHECK(events[0].attachments == std::vector<std::string>{"abc", "r"});
    const auto event = *schema::decode(events[0].event);
    CHECK(event.id == schema::EventId::of(source, events[0].sequence));
    REQUIRE(event.attachments.size() == 2);
    CHECK(event.attachments[1].name == "report");
    CHECK(spool->remembers("k"));
    REQUIRE(spool->set_aside(source, events[0].sequence, "still of another node"));
  }
}

TEST_CASE("what was refused is within the bound: crashes stay, the rest makes way") {
  const tests::TemporaryFolder folder;
  auto spool = must_open(folder.path() / "a.spool", 10'000);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    REQUIRE(spool->put(crash_event(), {{"input", std::string(2000, 'x')}}));
    REQUIRE(spool->put(heartbeat(), {}));
    REQUIRE(spool->set_aside(sources_of(*spool, Topic::kCrashFound).at(0), i, "no"));
    REQUIRE(spool->set_aside(sources_of(*spool, Topic::kHeartbeat).at(0), i, "no"));
  }
  CHECK(spool->state().refused == 6);
  CHECK(spool->state().events == 0);
  const auto put = spool->put(crash_event(), {{"input", std::string(5000, 'x')}});
  REQUIRE_FALSE(put);
  CHECK(put.error().message.find("refused") != std::string::npos);
  CHECK(spool->state().refused == 6);
  REQUIRE(spool->put(crash_event(), {{"input", std::string(2900, 'x')}}));
  CHECK(spool->state().refused == 3);
  CHECK(spool->state().refused_bytes + spool->state().bytes <= 10'000);
}

TEST_CASE("a spool of the version before opens with nothing lost") {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "a.spool";
  make_first_version(file);
  for (int times = 0; times < 2; ++times) {
    auto spool = must_open(file);
    CHECK(spool->state().events == 3);
    CHECK(spool->state().refused == 1);  // without its attachments it cannot be put again
    const auto crashes = waiting(*spool, 11);
    REQUIRE(crashes.size() == 1);
    CHECK(crashes[0].sequence == 5);
    CHECK(crashes[0].attachments == std::vector<std::string>{"abc", "r"});
    CHECK(waiting(*spool, 12).size() == 2);
    for (int i = 0; i < 5000; ++i) {
      if (!spool->remembers(fmt::format("crash/t/crash/{}", i))) FAIL("a key is gone: " << i);
    }
    CHECK_FALSE(spool->remembers("crash/t/crash/5000"));
  }
  auto spool = must_open(file);
  CHECK(*spool->put(crash_event(), {}) == schema::EventId::of(11, 6));
  CHECK(*spool->put(event_of(schema::CorpusSnapshot{}), {}) == schema::EventId::of(13, 10));
  CHECK(*spool->put(sample(), {}) != schema::EventId::of(12, 3));
}

TEST_CASE("a spool of a newer version is left alone") {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "a.spool";
  must_open(file);
  execute(file, fmt::format("PRAGMA user_version = {}", broker::kSpoolVersion + 1));
  const auto spool = broker::open_spool(file, 1 << 20);
  REQUIRE_FALSE(spool);
  CHECK(spool.error().code == schema::ErrorCode::kInvalid);
}
