// The target's own command within a fuzzer's: the program that crashes. Pure.
#pragma once

#include <string>
#include <vector>

#include "producers/engine/engine.h"
#include "producers/engine/sanitizer_options.h"
#include "schema/result.h"

namespace fuzzmill::producers {

// libFuzzer: the whole command. AFL, honggfuzz: what stands behind their options. `command`: of
// recognise(), without wrappers. kInvalid: there is none.
schema::Result<std::vector<std::string>> target_command(Engine engine,
                                                        const std::vector<std::string>& command,
                                                        const GetVariable& get);

// The last part of the program's path, fit for schema::valid_name(); "target" when nothing of it is.
std::string suggested_target_name(const std::vector<std::string>& target);

}  // namespace fuzzmill::producers
