#include "store/crash_prune.h"

#include <ctime>
#include <fstream>

#include "schema/digest.h"
#include "store/crash_archive.h"
#include "store/objects/folder_store.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/redis_server.h"

namespace fuzzmill::store {
namespace {

namespace fs = std::filesystem;
using schema::ErrorCode;
using tests::must;
constexpr std::uint64_t kDay = 86'400;
constexpr std::uint64_t kTime = 1'750'000'000;  // archives are written then

schema::EventId event_of(int number) {
  schema::EventId id{};
  id.bytes.fill(static_cast<std::uint8_t>(number));
  return id;
}

// Groups with archives, as the stages make them.
struct Fixture {
  tests::RedisServer server;
  Redis redis = server.connect();
  CrashIndex index{redis};
  tests::TemporaryFolder folder;
  fs::path root = folder.path() / "archive";
  CrashArchive archive{root};
  int events = 0;

  std::string group(int number) const { return schema::sha256_hex(std::to_string(number)).substr(0, 16); }
  fs::path place(int number) const { return archive.folder("t", group(number)); }

  // A crash of a group comes all the way into its folder.
  void crash(int number, schema::Severity severity, const std::string& input, std::uint64_t at_s = kTime) {
    const std::string id = group(number), signature = schema::sha256_hex("signature " + id);
    CrashRecord record;
    record.event = event_of(++events), record.group = id, record.signature = signature,
    record.kind = "assert";
    record.node = "nyc", record.target = "t", record.time_ms = at_s * 1000;
    must(index.record({record}, at_s * 1000));
    Classification classified;
    classified.event = event_of(++events), classified.group = id, classified.signature = signature;
    classified.severity = severity, classified.kind = "assert", classified.time_ms = at_s * 1000;
    must(index.classify({classified}));
    const std::string sha256 = schema::sha256_hex(input);
    const auto plan = must(index.plan_archive({{id, signature, "t", sha256, input.size()}})).front();
    if (plan.keep_input) must(archive.put("t", id, {{sha256, input, "report"}}));
    const auto facts = must(archive.settle(
        "t", id, [&] { return index.show(id); }, at_s * 1000));
    must(index.archived({{id, place(number).string(), facts.row.severity, at_s * 1000}}));
  }
  CrashPruning pruning() { return must(CrashPruning::at(root, redis)); }
  CrashPruned prune_at(std::uint64_t now_s, std::optional<std::uint64_t> older_than_s = {}) {
    auto pruning = this->pruning();
    must(pruning.heal());
    return must(pruning.prune(must(pruning.plan(now_s, older_than_s)), now_s));
  }
  std::string away(int number, std::uint64_t when) const {
    return (root / "quarantine/crashes/t" / (group(number) + "." + std::to_string(when))).string();
  }
};

}  // namespace

TEST_CASE("Crash archives are kept by severity, then lie in quarantine for a day, then go") {
  Fixture f;
  f.crash(1, schema::Severity::kLow, "one");
  f.crash(2, schema::Severity::kMedium, "two");
  f.crash(3, schema::Severity::kHigh, "three");
  f.crash(4, schema::Severity::kCritical, "four");
  std::uint64_t day = 0;
  for (const auto& [number, days] : {std::pair{1, 30}, {2, 90}, {3, 180}, {4, 365}}) {
    day = kTime + static_cast<std::uint64_t>(days) * kDay;
    CHECK(f.prune_at(day - 1).quarantined == 0);
    CHECK(fs::exists(f.place(number)));
    const auto done = f.prune_at(day);
    CHECK((done.quarantined == 1 && done.quarantined_bytes > 0));
    CHECK_FALSE(fs::exists(f.place(number)));
    CHECK(fs::exists(f.away(number, day) + "/inputs"));
    CHECK(must(f.index.show(f.group(number))).row.archive.empty());
    CHECK(must(f.index.show(f.group(number))).row.count == 1);  // its numbers stay
    CHECK(f.prune_at(day + kDay - 1).deleted == 0);
    const auto gone = f.prune_at(day + kDay);
    CHECK((gone.deleted == 1 && gone.deleted_bytes == done.quarantined_bytes));
    CHECK_FALSE(fs::exists(f.away(number, day)));
  }
  CHECK_FALSE(fs::exists(f.root / "quarantine"));
  CHECK(f.prune_at(day + kDay * 999).deleted == 0);
}

TEST_CASE("People may say how old is too old for a crash archive") {
  Fixture f;
  f.crash(1, schema::Severity::kCritical, "one", kTime);
  f.crash(2, schema::Severity::kLow, "two", kTime + 5 * kDay);
  const auto plan = must(f.pruning().plan(kTime + 6 * kDay, 3 * kDay));
  REQUIRE(plan.steps.size() == 1);
  CHECK((plan.steps[0].row.group == f.group(1) && plan.kept == 1 && plan.quarantine_bytes > 0));
  CHECK(plan.steps[0].verdict.reason == "6 days old");
}

TEST_CASE("A group that crashes again while its archive is in quarantine begins a new one") {
  Fixture f;
  f.crash(1, schema::Severity::kLow, "a long input");
  const std::uint64_t then = kTime + 30 * kDay;
  CHECK(f.prune_at(then).quarantined == 1);
  f.crash(1, schema::Severity::kLow, "an input that is longer still", then + 60);
  CHECK(fs::exists(f.place(1) / "inputs" / schema::sha256_hex("an input that is longer still")));
  CHECK(must(f.index.show(f.group(1))).inputs.size() == 1);
  auto store = must(FolderStore::at(f.root));
  const auto verified =
      must(verify_crash_archive(*store, "t", f.group(1), must(f.index.show(f.group(1))).inputs));
  CHECK((verified.problems.empty() && verified.inputs == 1));
  const auto rows = must(CrashRetention(f.redis).quarantined());
  REQUIRE(rows.size() == 1);
  CHECK(f.pruning().restore(rows[0], then * 1000).error().code == ErrorCode::kConflict);
  CHECK(f.prune_at(then + kDay).deleted == 1);
  CHECK(fs::exists(f.place(1)));
}

TEST_CASE("A crash archive comes back out of quarantine with its inputs") {
  Fixture f;
  f.crash(1, schema::Severity::kHigh, "one");
  f.crash(1, schema::Severity::kHigh, "two!");
  const auto before = must(f.index.show(f.group(1)));
  const std::uint64_t then = kTime + 180 * kDay;
  CHECK(f.prune_at(then).quarantined == 1);
  CHECK(must(f.index.show(f.group(1))).inputs.empty());
  must(f.pruning().restore(must(CrashRetention(f.redis).quarantined()).front(), then * 1000));
  const auto after = must(f.index.show(f.group(1)));
  CHECK(after.inputs == before.inputs);
  CHECK(after.row.archive == before.row.archive);
  CHECK(after.expires_s == then + 180 * kDay);
  CHECK(must(CrashRetention(f.redis).quarantined()).empty());
  CHECK(f.prune_at(then + kDay).deleted == 0);
}

TEST_CASE("What was written since the plan was made is not pruned, nor what is being written") {
  Fixture f;
  f.crash(1, schema::Severity::kLow, "one");
  const std::uint64_t then = kTime + 31 * kDay;
  auto pruning = f.pruning();
  const auto plan = must(pruning.plan(then, {}));
  f.crash(1, schema::Severity::kLow, "two", then);
  const auto done = must(pruning.prune(plan, then));
  CHECK((done.quarantined == 0 && done.skipped.size() == 1));
  CHECK(fs::exists(f.place(1)));

  // A worker has planned to write: for an hour from now nothing takes the folder away.
  const auto now_s = static_cast<std::uint64_t>(std::time(nullptr));
  const std::string id = f.group(1), signature = schema::sha256_hex("signature " + id);
  must(f.index.plan_archive({{id, signature, "t", schema::sha256_hex("x"), 1}}));
  CHECK(must(f.pruning().plan(now_s + 3500, {})).steps.empty());
  CHECK(must(f.pruning().plan(now_s + 3700, {})).steps.size() == 1);
}

TEST_CASE("A prune of crash archives that was killed is ended by the next") {
  Fixture f;
  f.crash(1, schema::Severity::kLow, "one");
  const std::uint64_t then = kTime + 31 * kDay;
  auto pruning = f.pruning();
  const auto plan = must(pruning.plan(then, {}));
  REQUIRE(plan.steps.size() == 1);
  must(CrashRetention(f.redis).quarantine(plan.steps[0].row, then, then + kDay));  // and killed
  CHECK(fs::exists(f.place(1)));
  CHECK(must(pruning.heal()) == 1);
  CHECK_FALSE(fs::exists(f.place(1)));
  CHECK(fs::exists(f.away(1, then)));
  CHECK(must(pruning.heal()) == 0);
  fs::remove_all(f.away(1, then));  // killed after the folder went
  CHECK(f.prune_at(then + kDay).deleted == 1);
  CHECK(must(CrashRetention(f.redis).quarantined()).empty());

  // Killed before the folder moved, and the group crashed again into it: it is alive.
  f.crash(2, schema::Severity::kLow, "two");
  const auto again = must(pruning.plan(then, {}));
  must(CrashRetention(f.redis).quarantine(again.steps.at(0).row, then, then + kDay));
  f.crash(2, schema::Severity::kLow, "three", then);
  CHECK(must(pruning.heal()) == 0);
  CHECK(fs::exists(f.place(2)));
  CHECK(must(CrashRetention(f.redis).quarantined()).empty());
}

TEST_CASE("A crash archive that is not what it says is told byte by byte") {
  Fixture f;
  f.crash(1, schema::Severity::kLow, "one");
  f.crash(1, schema::Severity::kLow, "two");
  auto store = must(FolderStore::at(f.root));
  const auto verify = [&] {
    return must(verify_crash_archive(*store, "t", f.group(1), must(f.index.show(f.group(1))).inputs));
  };
  CHECK(verify().problems.empty());
  CHECK((verify().inputs == 2 && verify().bytes == 6));
  const auto one = schema::sha256_hex("one"), two = schema::sha256_hex("two");
  std::ofstream(f.place(1) / "inputs" / one) << "onf";
  fs::remove(f.place(1) / "inputs" / two);
  std::ofstream(f.place(1) / "meta.json") << "{\"group\": \"another\"}";
  const auto wrong = verify().problems;
  REQUIRE(wrong.size() == 3);
  CHECK(wrong[0] == "inputs/" + one + ": its bytes are others");
  CHECK(wrong[1] == "inputs/" + two + ": it is missing");
  CHECK(wrong[2].starts_with("meta.json: "));
  CHECK(verify_crash_archive(*store, "../x", f.group(1), {}).error().code == ErrorCode::kInvalid);
}

TEST_CASE("A folder goes as a whole, and links in it lead nowhere") {
  Fixture f;
  f.crash(1, schema::Severity::kLow, "one");
  f.folder.write("outside/kept", "x");
  fs::create_directory_symlink(f.folder.path() / "outside", f.place(1) / "inputs/link");
  CHECK(f.prune_at(kTime + 30 * kDay).quarantined == 1);
  CHECK(f.prune_at(kTime + 31 * kDay).deleted == 1);
  CHECK(f.folder.read("outside/kept") == "x");
  CHECK_FALSE(fs::exists(f.root / "quarantine"));
}

}  // namespace fuzzmill::store
