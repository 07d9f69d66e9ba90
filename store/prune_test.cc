#include "store/prune.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "store/archive_names.h"
#include "store/objects/folder_store.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/redis_server.h"

namespace fuzzmill::store {
namespace {

using schema::ErrorCode;
using schema::Result;
using schema::Status;
using tests::must;
constexpr std::uint64_t kNow = 1'750'000'000;
constexpr std::uint64_t kDay = 86'400;

struct Killed {};

// A store whose process is killed before or after its n-th change.
class MortalStore : public ObjectStore {
 public:
  explicit MortalStore(ObjectStore& store) : store_(store) {}
  enum class When { kBefore, kAfter };
  void kill_at(int change, When when) { left_ = change, when_ = when; }
  void live() { left_ = -1; }

  std::string where() const override { return store_.where(); }
  std::filesystem::path scratch() const override { return store_.scratch(); }
  Status put(const std::string& name, std::string_view bytes) override {
    return change([&] { return store_.put(name, bytes); });
  }
  Status put_file(const std::string& name, const std::filesystem::path& file) override {
    return change([&] { return store_.put_file(name, file); });
  }
  Result<std::unique_ptr<ByteSource>> open(const std::string& name) override { return store_.open(name); }
  Result<StoredObject> stat(const std::string& name) override { return store_.stat(name); }
  Result<std::vector<StoredObject>> list(const std::string& prefix) override { return store_.list(prefix); }
  Status rename(const std::string& from, const std::string& to) override {
    return change([&] { return store_.rename(from, to); });
  }
  Status remove(const std::string& name) override {
    return change([&] { return store_.remove(name); });
  }

 private:
  template <class Deed>
  Status change(const Deed& deed) {
    const bool last = left_ >= 0 && left_-- == 0;
    if (last && when_ == When::kBefore) throw Killed();
    auto done = deed();
    if (last) throw Killed();
    return done;
  }

  ObjectStore& store_;
  int left_ = -1;
  When when_ = When::kBefore;
};

// A catalog with archives in a folder.
struct Fixture {
  tests::RedisServer server;
  Redis redis = server.connect();
  CorpusCatalog catalog{redis};
  tests::TemporaryFolder folder;
  std::unique_ptr<FolderStore> store = must(FolderStore::at(folder.path()));
  std::map<std::string, std::string> last;  // target to its newest
  int made = 0;

  CatalogRow add(const std::string& target, std::uint64_t day) {
    CatalogRow row;
    row.id = schema::sha256_hex(std::to_string(++made)).substr(0, 16), row.target = target;
    row.time_ms = row.recorded_ms = row.verified_ms = day * kDay * 1000;
    row.expires_s = (day + 30) * kDay, row.format = "tar.zst";
    row.object = archive_object(target, schema::archive_file_name(row.time_ms, row.id, row.format));
    row.nodes = {{"nyc", row.id}};
    const std::string bytes = "archive " + row.id;
    row.bytes = bytes.size(), row.sha256 = schema::sha256_hex(bytes);
    must(store->put(checksum_object(row.object), checksum_line(row.sha256, row.object)));
    must(store->put(row.object, bytes));
    must(catalog.record(row, last[target]));
    last[target] = row.id;
    return must(catalog.get(row.id));
  }
  bool has(const std::string& name) { return store->stat(name).ok(); }
  Pruned prune_now(ObjectStore& where, std::uint64_t now_s, RetentionOptions options = {}) {
    must(heal(where, catalog, now_s));
    return must(prune(where, catalog, must(plan_prune(catalog, "", now_s, options)), now_s));
  }
  // What must hold whenever heal() has run: what is listed is whole and at its place, the rest is not.
  void check(std::uint64_t now_s) {
    CHECK(must(heal(*store, catalog, now_s)).missing.empty());
    for (const CatalogRow& row : must(catalog.list("", 1000))) {
      INFO(row.object);
      const auto text = read_object(*store, row.object, 1 << 20);
      REQUIRE(text.ok());
      CHECK(schema::sha256_hex(*text) == row.sha256);
      CHECK(read_object(*store, checksum_object(row.object), 1000).ok());
      CHECK_FALSE(has(quarantine_object(row.object)));
    }
    for (const CatalogRow& row : must(catalog.quarantined())) CHECK_FALSE(has(row.object));
  }
};

constexpr std::uint64_t kToday = kNow / kDay;

}  // namespace

TEST_CASE("An archive that has expired lies in quarantine for a day and is then deleted") {
  Fixture f;
  const auto old = f.add("t", kToday - 40);
  for (int i = 3; i > 0; --i) f.add("t", kToday - static_cast<std::uint64_t>(i));
  const auto plan = must(plan_prune(f.catalog, "t", kNow, {}));
  REQUIRE(plan.steps.size() == 1);
  CHECK(plan.steps[0].row.id == old.id);
  CHECK((plan.quarantine_bytes == old.bytes && plan.delete_bytes == 0 && plan.kept.size() == 3));
  CHECK(must(plan_prune(f.catalog, "other", kNow, {})).steps.empty());

  CHECK(f.prune_now(*f.store, kNow).quarantined == 1);
  CHECK_FALSE(f.has(old.object));
  CHECK(f.has(quarantine_object(old.object)));
  CHECK(f.has(quarantine_object(checksum_object(old.object))));
  CHECK(must(f.catalog.quarantined()).front().why.starts_with("expired 10 days"));

  CHECK(f.prune_now(*f.store, kNow + kDay - 1).deleted == 0);
  const auto done = f.prune_now(*f.store, kNow + kDay);
  CHECK((done.deleted == 1 && done.deleted_bytes == old.bytes));
  CHECK(must(f.store->list("quarantine")).empty());
  CHECK(f.catalog.get(old.id).error().code == ErrorCode::kNotFound);
  f.check(kNow);
}

TEST_CASE("What was quarantined comes back") {
  Fixture f;
  const auto old = f.add("t", kToday - 40);
  f.add("t", kToday);
  for (int times = 0; times < 2; ++times)
    must(quarantine_archive(*f.store, f.catalog, old, kNow, "superseded"));
  CHECK_FALSE(f.has(old.object));
  for (int times = 0; times < 2; ++times) must(unquarantine_archive(*f.store, f.catalog, old, kNow));
  CHECK(must(f.catalog.get(old.id)).expires_s == kNow + kCorpusRetention_s);
  f.check(kNow);
  CHECK(must(f.catalog.list("t", 10)).size() == 2);
}

TEST_CASE("What changed since the plan was made is not pruned") {
  Fixture f;
  const auto old = f.add("t", kToday - 40), older = f.add("t", kToday - 39), gone = f.add("t", kToday - 38);
  f.add("t", kToday);
  const auto plan = must(plan_prune(f.catalog, "t", kNow, {{}, 1, false}));
  REQUIRE(plan.steps.size() == 3);
  must(f.catalog.set_expires(old.id, kNow + kDay));
  must(f.catalog.forget(gone.id));
  const auto done = must(prune(*f.store, f.catalog, plan, kNow));
  CHECK((done.quarantined == 1 && done.skipped.size() == 2));
  CHECK(f.has(old.object));
  CHECK_FALSE(f.has(older.object));
}

TEST_CASE("Bad archives go first") {
  Fixture f;
  f.add("t", kToday - 60);
  const auto bad = f.add("t", kToday - 50);
  f.add("t", kToday - 1);
  must(f.catalog.set_verified(bad.id, 1, "cut short"));
  const auto plan = must(plan_prune(f.catalog, "", kNow, {{}, 1, false}));
  REQUIRE(plan.steps.size() == 2);
  CHECK(plan.steps[0].row.id == bad.id);
}

TEST_CASE("A prune that is killed at any step is finished by the next") {
  for (const auto when : {MortalStore::When::kBefore, MortalStore::When::kAfter}) {
    for (int change = 0;; ++change) {
      Fixture f;
      const auto old = f.add("t", kToday - 40), older = f.add("t", kToday - 45);
      f.add("t", kToday - 1);
      must(quarantine_archive(*f.store, f.catalog, older, kNow - kDay, "superseded"));
      MortalStore mortal(*f.store);
      mortal.kill_at(change, when);
      bool killed = false;
      try {
        f.prune_now(mortal, kNow, {{}, 1, false});
      } catch (const Killed&) {
        killed = true;
      }
      INFO("change " << change);
      f.check(kNow);
      f.prune_now(*f.store, kNow, {{}, 1, false});
      f.check(kNow);
      CHECK_FALSE(f.has(quarantine_object(older.object)));
      CHECK(f.has(quarantine_object(old.object)));
      CHECK(must(f.catalog.quarantined()).size() == 1);
      if (!killed) break;
      REQUIRE(change < 20);
    }
  }
}

TEST_CASE("Taking an archive back that is killed at any step leaves it whole at one place") {
  for (const auto when : {MortalStore::When::kBefore, MortalStore::When::kAfter}) {
    for (int change = 0; change < 2; ++change) {
      Fixture f;
      const auto old = f.add("t", kToday - 40);
      f.add("t", kToday);
      must(quarantine_archive(*f.store, f.catalog, old, kNow, "superseded"));
      MortalStore mortal(*f.store);
      mortal.kill_at(change, when);
      CHECK_THROWS_AS(unquarantine_archive(mortal, f.catalog, old, kNow), Killed);
      f.check(kNow);
      CHECK(f.has(quarantine_object(old.object)));
      must(unquarantine_archive(*f.store, f.catalog, old, kNow));
      f.check(kNow);
      CHECK(f.has(old.object));
    }
  }
}

TEST_CASE("What the catalog does not know is told and never touched") {
  Fixture f;
  const auto row = f.add("t", kToday);
  const auto lost = f.add("t", kToday), away = f.add("u", kToday - 40);
  f.add("u", kToday);
  must(quarantine_archive(*f.store, f.catalog, away, kNow, "superseded"));
  must(f.redis.command({"FLUSHALL"}));
  auto healed = must(heal(*f.store, f.catalog, kNow * 2));
  CHECK(healed.unknown.size() == 4);
  CHECK((healed.moved == 0 && healed.swept == 0));
  CHECK(must(plan_prune(f.catalog, "", kNow * 2, {})).steps.empty());
  CHECK(f.has(row.object));
  CHECK(f.has(quarantine_object(away.object)));
  CHECK(f.has(checksum_object(lost.object)));
}

TEST_CASE("A listed archive that lies in quarantine is brought back, one that is nowhere is told") {
  Fixture f;
  const auto row = f.add("t", kToday - 2), gone = f.add("t", kToday - 1);
  must(f.store->rename(row.object, quarantine_object(row.object)));  // Redis lost its last second
  must(f.store->remove(gone.object));
  const auto healed = must(heal(*f.store, f.catalog, kNow));
  CHECK(healed.moved == 1);
  CHECK(healed.missing == std::vector<std::string>{gone.object});
  CHECK(f.has(row.object));
}

TEST_CASE("A checksum whose archive never came is swept when it is old") {
  Fixture f;
  must(f.store->put("corpus/t/x.tar.zst.sha256", "x"));
  const auto written = must(f.store->stat("corpus/t/x.tar.zst.sha256")).modified_s;
  CHECK(must(heal(*f.store, f.catalog, written + kDay - 1)).swept == 0);
  CHECK(must(heal(*f.store, f.catalog, written + kDay)).swept == 1);
  CHECK(must(f.store->list("")).empty());
}

TEST_CASE("Whatever is killed whenever, no archive is lost before its time and what is listed is whole") {
  std::mt19937_64 random(11);
  Fixture f;
  MortalStore mortal(*f.store);
  std::uint64_t day = kToday;
  std::map<std::string, std::pair<std::string, std::uint64_t>> made;  // id to target and day
  for (int step = 0; step < 250; ++step) {
    if (random() % 3 == 0)
      mortal.kill_at(static_cast<int>(random() % 4), static_cast<MortalStore::When>(random() % 2));
    const std::uint64_t now_s = day * kDay;
    try {
      switch (random() % 4) {
        case 0:
          day += random() % 12;
          break;
        case 1: {
          const std::string target(1, static_cast<char>('a' + random() % 2));
          made[f.add(target, day).id] = {target, day};
          break;
        }
        case 2:
          f.prune_now(mortal, now_s);
          break;
        case 3:
          for (const CatalogRow& row : must(f.catalog.quarantined())) {
            if (random() % 8 == 0) must(unquarantine_archive(mortal, f.catalog, row, now_s));
          }
          break;
      }
    } catch (const Killed&) {
    }
    mortal.live();
    if (step % 5 == 0) f.check(now_s);
  }
  f.check(day * kDay);
  // Those younger than the retention, and the newest three of each target, are all there and listed.
  std::map<std::string, std::set<std::uint64_t>> days;
  for (const auto& [id, what] : made) days[what.first].insert(what.second);
  std::size_t young = 0;
  for (const auto& [id, what] : made) {
    if (what.second + 30 <= day) continue;
    ++young;
    const auto row = f.catalog.get(id);
    REQUIRE(row.ok());
    CHECK(row->quarantined_s == 0);
  }
  CHECK(young > 0);
  CHECK(made.size() > young);
}

}  // namespace fuzzmill::store
