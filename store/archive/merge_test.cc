#include "store/archive/merge.h"

#include <unistd.h>

#include "store/archive/restore.h"
#include "tests/catch.h"
#include "tests/sample_archives.h"

namespace fuzzmill::store {
namespace {

using namespace fuzzmill::tests;
using schema::CorpusManifest;
using schema::ErrorCode;

const Names kNyc = {{"a", "one"}, {"b", "two"}, {"c/d", "three"}};
const Names kAms = {{"id:000000", "two"}, {"id:000001", "four"}};

ErrorCode code_of(const schema::Result<CorpusManifest>& result) {
  REQUIRE_FALSE(result.ok());
  return result.error().code;
}

// Names that a node has in the manifest, with the bytes' SHA-256.
std::map<std::string, std::string> names_of(const CorpusManifest& manifest, const std::string& node) {
  std::map<std::string, std::string> names;
  for (const auto& file : manifest.files) {
    for (const auto& copy : file.copies) {
      if (manifest.snapshots[copy.snapshot].node == node) names[copy.name] = schema::hex(file.sha256);
    }
  }
  return names;
}

std::map<std::string, std::string> hashed(const Names& names) {
  std::map<std::string, std::string> out;
  for (const auto& [name, bytes] : names) out[name] = schema::sha256_hex(bytes);
  return out;
}

}  // namespace

TEST_CASE("An archive holds what the nodes have, each content once, and verifies") {
  TemporaryFolder folder;
  const auto file = folder.path() / "a.tar.zst";
  const auto made = make(file, {{"nyc", kNyc}, {"ams", kAms}});
  CHECK(made.name == "2025-06-15T150640Z-" + made.id.substr(0, 8) + ".tar.zst");
  CHECK(made.written.entries == 2 + 4);
  const auto verified = must(verify_archive(must(file_source(file)), made.written.sha256));
  CHECK(verified.id == made.id);
  CHECK(verified.bytes == std::filesystem::file_size(file));
  CHECK(verified.files == 4);
  CHECK(verified.files_bytes == made.files_bytes);
  CHECK(names_of(verified.manifest, "nyc") == hashed(kNyc));
  CHECK(names_of(verified.manifest, "ams") == hashed(kAms));
}

TEST_CASE("The same snapshot gives the same bytes, in both formats") {
  TemporaryFolder folder;
  for (const auto format : {ArchiveFormat::kTarZst, ArchiveFormat::kTarGz}) {
    make(folder.path() / "one", {{"nyc", kNyc}}, format);
    make(folder.path() / "two", {{"nyc", kNyc}}, format);
    CHECK(folder.read("one") == folder.read("two"));
  }
}

TEST_CASE("A later snapshot of a node takes the place of its earlier one and leaves other nodes alone") {
  const auto before = manifest_of({{"nyc", kNyc}, {"ams", kAms}});
  const auto snapshot = snapshot_of("nyc", 2, 1'760'000'000'000);
  const Names now = {{"a", "two"}, {"z", "five"}};
  const auto next = must(next_manifest(&before, snapshot, "", {listing_of(now)}, 0));
  CHECK(next.target == "fuzz_tlv");
  CHECK(next.time_ms == 1'760'000'000'000);
  REQUIRE(next.snapshots.size() == 2);
  CHECK(next.snapshots[1] == snapshot);
  CHECK(names_of(next, "nyc") == hashed(now));
  CHECK(names_of(next, "ams") == hashed(kAms));
  CHECK(must(schema::decode_corpus_manifest(schema::encode_corpus_manifest(next))) == next);
}

TEST_CASE("A difference to the base gives what the whole listing would give") {
  const auto before = manifest_of({{"nyc", kNyc}, {"ams", kAms}});
  const auto snapshot = snapshot_of("nyc", 2);
  auto changes = listing_of({{"b", "changed"}, {"new", "three"}});
  changes.gone = {"a"};
  const auto next = must(next_manifest(&before, snapshot, snapshot_of("nyc").snapshot, {changes}, 0));
  const auto whole = must(next_manifest(
      &before, snapshot, "", {listing_of({{"b", "changed"}, {"c/d", "three"}, {"new", "three"}})}, 0));
  CHECK(next == whole);
}

TEST_CASE(
    "A base that the archive does not have is a conflict, and a listing that contradicts itself is refused") {
  const auto before = manifest_of({{"nyc", kNyc}});
  const auto snapshot = snapshot_of("nyc", 2);
  CHECK(code_of(next_manifest(&before, snapshot, snapshot_of("nyc", 7).snapshot, {}, 0)) ==
        ErrorCode::kConflict);
  CHECK(code_of(next_manifest(nullptr, snapshot, snapshot_of("nyc").snapshot, {}, 0)) ==
        ErrorCode::kConflict);
  const std::string base = snapshot_of("nyc").snapshot;
  auto listing = listing_of({{"a", "x"}});
  CHECK(code_of(next_manifest(&before, snapshot, base, {listing, listing}, 0)) == ErrorCode::kInvalid);
  listing.gone = {"a"};
  CHECK(code_of(next_manifest(&before, snapshot, base, {listing}, 0)) == ErrorCode::kInvalid);
  auto sizes = listing_of({{"q", "one"}});
  sizes.files[0].size = 99;
  CHECK(code_of(next_manifest(&before, snapshot, base, {sizes}, 0)) == ErrorCode::kInvalid);
  auto two = listing_of({{"q", "seven"}, {"r", "seven"}});
  two.files[1].size = 99;
  CHECK(code_of(next_manifest(&before, snapshot, base, {two}, 0)) == ErrorCode::kInvalid);
}

TEST_CASE("A node that has not been heard of for long is forgotten, with the files that it alone had") {
  const auto before = manifest_of({{"nyc", kNyc}, {"ams", kAms}});
  const auto next = must(next_manifest(&before, snapshot_of("nyc", 2, 1'760'000'000'000), "",
                                       {listing_of(kNyc)}, 1'755'000'000'000));
  REQUIRE(next.snapshots.size() == 1);
  CHECK(names_of(next, "nyc") == hashed(kNyc));
  CHECK(next.files.size() == 3);
}

TEST_CASE("The next archive takes its bytes from the one before and from pages") {
  TemporaryFolder folder;
  make(folder.path() / "old", {{"nyc", kNyc}, {"ams", kAms}}, ArchiveFormat::kTarGz);
  const auto before = must(verify_archive(must(file_source(folder.path() / "old")), "")).manifest;
  const auto listing = listing_of({{"a", "one"}, {"n", "new"}});
  const auto next = must(next_manifest(&before, snapshot_of("nyc", 2), "", {listing}, 0));
  const std::string page = page_of({{"n", "new"}});
  const auto build = [&](const std::string& files, std::size_t pages) {
    std::vector<std::unique_ptr<FileSource>> sources;
    sources.push_back(archive_files(must(
        ArchiveReader::open(must(file_source(folder.path() / "old")), ArchiveReader::Manifest::kSkipped))));
    if (pages > 0) sources.push_back(source_of(files));
    return make_archive(folder.path() / "new", ArchiveFormat::kTarZst, next, std::move(sources));
  };
  const auto made = must(build(page, 1));
  CHECK(must(verify_archive(must(file_source(folder.path() / "new")), made.written.sha256)).manifest == next);
  const auto lacking = build(page, 0);
  REQUIRE_FALSE(lacking.ok());
  CHECK(lacking.error().code == ErrorCode::kNotFound);
  CHECK(lacking.error().message.find(schema::sha256_hex("new")) != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "new"));
  const auto broken = build(page.substr(0, page.size() / 2), 1);
  REQUIRE_FALSE(broken.ok());
  CHECK(broken.error().code == ErrorCode::kInvalid);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "new"));
}

TEST_CASE("A full disk leaves no archive and says so") {
  if (::access("/dev/full", W_OK) != 0) return;
  TemporaryFolder folder;
  // A link is not followed, so the device is written through the writer itself.
  auto refused = ArchiveWriter::to_file("/dev/full", ArchiveFormat::kTarZst, 0);
  REQUIRE(refused.ok());
  auto status = (*refused)->add("corpus/x", std::string(100, 'x'));
  const auto finished = (*refused)->finish();
  REQUIRE_FALSE(finished.ok());
  CHECK(finished.error().code == ErrorCode::kUnavailable);
  CHECK(finished.error().message.find("No space left") != std::string::npos);
}

TEST_CASE("What two archives differ in is told by content") {
  const auto first = manifest_of({{"nyc", kNyc}});
  const auto second = manifest_of({{"nyc", {{"a", "one"}, {"renamed", "two"}, {"e", "five"}}}});
  const auto diff = diff_archives(first, second);
  REQUIRE(diff.only_first.size() == 1);
  CHECK(diff.only_first[0].sha256 == schema::sha256("three"));
  REQUIRE(diff.only_second.size() == 1);
  CHECK(diff.only_second[0].sha256 == schema::sha256("five"));
  CHECK(diff.in_both == 2);
  CHECK(diff.renamed == 1);
}

}  // namespace fuzzmill::store
