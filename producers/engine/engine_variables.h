// What to add to a fuzzer's environment before it starts, so that what it finds can be told. Pure.
#pragma once

#include <filesystem>
#include <optional>

#include "producers/engine/engine.h"
#include "producers/engine/sanitizer_options.h"

namespace fuzzmill::producers {

// libFuzzer: sanitizer_variables(). AFL: afl_variables(), for with sanitizer options that it does not like it
// refuses to start. honggfuzz: none, for it leaves options alone that it finds, and with them its own
// log_path. Nothing that the user set is changed.
Variables engine_variables(Engine engine, const GetVariable& get,
                           const std::optional<std::filesystem::path>& symbolizer);

}  // namespace fuzzmill::producers
