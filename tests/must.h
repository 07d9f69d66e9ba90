// For tests: the value of a Result that is no subject of the test, which fails with the error's words.
#pragma once

#include <utility>

#include "schema/result.h"
#include "tests/catch.h"

namespace fuzzmill::tests {

template <class T>
T must(schema::Result<T> result) {
  if (!result) FAIL(result.error().message);
  return std::move(result).value();
}
inline void must(const schema::Status& status) {
  if (!status) FAIL(status.error().message);
}

}  // namespace fuzzmill::tests
