#include "workers/archive/stage.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "schema/keys.h"
#include "store/objects/folder_store.h"
#include "tests/catch.h"
#include "tests/redis_server.h"
#include "workers/deliveries.h"

namespace fuzzmill::workers {
namespace {

namespace fs = std::filesystem;
using schema::OutcomeKind;

const std::string kSignature = schema::sha256_hex("signature");
const std::string kGroup = kSignature.substr(0, 16);

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

broker::Delivery classified(std::uint64_t number, const std::string& input, const std::string& report) {
  schema::CrashClassified body;
  body.kind = "assert", body.signature = kSignature, body.group = kGroup, body.severity = "LOW";
  body.title = "Assert in parse";
  broker::Delivery delivery;
  delivery.event = {schema::EventId::of(5, number), "nyc", "fuzz_tlv", kTestNow, {}, std::move(body)};
  if (!input.empty()) attach(delivery, "input", input);
  if (!report.empty()) attach(delivery, "report", report);
  return delivery;
}

broker::Delivery snapshot(std::uint64_t number) {
  schema::CorpusSnapshot body;
  body.engine = "libfuzzer", body.files = 3, body.bytes = 30, body.files_left_out = 1,
  body.selection = "smallest";
  broker::Delivery delivery;
  delivery.event = {schema::EventId::of(6, number), "nyc", "fuzz_tlv", kTestNow, {}, std::move(body)};
  attach(delivery, "seed1", "first seed");
  attach(delivery, "../../../tmp/seed2", "second seed");
  return delivery;
}

struct Fixture {
  tests::RedisServer server;
  tests::TemporaryFolder folder;
  store::Redis redis = server.connect();
  std::atomic<std::uint64_t> time{kTestNow};
  ArchiveStage stage = make();
  fs::path group = folder.path() / "crashes/fuzz_tlv" / kGroup;

  ArchiveStage make() {
    auto corpora = store::FolderStore::at(folder.path());
    REQUIRE(corpora.ok());
    return {
        server.address(), [this] { return time.load(); }, {folder.path(), 3, std::move(*corpora), {}, {}}};
  }

  Fixture() {
    store::CrashRecord record;
    record.event = schema::EventId::of(1, 1), record.group = kGroup, record.signature = kSignature;
    record.kind = "assert", record.node = "nyc", record.target = "fuzz_tlv", record.time_ms = kTestNow;
    store::CrashIndex index(redis);
    REQUIRE(index.record({record}, kTestNow).ok());
    classify(schema::Severity::kLow, 1);
  }

  void classify(schema::Severity severity, std::uint64_t number) {
    store::Classification item;
    item.event = schema::EventId::of(2, number), item.group = kGroup, item.signature = kSignature;
    item.severity = severity, item.kind = "assert", item.reasons = "[]", item.time_ms = kTestNow;
    store::CrashIndex index(redis);
    REQUIRE(index.classify({item}).ok());
  }

  void archive(Deliveries batch) {
    for (const schema::Outcome& outcome : stage.handle(batch)) {
      INFO(outcome.reason);
      CHECK(outcome.kind == OutcomeKind::kDone);
    }
  }
  store::GroupDetail facts() {
    auto detail = store::CrashIndex(redis).show(kGroup);
    REQUIRE(detail.ok());
    return *detail;
  }
};

}  // namespace

TEST_CASE("Of many crashes of a group the smallest inputs stay, each with its newest report") {
  Fixture f;
  f.archive({classified(1, "aaaaaaaaaa", "report 1"), classified(2, "bbbbbbbb", "report 2")});
  f.archive({classified(3, "cccccc", "report 3"), classified(4, "dddd", "report 4"),
             classified(5, "eeeeeeeeeeeeee", "report 5"), classified(6, "dddd", "report 6")});
  std::vector<std::string> kept = {schema::sha256_hex("bbbbbbbb"), schema::sha256_hex("cccccc"),
                                   schema::sha256_hex("dddd")};
  std::sort(kept.begin(), kept.end());
  CHECK(names_in(f.group / "inputs") == kept);
  CHECK(names_in(f.group / "reports").size() == 3);
  CHECK(read_text(f.group / "reports" / (schema::sha256_hex("dddd") + ".txt")) == "report 6");
  CHECK(f.facts().row.archive == f.group.string());
  CHECK(nlohmann::json::parse(read_text(f.group / "meta.json"))["inputs"].size() == 3);
}

TEST_CASE("A crash that changes nothing worth keeping leaves the folder alone until meta.json is old") {
  Fixture f;
  f.archive({classified(1, "a", "r"), classified(2, "b", "r"), classified(3, "c", "r")});
  const auto written = [&] { return nlohmann::json::parse(read_text(f.group / "meta.json"))["written_ms"]; };
  f.time += 1000;
  f.archive({classified(4, "much larger", "r")});
  CHECK(written() == kTestNow);
  SECTION("or the severity rises") { f.classify(schema::Severity::kCritical, 2); }
  SECTION("or an input is missing on the disk") {
    fs::remove(f.group / "inputs" / schema::sha256_hex("a"));
    f.archive({classified(5, "a", "r")});
    CHECK(fs::exists(f.group / "inputs" / schema::sha256_hex("a")));
  }
  SECTION("because a minute has passed") { f.time += kMetaRefreshMs; }
  f.archive({classified(6, "much larger", "r")});
  CHECK(written() == f.time.load());
}

TEST_CASE("The archive of a group is kept longer when its severity rises") {
  Fixture f;
  f.archive({classified(1, "a", "r")});
  CHECK(f.facts().expires_s == kTestNow / 1000 + 30 * 86'400);
  f.classify(schema::Severity::kCritical, 2);
  f.archive({classified(2, "a", "r")});
  CHECK(f.facts().expires_s == kTestNow / 1000 + 365 * 86'400);
}

TEST_CASE("Workers side by side on one group leave exactly what Redis keeps") {
  Fixture f;
  std::vector<std::thread> workers;
  std::atomic<int> failed{0};
  for (int w = 0; w < 3; ++w) {
    workers.emplace_back([&, w] {
      ArchiveStage stage = f.make();
      for (int round = 0; round < 10; ++round) {
        Deliveries batch;
        for (int i = 0; i < 4; ++i) {
          const auto size = static_cast<std::size_t>(200 - round * 15 - i * 3 - w);
          batch.push_back(
              classified(static_cast<std::uint64_t>(1000 * w + 10 * round + i), std::string(size, 'x'), "r"));
        }
        for (const auto& outcome : stage.handle(batch)) failed += outcome.kind != OutcomeKind::kDone;
      }
    });
  }
  for (auto& worker : workers) worker.join();
  CHECK(failed == 0);
  f.time += kMetaRefreshMs;
  f.archive({classified(9999, std::string(300, 'x'), "r")});
  std::vector<std::string> kept;
  for (const auto& [sha256, size] : f.facts().inputs) kept.push_back(sha256);
  std::sort(kept.begin(), kept.end());
  CHECK(kept.size() == 3);
  CHECK(names_in(f.group / "inputs") == kept);
}

TEST_CASE("A link in the way of a group's folder is no way out, and the crash is tried again") {
  Fixture f;
  fs::create_directories(f.folder.path() / "crashes");
  fs::create_directories(f.folder.path() / "outside");
  fs::create_directory_symlink(f.folder.path() / "outside", f.folder.path() / "crashes/fuzz_tlv");
  Deliveries batch = {classified(1, "a", "r")};
  CHECK(f.stage.handle(batch)[0].kind == OutcomeKind::kLater);
  CHECK(fs::is_empty(f.folder.path() / "outside"));
  CHECK(f.facts().row.archive.empty());
}

TEST_CASE("What the archive cannot take is never, with the reason") {
  Fixture f;
  Deliveries batch = {snapshot(1), classified(2, "a", "r"), classified(3, "a", "r"), classified(4, "a", "r")};
  batch[0].event.target.clear();
  std::get<schema::CrashClassified>(batch[1].event.body).group = "../..";
  batch[2].event.body = schema::Heartbeat{};
  const auto outcomes = f.stage.handle(batch);
  for (int i = 0; i < 3; ++i) {
    CHECK(outcomes[static_cast<std::size_t>(i)].kind == OutcomeKind::kNever);
    CHECK_FALSE(outcomes[static_cast<std::size_t>(i)].reason.empty());
  }
  CHECK(outcomes[3].kind == OutcomeKind::kDone);
}

}  // namespace fuzzmill::workers
