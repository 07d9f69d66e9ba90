#include "store/reindex.h"

#include <algorithm>

#include "store/archive/archive_writer.h"
#include "store/archive/merge.h"
#include "store/archive_names.h"
#include "store/objects/folder_store.h"
#include "store/prune.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/redis_server.h"

namespace fuzzmill::store {
namespace {

using schema::ErrorCode;
using tests::must;
constexpr std::uint64_t kNow_ms = 1'900'000'000'000;  // files are written before

// The files of a test, in memory.
class MemoryFiles : public FileSource {
 public:
  explicit MemoryFiles(std::vector<std::string> contents) {
    for (std::string& bytes : contents) files_.emplace_back(schema::sha256(bytes), std::move(bytes));
    std::sort(files_.begin(), files_.end());
  }
  schema::Result<std::optional<ReadFile>> next() override {
    if (at_ == files_.size()) return std::optional<ReadFile>();
    const auto& [sha256, bytes] = files_[at_++];
    return std::optional(ReadFile{sha256, bytes});
  }

 private:
  std::vector<std::pair<schema::Sha256, std::string>> files_;
  std::size_t at_ = 0;
};

struct Fixture {
  tests::RedisServer server;
  Redis redis = server.connect();
  CorpusCatalog catalog{redis};
  tests::TemporaryFolder folder;
  std::unique_ptr<FolderStore> store = must(FolderStore::at(folder.path()));

  // A real archive of `contents`, in the store and, unless it is lost, in the catalog.
  CatalogRow add(const std::string& target, std::uint64_t time_ms, const std::vector<std::string>& contents,
                 ArchiveFormat format = ArchiveFormat::kTarZst) {
    schema::CorpusManifest manifest;
    manifest.target = target, manifest.time_ms = time_ms;
    schema::ManifestSnapshot snapshot;
    snapshot.node = "nyc", snapshot.snapshot = schema::sha256_hex(std::to_string(time_ms)).substr(0, 16);
    snapshot.engine = "libfuzzer", snapshot.selection = "all", snapshot.time_ms = time_ms;
    snapshot.files_left_out = 5;
    manifest.snapshots = {snapshot};
    for (const std::string& bytes : contents) {
      schema::ManifestEntry entry;
      entry.sha256 = schema::sha256(bytes), entry.size = bytes.size();
      entry.copies = {{0, 0, "file " + bytes, 1, "all"}};
      manifest.files.push_back(entry);
    }
    std::sort(manifest.files.begin(), manifest.files.end(),
              [](const auto& a, const auto& b) { return a.sha256 < b.sha256; });
    std::vector<std::unique_ptr<FileSource>> sources;
    sources.push_back(std::make_unique<MemoryFiles>(contents));
    const auto file = store->scratch() / "made";
    const auto made = must(make_archive(file, format, manifest, std::move(sources)));
    auto row = archive_row(manifest, made.id, archive_object(target, made.name), made.written.sha256,
                           made.written.bytes, kNow_ms);
    must(store->put(checksum_object(row.object), checksum_line(row.sha256, row.object)));
    must(store->put_file(row.object, file));
    const auto before = catalog.newest(target);
    must(catalog.record(row, before ? before->id : ""));
    return must(catalog.get(row.id));
  }
  Reindexed run(ReindexOptions options = {}) { return must(reindex(*store, catalog, kNow_ms, options, {})); }
  void wipe() { must(redis.command({"FLUSHALL"})); }
};

// What the archives alone can tell.
CatalogRow essence(CatalogRow row) {
  row.recorded_ms = row.expires_s = row.verified_ms = row.delete_s = row.quarantined_s = 0;
  row.why.clear();
  return row;
}

}  // namespace

TEST_CASE("A catalog that was lost comes back from the archives alone") {
  Fixture f;
  const auto old = f.add("a", 1'750'000'000'000, {"one", "two"});
  const auto newer = f.add("a", 1'750'086'400'000, {"two", "three", ""}, ArchiveFormat::kTarGz);
  const auto newest = f.add("a", 1'750'172'800'000, {"three", "four"});
  const auto other = f.add("b", 1'750'000'000'000, {"one"});
  must(quarantine_archive(*f.store, f.catalog, newer, kNow_ms / 1000, "superseded"));
  f.wipe();
  std::vector<std::string> seen;
  const auto report = must(reindex(*f.store, f.catalog, kNow_ms, {}, [&](const ReindexProgress& progress) {
    if (progress.bytes == 0) seen.push_back(progress.object);
    CHECK((progress.at >= 1 && progress.at <= progress.of && progress.of == 4));
  }));
  CHECK((report.targets == 2 && report.archives == 3 && report.quarantined == 1 && report.files == 5));
  CHECK(report.problems.empty());
  CHECK(seen.size() >= 4);
  const auto rows = must(f.catalog.list("", 10));
  REQUIRE(rows.size() == 3);
  CHECK(essence(rows[0]) == essence(newest));
  CHECK(essence(rows[1]) == essence(old));
  CHECK(essence(rows[2]) == essence(other));
  CHECK(rows[0].expires_s == kNow_ms / 1000 + kReindexGrace_s);
  const auto away = must(f.catalog.quarantined());
  REQUIRE(away.size() == 1);
  CHECK((away[0].id == newer.id && away[0].format == "tar.gz"));
  CHECK(away[0].delete_s == kNow_ms / 1000 + kQuarantine_s);
  CHECK(must(f.catalog.snapshot_of("a", "nyc")) == newest.nodes[0].snapshot);
  const std::vector<schema::Sha256> asked = {schema::sha256("three"), schema::sha256("one")};
  CHECK(must(f.catalog.lacks("a", asked)) == std::vector<bool>{false, true});
  CHECK(must(f.catalog.lacks("b", asked)) == std::vector<bool>{true, false});
}

TEST_CASE("Reindexing what is right changes nothing but when it was verified") {
  Fixture f;
  const auto old = f.add("a", 1'750'000'000'000, {"one"}), newest = f.add("a", 1'750'000'000'001, {"two"});
  must(f.catalog.set_verified(newest.id, 1, "was thought to be bad"));
  f.run();
  const auto rows = must(f.catalog.list("a", 10));
  REQUIRE(rows.size() == 2);
  CHECK(rows[1] == old);
  CHECK(rows[0] == newest);
  CHECK(must(f.catalog.get(newest.id)).bad.empty());
}

TEST_CASE("What does not verify is told and not listed") {
  Fixture f;
  const auto fine = f.add("a", 1'750'000'000'000, {"fine"}),
             flipped = f.add("a", 1'750'000'001'000, {"flipped"});
  const auto unsummed = f.add("a", 1'750'000'002'000, {"no checksum"});
  const auto missummed = f.add("a", 1'750'000'003'000, {"wrong checksum"});
  const auto missummed_too = f.add("a", 1'750'000'004'000, {"another's checksum"});
  const auto moved = f.add("a", 1'750'000'005'000, {"of another target"});
  auto bytes = must(read_object(*f.store, flipped.object, 1 << 20));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  must(f.store->put(flipped.object, bytes));
  must(f.store->remove(checksum_object(unsummed.object)));
  must(f.store->put(checksum_object(missummed.object), "0123\n"));
  must(f.store->put(checksum_object(missummed_too.object), checksum_line(fine.sha256, missummed_too.object)));
  const std::string stolen = archive_object("b", file_of(moved.object));
  must(f.store->rename(moved.object, stolen));
  must(f.store->rename(checksum_object(moved.object), checksum_object(stolen)));
  must(f.store->put("corpus/a/notes.txt", "not ours"));

  const auto report = f.run();
  CHECK(report.archives == 1);
  REQUIRE(report.problems.size() == 5);
  for (const auto& [object, number] : {std::pair{flipped.object, 0},
                                       {unsummed.object, 1},
                                       {missummed.object, 2},
                                       {missummed_too.object, 3},
                                       {stolen, 4}}) {
    CHECK(report.problems[static_cast<std::size_t>(number)].starts_with(object));
  }
  const auto rows = must(f.catalog.list("", 10));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].id == fine.id);
  CHECK(f.store->stat(flipped.object).ok());  // nothing is removed

  CHECK(f.run({true}).mended == 1);
  CHECK(must(f.catalog.newest("a")).id == unsummed.id);
  CHECK(must(read_object(*f.store, checksum_object(unsummed.object), 1000)) ==
        checksum_line(unsummed.sha256, unsummed.object));
}

TEST_CASE("A checksum that did not follow its archive into quarantine or back is brought along") {
  Fixture at;
  const auto one = at.add("png", 1'750'000'000'000, {"a"});
  const auto two = at.add("png", 1'750'100'000'000, {"a", "b"});
  // Killed between the two renames of a quarantine, and between those of a way back.
  must(at.store->rename(one.object, quarantine_object(one.object)));
  must(at.store->rename(checksum_object(two.object), quarantine_object(checksum_object(two.object))));
  at.wipe();
  const auto done = at.run();
  CHECK(done.problems.empty());
  CHECK(done.archives == 1);
  CHECK(done.quarantined == 1);
  CHECK(at.store->stat(quarantine_object(checksum_object(one.object))).ok());
  CHECK(at.store->stat(checksum_object(two.object)).ok());
}

TEST_CASE("Targets whose archives are all gone are forgotten") {
  Fixture f;
  const auto row = f.add("a", 1'750'000'000'000, {"x"});
  must(f.store->remove(row.object));
  f.run();
  CHECK(must(f.catalog.targets()).empty());
  CHECK(must(f.catalog.count_have("a")) == 0);
}

TEST_CASE("Checksums are read as sha256sum writes them, and in no other way") {
  const std::string sha256(64, 'a'), object = "corpus/t/x.tar.zst";
  CHECK(checksum_line(sha256, object) == sha256 + "  x.tar.zst\n");
  CHECK(must(parse_checksum(checksum_line(sha256, object), object)) == sha256);
  for (const std::string& text :
       {std::string(), sha256, sha256 + "  y.tar.zst\n", sha256 + "  x.tar.zst\n ",
        std::string(64, 'A') + "  x.tar.zst\n", std::string(64, 'g') + "  x.tar.zst\n"}) {
    CHECK(parse_checksum(text, object).error().code == ErrorCode::kInvalid);
  }
}

}  // namespace fuzzmill::store
