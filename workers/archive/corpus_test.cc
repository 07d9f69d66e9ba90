// Snapshots through the stage, with a real Redis and a folder as the store.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "store/archive/archive_reader.h"
#include "store/archive/archive_writer.h"
#include "store/objects/folder_store.h"
#include "tests/catch.h"
#include "tests/redis_server.h"
#include "workers/archive/stage.h"
#include "workers/deliveries.h"

namespace fuzzmill::workers {
namespace {

namespace fs = std::filesystem;
using schema::OutcomeKind;

using Files = std::map<std::string, std::string>;  // name on the node → bytes

struct Sent {
  std::string node = "nyc";
  std::string snapshot = "00000000000000aa";
  std::string base = {};
  std::vector<std::string> gone = {};
  std::uint64_t time_ms = kTestNow;
  std::size_t files_of_a_page = 2;
  std::vector<std::string> known = {};  // bytes that do not travel
};

struct Entry {
  schema::Sha256 sha256;
  std::string name, bytes;
};

// What a node publishes: pages in order of SHA-256.
Deliveries pages_of(const Files& files, const Sent& sent) {
  std::vector<Entry> entries;
  for (const auto& [name, bytes] : files) entries.push_back({schema::sha256(bytes), name, bytes});
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.sha256, a.name) < std::tie(b.sha256, b.name);
  });
  Deliveries pages;
  static std::uint64_t number = 0;
  std::size_t at = 0;
  do {
    schema::CorpusListing listing;
    std::string packed;
    auto writer = store::ArchiveWriter::to_memory(packed, 1);
    REQUIRE(writer.ok());
    std::size_t travelling = 0;
    for (std::size_t n = 0; n < sent.files_of_a_page && at < entries.size(); ++n, ++at) {
      const Entry& entry = entries[at];
      const bool again = !listing.files.empty() && listing.files.back().sha256 == entry.sha256;
      listing.files.push_back({entry.sha256, entry.bytes.size(), entry.name, 5000, 1, "new-coverage"});
      if (again || std::count(sent.known.begin(), sent.known.end(), entry.bytes) > 0) continue;
      REQUIRE((*writer)->add(schema::corpus_entry_name(entry.sha256), entry.bytes).ok());
      ++travelling;
    }
    REQUIRE((*writer)->finish().ok());
    if (pages.empty()) listing.gone = sent.gone;
    schema::CorpusSnapshot body;
    body.engine = "libfuzzer", body.files = files.size(), body.selection = "all";
    body.snapshot = sent.snapshot, body.page = pages.size(), body.last = at == entries.size();
    if (!sent.base.empty()) body.base = sent.base;
    broker::Delivery delivery;
    delivery.event = {
        schema::EventId::of(8, ++number), sent.node, "fuzz_tlv", sent.time_ms, {}, std::move(body)};
    attach(delivery, "listing", schema::encode_listing(listing));
    if (travelling > 0) attach(delivery, "files", packed);
    pages.push_back(std::move(delivery));
  } while (at < entries.size());
  return pages;
}

// A store that dies with its process at its n-th step.
class DyingStore final : public store::ObjectStore {
 public:
  DyingStore(std::unique_ptr<store::ObjectStore> store, int steps) : store_(std::move(store)), left_(steps) {}
  std::string where() const override { return store_->where(); }
  fs::path scratch() const override { return store_->scratch(); }
  schema::Status put(const std::string& name, std::string_view bytes) override {
    return step(), store_->put(name, bytes);
  }
  schema::Status put_file(const std::string& name, const fs::path& file) override {
    return step(), store_->put_file(name, file);
  }
  schema::Result<std::unique_ptr<store::ByteSource>> open(const std::string& name) override {
    return step(), store_->open(name);
  }
  schema::Result<store::StoredObject> stat(const std::string& name) override { return store_->stat(name); }
  schema::Result<std::vector<store::StoredObject>> list(const std::string& prefix) override {
    return step(), store_->list(prefix);
  }
  schema::Status rename(const std::string& from, const std::string& to) override {
    return step(), store_->rename(from, to);
  }
  schema::Status remove(const std::string& name) override { return step(), store_->remove(name); }

 private:
  void step() {
    if (--left_ < 0) kill(getpid(), SIGKILL);
  }
  std::unique_ptr<store::ObjectStore> store_;
  int left_;
};

struct Fixture {
  tests::RedisServer server;
  tests::TemporaryFolder folder;
  store::Redis redis = server.connect();
  std::atomic<std::uint64_t> time{kTestNow};
  std::unique_ptr<store::ObjectStore> store = open();
  ArchiveStage stage = make(open());

  std::unique_ptr<store::ObjectStore> open() const {
    auto made = store::FolderStore::at(folder.path());
    REQUIRE(made.ok());
    return std::move(*made);
  }
  ArchiveStage make(std::shared_ptr<store::ObjectStore> corpora) {
    return {server.address(), [this] { return time.load(); }, {folder.path(), 3, std::move(corpora), {}, {}}};
  }

  void take(Deliveries batch) {
    for (const schema::Outcome& outcome : stage.handle(batch)) {
      INFO(outcome.reason);
      CHECK(outcome.kind == OutcomeKind::kDone);
    }
  }
  std::vector<store::CatalogRow> rows() {
    const auto rows = store::CorpusCatalog(redis).list("fuzz_tlv", 100);
    REQUIRE(rows.ok());
    return *rows;
  }
  // What the newest archive holds of a node; every byte of it read.
  Files newest(const std::string& node) {
    const auto all = rows();
    REQUIRE_FALSE(all.empty());
    auto source = store->open(all.front().object);
    REQUIRE(source.ok());
    const auto verified = store::verify_archive(std::move(*source), all.front().sha256);
    INFO((verified ? "" : verified.error().message));
    REQUIRE(verified.ok());
    auto again = store->open(all.front().object);
    auto reader = store::ArchiveReader::open(std::move(*again), store::ArchiveReader::Manifest::kFirst);
    REQUIRE(reader.ok());
    std::map<schema::Sha256, std::string> bytes;
    while (true) {
      auto file = (*reader)->next();
      REQUIRE(file.ok());
      if (!*file) break;
      bytes[(*file)->sha256] = (*file)->bytes;
    }
    Files files;
    for (const auto& entry : verified->manifest.files) {
      for (const auto& copy : entry.copies) {
        if (verified->manifest.snapshots[copy.snapshot].node == node)
          files[copy.name] = bytes.at(entry.sha256);
      }
    }
    return files;
  }
  std::vector<std::string> objects(const std::string& prefix) {
    const auto all = store->list(prefix);
    REQUIRE(all.ok());
    std::vector<std::string> names;
    for (const auto& object : *all) names.push_back(object.name);
    return names;
  }
  bool lacks(const std::string& bytes) {
    const auto sha256 = schema::sha256(bytes);
    const auto answer = store::CorpusCatalog(redis).lacks("fuzz_tlv", std::span(&sha256, 1));
    REQUIRE(answer.ok());
    return answer->at(0);
  }
};

const Files kNyc = {{"a", "one"}, {"b", "two"}, {"sub/c", "three"}, {"d", "four"}, {"same", "one"}};
const Files kLondon = {{"x", "two"}, {"y", "five"}};

}  // namespace

TEST_CASE("Pages become one archive with each node's part, in any order and delivered more than once") {
  Fixture f;
  Deliveries pages = pages_of(kNyc, {});
  REQUIRE(pages.size() > 2);
  SECTION("in order, at once") { f.take(pages); }
  SECTION("one by one, and again") {
    for (const auto& page : pages) f.take({page}), f.take({page});
    f.take(pages);
  }
  SECTION("the last one first") {
    std::reverse(pages.begin(), pages.end());
    for (const auto& page : pages) f.take({page});
  }
  CHECK(f.newest("nyc") == kNyc);
  CHECK(f.objects("staging/").empty());
  CHECK_FALSE(f.lacks("three"));
  CHECK(f.lacks("five"));
  f.take(pages_of(kLondon, {.node = "london", .known = {"two"}}));
  CHECK(f.newest("nyc") == kNyc);
  CHECK(f.newest("london") == kLondon);
  // One a target and day: the first one is in the second and stands in quarantine.
  CHECK(f.rows().size() == 1);
  CHECK(f.objects("corpus/").size() == 2);
  CHECK(f.objects("quarantine/").size() == 2);
}

TEST_CASE("A second day's snapshot is the difference to the first, and the first stays") {
  Fixture f;
  f.take(pages_of(kNyc, {}));
  f.time += 86'400'000;
  f.take(pages_of(
      {{"e", "six"}},
      {.snapshot = "00000000000000bb", .base = "00000000000000aa", .gone = {"b", "d"}, .time_ms = f.time}));
  CHECK(f.newest("nyc") == Files{{"a", "one"}, {"sub/c", "three"}, {"same", "one"}, {"e", "six"}});
  CHECK(f.rows().size() == 2);
  CHECK(f.lacks("two"));
  CHECK_FALSE(f.lacks("six"));
}

TEST_CASE("A difference to a snapshot that is not there is refused, and the node's next whole one is taken") {
  Fixture f;
  f.take(pages_of(kNyc, {}));
  Deliveries wrong = pages_of(
      {{"e", "six"}}, {.snapshot = "00000000000000bb", .base = "00000000000000ff", .time_ms = kTestNow + 1});
  const auto outcomes = f.stage.handle(wrong);
  CHECK(outcomes.back().kind == OutcomeKind::kNever);
  CHECK(f.objects("staging/").empty());
  CHECK(f.lacks("six"));
  f.take(pages_of({{"e", "six"}}, {.snapshot = "00000000000000cc", .time_ms = kTestNow + 2}));
  CHECK(f.newest("nyc") == Files{{"e", "six"}});
}

TEST_CASE("Bytes that neither travelled nor lie in the newest archive are looked for in older ones") {
  Fixture f;
  f.take(pages_of(kNyc, {}));
  f.time += 86'400'000;
  f.take(pages_of({{"e", "six"}}, {.snapshot = "00000000000000bb", .time_ms = f.time}));
  f.time += 86'400'000;
  f.take(pages_of({{"e", "six"}, {"b", "two"}},
                  {.snapshot = "00000000000000cc", .time_ms = f.time, .known = {"six", "two"}}));
  CHECK(f.newest("nyc") == Files{{"e", "six"}, {"b", "two"}});
  SECTION("and where none has them the snapshot is refused, and they are asked for") {
    const auto sha256 = schema::sha256("never");
    REQUIRE(store::CorpusCatalog(f.redis).add_have("fuzz_tlv", std::span(&sha256, 1)).ok());
    Deliveries pages = pages_of({{"n", "never"}},
                                {.snapshot = "00000000000000dd", .time_ms = f.time + 1, .known = {"never"}});
    CHECK(f.stage.handle(pages).back().kind == OutcomeKind::kNever);
    CHECK(f.lacks("never"));
    CHECK_FALSE(f.lacks("six"));
  }
}

TEST_CASE(
    "A worker killed at any step leaves what the next one needs, and every archive that is listed verifies") {
  Fixture f;
  f.take(pages_of(kLondon, {.node = "london"}));
  const Deliveries pages = pages_of(kNyc, {});
  int steps = 0;
  for (bool ended = false; !ended; ++steps) {
    REQUIRE(steps < 500);
    // Each life gets all pages that were not answered; a page that was answered does not come again.
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ArchiveStage stage = f.make(std::make_shared<DyingStore>(f.open(), steps));
      Deliveries batch = pages;
      bool good = true;
      for (const auto& outcome : stage.handle(batch)) good &= outcome.kind == OutcomeKind::kDone;
      _exit(good ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    ended = WIFEXITED(status);
    if (ended) CHECK(WEXITSTATUS(status) == 0);
    for (const auto& row : f.rows()) {
      auto source = f.store->open(row.object);
      REQUIRE(source.ok());
      CHECK(store::verify_archive(std::move(*source), row.sha256).ok());
    }
    CHECK(f.newest("london") == kLondon);
  }
  CHECK(steps > 10);
  f.stage.tick({});
  CHECK(f.newest("nyc") == kNyc);
  CHECK(f.objects("staging/").empty());
  CHECK(f.rows().size() == 1);
}

TEST_CASE(
    "What a dead worker left whole is built by a tick, what never got whole is cleared away after a week") {
  Fixture f;
  Deliveries pages = pages_of(kNyc, {});
  Staging staging(*f.store);
  for (const auto& page : pages)
    REQUIRE(staging
                .put(page.event, *page.attachment("listing"),
                     page.attachment("files") ? *page.attachment("files") : "")
                .ok());
  f.stage.tick({});
  CHECK(f.newest("nyc") == kNyc);

  Deliveries half = pages_of(kLondon, {.node = "london", .files_of_a_page = 1});
  half.pop_back();
  f.take(half);
  f.stage.tick({});
  CHECK_FALSE(f.objects("staging/").empty());
  const auto newest = staging.list("");
  REQUIRE(newest.ok());
  f.time = newest->front().newest_s * 1000 + 8 * 86'400'000ull;
  ArchiveStage later = f.make(f.open());
  later.tick({});
  CHECK(f.objects("staging/").empty());
  CHECK((f.lacks("five") && !f.lacks("two")));
}

TEST_CASE("A damaged archive is found by a tick, put away, and the one before it is built upon") {
  Fixture f;
  f.take(pages_of(kNyc, {}));
  f.time += 86'400'000;
  f.take(pages_of({{"e", "six"}}, {.snapshot = "00000000000000bb", .time_ms = f.time}));
  const auto rows = f.rows();
  REQUIRE(rows.size() == 2);
  const fs::path file = f.folder.path() / rows.front().object;
  std::string bytes = f.folder.read(rows.front().object);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
  fs::permissions(file, fs::perms::owner_all);
  f.folder.write(rows.front().object, bytes);
  f.time += 8 * 86'400'000ull;
  for (int i = 0; i < 3; ++i) f.stage.tick({});
  REQUIRE(f.rows().size() == 1);
  CHECK(f.rows().front().id == rows.back().id);
  CHECK(f.lacks("six"));
  CHECK_FALSE(f.lacks("one"));
  // The node is told the base of before, and its next difference is taken.
  const auto base = store::CorpusCatalog(f.redis).snapshot_of("fuzz_tlv", "nyc");
  REQUIRE(base.ok());
  CHECK(*base == "00000000000000aa");
  f.take(pages_of({{"e", "six"}},
                  {.snapshot = "00000000000000cc", .base = *base, .gone = {"a"}, .time_ms = f.time}));
  CHECK(f.newest("nyc") ==
        Files{{"b", "two"}, {"sub/c", "three"}, {"d", "four"}, {"same", "one"}, {"e", "six"}});
}

TEST_CASE("The older form, a whole snapshot in one event, becomes an archive as pages do") {
  Fixture f;
  schema::CorpusSnapshot body;
  body.engine = "libfuzzer", body.files = 3, body.selection = "newest";
  broker::Delivery delivery;
  delivery.event = {schema::EventId::of(6, 1), "nyc", "fuzz_tlv", kTestNow, {}, body};
  attach(delivery, "seed1", "first seed");
  attach(delivery, "../../../tmp/seed2", "second seed");
  attach(delivery, "seed3", "first seed");
  f.take({delivery});
  f.take({delivery});
  CHECK(f.newest("nyc") ==
        Files{{"seed1", "first seed"}, {"../../../tmp/seed2", "second seed"}, {"seed3", "first seed"}});
  CHECK(f.rows().size() == 1);
}

TEST_CASE("A page that is no page is never, with the reason, and nothing of it is kept") {
  Fixture f;
  const auto first = [] { return pages_of(kNyc, {}).front(); };
  broker::Delivery bad = first();
  auto& body = std::get<schema::CorpusSnapshot>(bad.event.body);
  SECTION("a snapshot id that is a path") { body.snapshot = "../../../../etc/x"; }
  SECTION("no page") { body.page.reset(); }
  SECTION("a page beyond all bounds") { body.page = 1ull << 60; }
  SECTION("no listing") { bad.attachments.erase(bad.attachments.begin()); }
  SECTION("a listing of nonsense") { bad.attachments[0].bytes = "nonsense"; }
  SECTION("files of nonsense") { bad.attachments[1].bytes = "nonsense"; }
  SECTION("files that are not listed") {
    bad.attachments[1].bytes = pages_of({{"z", "zzz"}}, {}).front().attachments[1].bytes;
  }
  Deliveries batch = {bad};
  const auto outcomes = f.stage.handle(batch);
  CHECK(outcomes[0].kind == OutcomeKind::kNever);
  CHECK_FALSE(outcomes[0].reason.empty());
  CHECK(f.objects("staging/").empty());
}

}  // namespace fuzzmill::workers
