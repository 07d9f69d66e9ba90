#include "store/corpus_archive.h"

#include <filesystem>
#include <fstream>

#include "schema/digest.h"
#include "tests/catch.h"
#include "tests/redis_server.h"

namespace fuzzmill::store {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kTime = 1'750'000'000'000;  // 2025-06-15T15:06:40Z

schema::ArchiveManifest manifest(const std::string& event = std::string(32, '1')) {
  schema::ArchiveManifest manifest;
  manifest.target = "fuzz_tlv", manifest.node = "nyc", manifest.engine = "libfuzzer";
  manifest.event = event, manifest.time_ms = kTime, manifest.corpus_files = 3, manifest.selection = "all";
  return manifest;
}

const std::vector<CorpusFile> kFiles = {
    {"seed1", "abc"}, {"../../evil", "xyz"}, {"seed2", "abc"}, {"empty", ""}};

std::string read_bytes(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("A corpus archive is named by time and snapshot, verified, and says what it holds") {
  tests::TemporaryFolder folder;
  const CorpusArchive archive(folder.path());
  const auto row = archive.put(manifest(), kFiles);
  REQUIRE(row.ok());
  CHECK(fs::path(row->path).parent_path() == folder.path() / "corpus/fuzz_tlv");
  const auto name = fs::path(row->path).filename().string();
  CHECK(name == "2025-06-15T150640Z-" + row->archive.substr(0, 8) + ".tar.zst");
  const auto bytes = read_bytes(row->path);
  CHECK(row->sha256 == schema::sha256_hex(bytes));
  CHECK(row->bytes == bytes.size());
  CHECK(row->files == 4);

  const auto back = check_corpus(bytes);
  REQUIRE(back.ok());
  REQUIRE(back->files.size() == 4);
  CHECK(std::is_sorted(back->files.begin(), back->files.end(),
                       [](const auto& a, const auto& b) { return a.sha256 < b.sha256; }));
  CHECK(back->node == "nyc");
}

TEST_CASE("The same snapshot gives the same archive, in whatever order its files came") {
  tests::TemporaryFolder folder;
  const CorpusArchive archive(folder.path());
  const auto first = archive.put(manifest(), kFiles);
  const auto again = archive.put(manifest(), {kFiles.rbegin(), kFiles.rend()});
  REQUIRE((first.ok() && again.ok()));
  CHECK(first->sha256 == again->sha256);
  CHECK(first->path == again->path);
  const auto other = archive.put(manifest(std::string(31, '1') + "2"), kFiles);  // same lane, same second
  REQUIRE(other.ok());
  CHECK(other->path != first->path);
  CHECK(std::distance(fs::directory_iterator(folder.path() / "corpus/fuzz_tlv"), {}) == 2);
}

TEST_CASE("An archive that was tampered with or cut is refused") {
  auto description = manifest();
  const auto good = pack_corpus(description, kFiles);
  REQUIRE(good.ok());
  REQUIRE(check_corpus(*good).ok());
  for (std::size_t cut = 0; cut < good->size(); cut += 7)
    CHECK_FALSE(check_corpus(good->substr(0, cut)).ok());
  CHECK_FALSE(check_corpus("not an archive").ok());
  auto damaged = *good;
  for (std::size_t at = damaged.size() / 3; at < damaged.size() / 3 + 8; ++at)
    damaged[at] = static_cast<char>(~damaged[at]);
  CHECK_FALSE(check_corpus(damaged).ok());
}

TEST_CASE("A snapshot from a clock that is off still has a name") {
  CHECK(corpus_archive_name(UINT64_MAX, "0123456789abcdef") == "1970-01-01T000000Z-01234567.tar.zst");
  CHECK(corpus_archive_name(0, "0123456789abcdef") == "1970-01-01T000000Z-01234567.tar.zst");
}

TEST_CASE("A target that is a path, and a link in its place, lead nowhere") {
  tests::TemporaryFolder folder;
  const CorpusArchive archive(folder.path() / "archive");
  auto hostile = manifest();
  hostile.target = "../../x";
  CHECK(archive.put(hostile, kFiles).error().code == schema::ErrorCode::kInvalid);
  fs::create_directories(folder.path() / "archive/corpus");
  fs::create_directories(folder.path() / "outside");
  fs::create_directory_symlink(folder.path() / "outside", folder.path() / "archive/corpus/fuzz_tlv");
  CHECK(archive.put(manifest(), kFiles).error().code == schema::ErrorCode::kDenied);
  CHECK(fs::is_empty(folder.path() / "outside"));
}

TEST_CASE("Redis knows every corpus archive once, newest first, with its day of expiry") {
  tests::RedisServer server;
  tests::TemporaryFolder folder;
  Redis redis = server.connect();
  CorpusIndex index(redis);
  const CorpusArchive archive(folder.path());
  auto early = archive.put(manifest(), kFiles);
  auto later_manifest = manifest(std::string(32, '2'));
  later_manifest.time_ms = kTime + 60'000;
  auto later = archive.put(later_manifest, kFiles);
  REQUIRE((early.ok() && later.ok()));
  REQUIRE(index.record({*later, *early}, kTime + 90'000).ok());
  REQUIRE(index.record({*early}, kTime + 90'000).ok());
  const auto rows = index.list("fuzz_tlv", 10);
  REQUIRE(rows.ok());
  REQUIRE(rows->size() == 2);
  CHECK((*rows)[0].archive == later->archive);
  CHECK((*rows)[1].sha256 == early->sha256);
  CHECK((*rows)[1].path == early->path);
  CHECK((*rows)[1].expires_s == (kTime + 90'000) / 1000 + 30 * 86'400);
}

}  // namespace fuzzmill::store
