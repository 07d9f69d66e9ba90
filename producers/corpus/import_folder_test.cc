#include "producers/corpus/import_folder.h"

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "producers/evidence/artifact.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

using Put = ImportFolder::Put;

std::vector<std::string> files(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

Put put(ImportFolder& folder, const std::string& bytes, std::uint64_t unix_s = 0) {
  const auto done = folder.put(schema::sha256(bytes), bytes, unix_s);
  REQUIRE(done);
  return *done;
}

ImportFolder open(ImportKind kind, const std::filesystem::path& folder, ImportLimits limits = {}) {
  auto opened = ImportFolder::open(kind, folder, limits);
  REQUIRE(opened);
  return std::move(*opened);
}

std::uint64_t now_s() { return static_cast<std::uint64_t>(std::time(nullptr)); }

}  // namespace

TEST_CASE("an input for libFuzzer has the name that libFuzzer gives it, and replaces nothing") {
  tests::TemporaryFolder folder;
  folder.write(sha1_hex("mine"), "other content under this name");
  auto corpus = open(ImportKind::kCorpus, folder.path());
  CHECK(put(corpus, "input") == Put::kWritten);
  CHECK(folder.read(sha1_hex("input")) == "input");
  CHECK(put(corpus, "input") == Put::kHadAlready);
  CHECK(put(corpus, "mine") == Put::kHadAlready);
  CHECK(folder.read(sha1_hex("mine")) == "other content under this name");
  CHECK(files(folder.path()).size() == 2);
}

TEST_CASE("inputs for AFL++ are numbered in a queue of ours, on from where the last run was") {
  tests::TemporaryFolder folder;
  const auto queue = folder.path() / "out/fuzzmill/queue";
  {
    auto imports = open(ImportKind::kAflQueue, queue);
    CHECK(put(imports, "one") == Put::kWritten);
    CHECK(put(imports, "two") == Put::kWritten);
    CHECK(put(imports, "one") == Put::kHadAlready);
  }
  auto imports = open(ImportKind::kAflQueue, queue);
  CHECK(put(imports, "two") == Put::kHadAlready);
  CHECK(put(imports, "three") == Put::kWritten);
  const auto names = files(queue);
  REQUIRE(names.size() == 3);
  CHECK(names[0] == "id:000000,sha256:" + schema::sha256_hex("one").substr(0, 16));
  CHECK(names[2].rfind("id:000002,", 0) == 0);
}

TEST_CASE("a folder of ours grows to its bound: what is old makes way, what is new does not") {
  tests::TemporaryFolder folder;
  const auto own = folder.path() / "shared";
  folder.write("shared/not ours", std::string(1000, 'x'));
  auto imports = open(ImportKind::kFolder, own, {.files = 3, .bytes = 100, .kept = std::chrono::seconds(60)});
  const auto start = now_s();
  for (const auto* text : {"1", "2", "3"}) CHECK(put(imports, text, start) == Put::kWritten);
  CHECK(put(imports, "4", start + 59) == Put::kNoRoom);
  CHECK(put(imports, "4", start + 60) == Put::kWritten);
  CHECK(put(imports, std::string(101, 'x'), start + 9999) == Put::kNoRoom);
  CHECK(put(imports, std::string(100, 'x'), start + 9999) == Put::kWritten);
  CHECK(files(own).size() == 2);
  CHECK(folder.read("shared/not ours").size() == 1000);
}

TEST_CASE("a folder of the user's gets so much a day, and nothing in it is removed") {
  tests::TemporaryFolder folder;
  auto corpus = open(ImportKind::kCorpus, folder.path(), {.files_a_day = 2, .bytes_a_day = 10});
  CHECK(put(corpus, "1", 1000) == Put::kWritten);
  CHECK(put(corpus, "12345678901", 1000) == Put::kNoRoom);
  CHECK(put(corpus, "2", 2000) == Put::kWritten);
  CHECK(put(corpus, "3", 3000) == Put::kNoRoom);
  CHECK(put(corpus, "3", 1000 + 86'400) == Put::kWritten);
  CHECK(files(folder.path()).size() == 3);
}

TEST_CASE("a folder that cannot be written is told") {
  tests::TemporaryFolder folder;
  folder.write("file", "");
  CHECK_FALSE(ImportFolder::open(ImportKind::kFolder, folder.path() / "file/sub"));
  auto corpus = open(ImportKind::kCorpus, folder.path() / "absent");
  CHECK_FALSE(corpus.put(schema::sha256("x"), "x", 0));
}

}  // namespace fuzzmill::producers
