#include "workers/stage.h"

#include "tests/catch.h"

namespace fuzzmill::workers {
namespace {

using schema::ErrorCode;
using Answers = schema::Result<std::vector<int>>;

}  // namespace

TEST_CASE("A batch that goes well is one call") {
  int calls = 0;
  const auto answers =
      each_or_all<int>(std::vector<int>{1, 2, 3}, [&](const std::vector<int>& items) -> Answers {
        ++calls;
        return items;
      });
  CHECK(calls == 1);
  REQUIRE(answers.size() == 3);
  CHECK(*answers[2] == 3);
}

TEST_CASE("One bad item of a batch fails alone") {
  const auto answers =
      each_or_all<int>(std::vector<int>{1, 2, 3}, [](const std::vector<int>& items) -> Answers {
        for (const int item : items) {
          if (item == 2) return schema::invalid("two");
        }
        return items;
      });
  REQUIRE(answers.size() == 3);
  CHECK(*answers[0] == 1);
  REQUIRE_FALSE(answers[1].ok());
  CHECK(answers[1].error().code == ErrorCode::kInvalid);
  CHECK(*answers[2] == 3);
}

TEST_CASE("A service that is away is asked once a batch, not once an item") {
  int calls = 0;
  const auto answers = each_or_all<int>(std::vector<int>{1, 2, 3}, [&](const std::vector<int>&) -> Answers {
    ++calls;
    return schema::unavailable("away");
  });
  CHECK(calls == 1);
  REQUIRE(answers.size() == 3);
  for (const auto& answer : answers) CHECK(outcome_of(answer.error()).kind == schema::OutcomeKind::kLater);
}

TEST_CASE("What is wrong with an event stays wrong, all else may pass") {
  CHECK(outcome_of(schema::invalid("x")).kind == schema::OutcomeKind::kNever);
  CHECK(outcome_of(schema::too_large("x")).kind == schema::OutcomeKind::kNever);
  CHECK(outcome_of(schema::unavailable("x")).kind == schema::OutcomeKind::kLater);
  CHECK(outcome_of(schema::denied("x")).kind == schema::OutcomeKind::kLater);
  CHECK(outcome_of(schema::internal("x")).reason == "x");
}

}  // namespace fuzzmill::workers
