#include "producers/engine/engine_variables.h"

#include "producers/engine/afl_command.h"

namespace fuzzmill::producers {

Variables engine_variables(Engine engine, const GetVariable& get,
                           const std::optional<std::filesystem::path>& symbolizer) {
  switch (engine) {
    case Engine::kAfl:
      return afl_variables(get);
    case Engine::kHonggfuzz:
      return {};
    case Engine::kLibfuzzer:
      break;
  }
  return sanitizer_variables(get, symbolizer);
}

}  // namespace fuzzmill::producers
