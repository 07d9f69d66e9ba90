#include "producers/corpus/selection.h"

#include <algorithm>
#include <random>

#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

std::vector<std::string> names(std::vector<ChosenFile> chosen) {
  std::vector<std::string> found;
  for (auto& file : chosen) found.push_back(std::move(file.file.name));
  return found;
}

}  // namespace

TEST_CASE("the most valuable files are chosen: coverage first, then newness, then small size") {
  Selection selection({.all = false, .top = 5, .max_file_bytes = 100});
  selection.offer({"old", 1, 1, 0}, {});
  selection.offer({"newest-large", 9, 7, 0}, {});
  selection.offer({"newest-small", 8, 7, 0}, {});
  selection.offer({"little-coverage", 99, 1, 0}, {"new-coverage", 2});
  selection.offer({"much-coverage", 99, 0, 0}, {"new-coverage", 9});
  selection.offer({"favoured", 100, 0, 0}, {"favoured", 0});
  selection.offer({"too-large", 101, 9, 0}, {"favoured", 0});
  CHECK(selection.left_out_files() == 2);
  CHECK(selection.left_out_bytes() == 102);
  CHECK(names(selection.take()) == std::vector<std::string>{"favoured", "much-coverage", "little-coverage",
                                                            "newest-small", "newest-large"});
}

TEST_CASE("the same files are chosen in whatever order a folder gives them") {
  std::vector<std::pair<CorpusEntry, Worth>> files;
  for (int i = 0; i < 500; ++i) {
    files.push_back({{"f" + std::to_string(i), static_cast<std::uint64_t>(i % 7), i % 11, 0},
                     {i % 3 == 0 ? "new-coverage" : "newest", static_cast<std::uint32_t>(i % 5)}});
  }
  std::vector<std::string> first;
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    Selection selection({.all = false, .top = 37});
    for (const auto& [file, worth] : files) selection.offer(file, worth);
    CHECK(selection.left_out_files() == 463);
    const auto chosen = names(selection.take());
    REQUIRE(chosen.size() == 37);
    if (first.empty()) first = chosen;
    CHECK(chosen == first);
    std::shuffle(files.begin(), files.end(), random);
  }
}

TEST_CASE("all takes every file but those that are too large") {
  Selection selection({.all = true, .top = 1, .max_file_bytes = 10});
  for (int i = 0; i < 300; ++i)
    selection.offer({std::to_string(i), static_cast<std::uint64_t>(i % 20), 0, 0}, {});
  CHECK(selection.left_out_files() == 135);
  const auto chosen = selection.take();
  CHECK(chosen.size() == 165);
  for (const auto& file : chosen) CHECK(file.worth.reason == "all");
}

TEST_CASE("a policy is written as people write it, and what is none is refused with what may stand there") {
  SelectionPolicy policy;
  CHECK(selection_option(policy) == "top 100");
  CHECK(parse_selection("all", policy));
  CHECK(policy.all);
  CHECK(parse_selection("top 250", policy));
  CHECK(selection_option(policy) == "top 250");
  CHECK(selection_rule(policy) == "top 250 by coverage, newness and size, of files up to 1MB");
  for (const auto* wrong : {"", "top", "top 0", "top -1", "top 1000001", "some", "all ", "top 5 files"}) {
    const auto parsed = parse_selection(wrong, policy);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message.find("top N") != std::string::npos);
  }
  CHECK(policy.top == 250);
}

}  // namespace fuzzmill::producers
