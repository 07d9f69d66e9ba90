#include "producers/minimize/measured.h"

#include <algorithm>
#include <random>
#include <set>

#include "producers/minimize/merge_control.h"
#include "tests/catch.h"

using namespace fuzzmill;
using namespace fuzzmill::producers;

namespace {

struct Made {
  CorpusInput input;
  std::set<std::uint64_t> features;
  bool fails = false;
};

std::vector<Made> make_corpus(std::mt19937& random, std::size_t count) {
  std::vector<Made> corpus;
  for (std::size_t i = 0; i < count; ++i) {
    Made made;
    made.input = {schema::sha256(std::to_string(random())), random() % 20};
    for (std::size_t n = random() % 6; n > 0; --n) made.features.insert(random() % 40);
    made.fails = random() % 10 == 0;
    corpus.push_back(std::move(made));
  }
  std::sort(corpus.begin(), corpus.end(), [](const auto& a, const auto& b) { return a.input < b.input; });
  return corpus;
}

// As an engine measures: it forgets what it saw whenever it is started again.
std::vector<Measured> measure(const std::vector<Made>& corpus, std::size_t shards, std::mt19937& breaks) {
  std::vector<Measured> out(shards);
  std::vector<std::set<std::uint64_t>> seen(shards);
  for (const Made& made : corpus) {
    const auto shard = shard_of(made.input.sha256, shards);
    if (breaks() % 4 == 0) seen[shard].clear();
    MeasuredInput one{made.input, made.fails ? "crash" : "", {}, {}};
    for (const auto feature : made.features) {
      if (!made.fails && seen[shard].insert(feature).second) one.features.push_back(feature);
    }
    out[shard].push_back(std::move(one));
  }
  return out;
}

}  // namespace

TEST_CASE("The choice is the same with any number of shards and wherever runs were broken off") {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    const auto corpus = make_corpus(random, 1 + random() % 60);
    std::vector<CorpusInput> wanted;
    std::set<std::uint64_t> seen;
    for (const Made& made : corpus) {
      const auto before = seen.size();
      if (!made.fails) seen.insert(made.features.begin(), made.features.end());
      if (seen.size() > before) wanted.push_back(made.input);
    }
    for (const std::size_t shards : {1, 2, 7}) {
      const Chosen chosen = choose(measure(corpus, shards, random));
      CHECK(chosen.inputs == wanted);
      CHECK(chosen.features == seen.size());
      CHECK(chosen.failed.size() == static_cast<std::size_t>(std::count_if(corpus.begin(), corpus.end(),
                                                                           [](auto& m) { return m.fails; })));
    }
  }
}

TEST_CASE("Measurements are read as they were written, and any changed byte is noticed") {
  const Measured measured = {{{schema::sha256("a"), 1}, "", {1, 2, 1ull << 60}, {7}},
                             {{schema::sha256("b"), 2}, "timeout", {}, {}},
                             {{schema::sha256("c"), 3}, "", {}, {}}};
  const std::string text = encode_measured(measured);
  const auto read = decode_measured(text);
  REQUIRE(read.ok());
  CHECK(*read == measured);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string wrong = text;
    wrong[i] = static_cast<char>(wrong[i] ^ 1);
    CHECK_FALSE(decode_measured(wrong).ok());
    CHECK_FALSE(decode_measured(std::string_view(text).substr(0, i)).ok());
  }
}

TEST_CASE("Shards are bounded, as many as there are cores, and not needlessly small") {
  CHECK(shard_count(0, 8, 1000) == 1);
  CHECK(shard_count(10, 8, 1000) == 1);
  CHECK(shard_count(1000, 8, 1000) == 8);
  CHECK(shard_count(100'000, 8, 1000) == 100);
}

TEST_CASE("A merge control file is read up to where it was cut off, and one of others is refused") {
  const std::vector<std::string> paths = {"/x/one", "/x/two", "/x/three"};
  const std::string head = new_control(paths);
  CHECK(head == "3\n0\n/x/one\n/x/two\n/x/three\n");
  const std::string whole =
      head + "STARTED 0 17\nFT 0 1 5 9\nCOV 0 3 4\nSTARTED 1 40\nSTARTED 2 41\nFT 2\nCOV 2\n";
  const auto state = read_control(whole, paths);
  REQUIRE(state.ok());
  REQUIRE(state->begun.size() == 3);
  CHECK(state->begun[0].features == std::vector<std::uint64_t>{1, 5, 9});
  CHECK(state->begun[0].edges == std::vector<std::uint64_t>{3, 4});
  CHECK_FALSE(state->begun[1].finished);
  CHECK(state->begun[2].finished);
  CHECK_FALSE(state->open.has_value());
  CHECK(state->whole == whole.size());
  for (std::size_t size = head.size(); size < whole.size(); ++size) {
    const auto cut = read_control(std::string_view(whole).substr(0, size), paths);
    REQUIRE(cut.ok());
    CHECK(cut->whole <= size);
    CHECK(read_control(std::string_view(whole).substr(0, cut->whole), paths).ok());
  }
  CHECK_FALSE(read_control(head + "STARTED 1 1\n", paths).ok());
  CHECK_FALSE(read_control(head + "STARTED 0 1\nFT 1 1\n", paths).ok());
  CHECK_FALSE(read_control(head + "STARTED 0 1\nFT 0 x\n", paths).ok());
  CHECK_FALSE(read_control(head + "STARTED 0 1\nCOV 0 1\n", paths).ok());
  CHECK_FALSE(read_control(head + "hello\n", paths).ok());
  CHECK_FALSE(read_control(head, {"/x/one"}).ok());
  CHECK_FALSE(read_control("", paths).ok());
}
