#include "schema/target_state.h"

#include <set>
#include <string>

#include "tests/catch.h"

using namespace fuzzmill::schema;

TEST_CASE("each target state has a word of its own, a meaning, and advice where it alerts") {
  std::set<std::string_view> words;
  for (const TargetStateRow& row : target_states()) {
    INFO(std::string(row.word));
    CHECK(words.insert(row.word).second);
    CHECK_FALSE(row.meaning.empty());
    CHECK(row.alert.has_value() == !row.advice.empty());
    CHECK(find_target_state(row.word) == &row);
    CHECK(target_state_word(row.state) == row.word);
  }
  CHECK(words.size() == 9);
  CHECK(find_target_state("fine") == nullptr);
  CHECK(find_target_state("") == nullptr);
}
