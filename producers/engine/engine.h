// The fuzzers that we know, by the names that events carry.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace fuzzmill::producers {

enum class Engine { kLibfuzzer, kAfl, kHonggfuzz };

struct EngineName {
  Engine engine;
  std::string_view name;
};
inline constexpr std::array<EngineName, 3> kEngines{
    {{Engine::kLibfuzzer, "libfuzzer"}, {Engine::kAfl, "afl"}, {Engine::kHonggfuzz, "honggfuzz"}}};

constexpr std::string_view engine_name(Engine engine) {
  return kEngines[static_cast<std::size_t>(engine)].name;
}

constexpr std::optional<Engine> engine_named(std::string_view name) {
  for (const auto& row : kEngines) {
    if (row.name == name) return row.engine;
  }
  return std::nullopt;
}

}  // namespace fuzzmill::producers
