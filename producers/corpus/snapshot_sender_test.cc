#include "producers/corpus/snapshot_sender.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "schema/ask.h"
#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

using Step = SnapshotSender::Step;

RememberedFile& have(CorpusState& state, const std::string& name, const std::string& content,
                     std::uint64_t size = 0) {
  auto& file = state.see({name, size == 0 ? content.size() : size, 17'000'000, 1}).second;
  file.sha256 = schema::sha256(content);
  file.hashed = file.chosen = true;
  return file;
}

// All answers are yes: the server has nothing.
std::vector<SnapshotPage> send(SnapshotSender& sender, const std::string& base = {}) {
  std::vector<SnapshotPage> pages;
  sender.base_told(base);
  sender.plan();
  while (sender.step() == Step::kAskLacks) {
    const auto hashes = sender.hashes();
    REQUIRE(hashes.size() <= 32 * schema::kMaxAskedHashes);
    REQUIRE(sender.lacks_told(std::string(hashes.size() / 32, 1)));
  }
  while (sender.step() == Step::kMakePage) {
    pages.push_back(sender.page());
    sender.page_published();
  }
  return pages;
}

std::vector<std::string> names(const SnapshotPage& page) {
  std::vector<std::string> found;
  for (const auto& part : page.files) found.push_back(part.file->first);
  return found;
}

}  // namespace

TEST_CASE("pages hold every file once, by SHA-256 and name, within the bounds of a page") {
  CorpusState state;
  for (int i = 0; i < 20'000; ++i) {
    have(state, "f" + std::to_string(i), std::to_string(i % 15'000), i < 10 ? 3u << 20 : 10);
  }
  SnapshotSender sender(state, "1111111111111111");
  const auto pages = send(sender);
  CHECK(sender.step() == Step::kDone);
  std::set<std::string> seen;
  std::pair<schema::Sha256, std::string> last{};
  for (std::size_t i = 0; i < pages.size(); ++i) {
    CHECK(pages[i].number == i);
    CHECK(pages[i].last == (i + 1 == pages.size()));
    CHECK(pages[i].files.size() <= schema::kMaxListingFiles);
    std::uint64_t bytes = 0;
    for (const auto& part : pages[i].files) {
      std::pair<schema::Sha256, std::string> now{part.file->second.sha256, part.file->first};
      CHECK(last < now);
      if (now.first != last.first) bytes += part.file->second.size;
      last = std::move(now);
      CHECK(seen.insert(part.file->first).second);
    }
    CHECK(bytes <= kPageBytes);
  }
  CHECK(seen.size() == 20'000);
}

TEST_CASE("a file larger than a page has a page of its own, and an empty corpus has one page") {
  CorpusState state;
  have(state, "a", "a", 5u << 20), have(state, "b", "b", 6u << 20), have(state, "c", "c", 1);
  SnapshotSender sender(state, "1111111111111111");
  CHECK(send(sender).size() <= 3);
  CorpusState empty;
  SnapshotSender of_nothing(empty, "2222222222222222");
  const auto pages = send(of_nothing);
  REQUIRE(pages.size() == 1);
  CHECK(pages[0].last);
  CHECK(pages[0].files.empty());
}

TEST_CASE("only what the server lacks counts, and each content is asked for once") {
  CorpusState state;
  have(state, "a", "same"), have(state, "b", "same"), have(state, "c", "other");
  SnapshotSender sender(state, "1111111111111111");
  sender.base_told("");
  sender.plan();
  CHECK(sender.hashes().size() == 64);
  CHECK_FALSE(sender.lacks_told("x"));
  CHECK_FALSE(sender.lacks_told("xxx"));
  const bool same_first = schema::sha256("same") < schema::sha256("other");
  REQUIRE(sender.lacks_told(same_first ? std::string("\1\0", 2) : std::string("\0\1", 2)));
  REQUIRE(sender.page().files.size() == 3);
  for (const auto& part : sender.page().files) CHECK(part.lacking == (part.file->first != "c"));
}

TEST_CASE("with the base of last time a listing is what changed and what is gone") {
  CorpusState state;
  have(state, "stays", "1"), have(state, "changes", "2"), have(state, "goes", "3");
  SnapshotSender first(state, "1111111111111111");
  send(first);
  first.finish(1000);
  CHECK(state.snapshot == "1111111111111111");
  for (auto& [name, file] : state.files) file.chosen = name != "goes";
  have(state, "changes", "two"), have(state, "comes", "4");

  SECTION("the server has it") {
    SnapshotSender second(state, "2222222222222222");
    const auto pages = send(second, "1111111111111111");
    CHECK(second.base() == "1111111111111111");
    REQUIRE(pages.size() == 1);
    const auto listed = names(pages[0]);
    CHECK(std::set<std::string>(listed.begin(), listed.end()) == std::set<std::string>{"changes", "comes"});
    REQUIRE(pages[0].gone.size() == 1);
    CHECK(*pages[0].gone[0] == "goes");
    second.finish(2000);
    CHECK(state.files.size() == 3);
    CHECK(state.snapshot_ms == 2000);
  }
  SECTION("the server has another, or none") {
    SnapshotSender second(state, "2222222222222222");
    const auto pages = send(second, "9999999999999999");
    CHECK(second.base().empty());
    REQUIRE(pages.size() == 1);
    CHECK(pages[0].files.size() == 3);
    CHECK(pages[0].gone.empty());
  }
}

TEST_CASE("a file that cannot be read again is left out, and gone when the base has it") {
  CorpusState state;
  have(state, "a", "1"), have(state, "b", "2");
  SnapshotSender first(state, "1111111111111111");
  send(first);
  first.finish(1000);
  have(state, "a", "one"), have(state, "b", "2"), have(state, "c", "3");
  SnapshotSender sender(state, "2222222222222222");
  sender.base_told("1111111111111111");
  sender.plan();
  REQUIRE(sender.lacks_told("\1\1"));
  for (std::size_t i = 0; i < 2; ++i) sender.drop(i);
  const auto listing = sender.listing();
  CHECK(listing.files.empty());
  CHECK(listing.gone == std::vector<std::string>{"a"});  // "c" was not in the base
  CHECK(sender.dropped_files() == 2);
  CHECK(sender.dropped_bytes() == 4);
  sender.page_published();
  sender.finish(2000);
  CHECK(state.files.size() == 1);
  CHECK(state.files.contains("b"));
}

}  // namespace fuzzmill::producers
