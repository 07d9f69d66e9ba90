// The sanitizer options of a replay. Pure.
#pragma once

#include <filesystem>
#include <optional>

#include "producers/engine/engine.h"
#include "producers/engine/sanitizer_options.h"

namespace fuzzmill::producers {

// `own_abort_handler`: the program has libFuzzer's, which says "deadly signal"; ASan's would displace it.
// `working_dir`: of the fuzzer, where a relative suppressions file is.
Variables replay_variables(Engine engine, bool own_abort_handler, const GetVariable& get,
                           const std::filesystem::path& working_dir,
                           const std::optional<std::filesystem::path>& symbolizer);

}  // namespace fuzzmill::producers
