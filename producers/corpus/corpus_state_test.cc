#include "producers/corpus/corpus_state.h"

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

CorpusState sample() {
  CorpusState state;
  state.snapshot = "0123456789abcdef";
  state.snapshot_ms = 1'750'000'000'000;
  auto& a = state.see({"a", 3, 17, 5}).second;
  a.sha256 = schema::sha256("abc"), a.hashed = a.settled = true, a.listed = CorpusState::mark(a);
  auto& b = state.see({std::string("sub/b\xff\n"), 0, -1, 6}).second;
  b.sha256 = schema::sha256(""), b.hashed = b.settled = true;
  state.see({"not hashed", 1, 1, 1});
  state.see({"just written", 1, 1, 1}).second.hashed = true;
  return state;
}

}  // namespace

TEST_CASE("a state comes back as it was written, without what is not known of its files") {
  tests::TemporaryFolder folder;
  const auto file = folder.path() / "corpus.state";
  CHECK(last_snapshot_ms(file) == 0);
  REQUIRE(save_state(file, sample()));
  CHECK(last_snapshot_ms(file) == 1'750'000'000'000);
  std::string problem;
  const auto state = load_state(file, &problem);
  CHECK(problem.empty());
  CHECK(state.snapshot == "0123456789abcdef");
  CHECK(state.snapshot_ms == 1'750'000'000'000);
  REQUIRE(state.files.size() == 2);
  CHECK(state.files.at("a").listed == sample().files.at("a").listed);
  CHECK(state.files.at("a").hashed);
  CHECK(state.files.at("sub/b\xff\n").sha256 == schema::sha256(""));
  CHECK(state.files.at("sub/b\xff\n").mtime_ns == -1);
}

TEST_CASE("a state with any byte changed, or cut anywhere, is an empty one that says so") {
  tests::TemporaryFolder folder;
  const auto whole = sample().encode();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    CHECK_FALSE(CorpusState::decode(flipped));
    CHECK_FALSE(CorpusState::decode(std::string_view(whole).substr(0, at)));
  }
  std::string problem;
  CHECK(load_state(folder.write("broken", whole.substr(1)), &problem).files.empty());
  CHECK(problem.find("no corpus state of this version") != std::string::npos);
  problem.clear();
  CHECK(load_state(folder.path() / "absent", &problem).files.empty());
  CHECK(problem.empty());
}

TEST_CASE("a file's hash is known until its size, its time or its inode is another") {
  const CorpusEntry as_it_was{"a", 3, 17, 5};
  auto state = sample();
  CHECK(state.see(as_it_was).second.hashed);
  for (const auto& changed :
       {CorpusEntry{"a", 4, 17, 5}, CorpusEntry{"a", 3, 18, 5}, CorpusEntry{"a", 3, 17, 6}}) {
    state = sample();
    CHECK_FALSE(state.see(changed).second.hashed);
    CHECK_FALSE(state.see(as_it_was).second.hashed);  // nor when it is as before: nobody read it since
    CHECK(state.files.at("a").listed != 0);
  }
}

}  // namespace fuzzmill::producers
