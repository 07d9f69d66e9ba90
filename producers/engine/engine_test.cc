#include "producers/engine/engine.h"

#include "producers/engine/engine_variables.h"
#include "producers/engine/testdata/fixture.h"
#include "tests/catch.h"

namespace fuzzmill::producers {

TEST_CASE("an engine's name leads back to it, and other words to none") {
  for (const auto& row : kEngines) {
    CHECK(engine_name(row.engine) == row.name);
    CHECK(engine_named(row.name) == row.engine);
  }
  CHECK(engine_name(Engine::kHonggfuzz) == "honggfuzz");
  CHECK_FALSE(engine_named("AFL").has_value());
  CHECK_FALSE(engine_named("").has_value());
}

TEST_CASE(
    "sanitizer options are added for libFuzzer alone: AFL refuses to start with them, honggfuzz loses its "
    "own") {
  const auto libfuzzer = engine_variables(Engine::kLibfuzzer, variables(), std::nullopt);
  CHECK(value_in(libfuzzer, "ASAN_OPTIONS") == "symbolize=1");
  const auto afl =
      engine_variables(Engine::kAfl, variables({{"AFL_NO_UI", "0"}}), "/usr/bin/llvm-symbolizer");
  CHECK(value_in(afl, "ASAN_OPTIONS") == "(not set)");
  CHECK(value_in(afl, "AFL_NO_UI") == "(not set)");
  CHECK(value_in(afl, "AFL_NO_COLOR") == "1");
  CHECK(engine_variables(Engine::kHonggfuzz, variables(), "/usr/bin/llvm-symbolizer").empty());
}

}  // namespace fuzzmill::producers
