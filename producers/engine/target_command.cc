#include "producers/engine/target_command.h"

#include "producers/engine/afl_command.h"
#include "producers/engine/honggfuzz_command.h"
#include "producers/engine/wrapper.h"
#include "schema/event.h"

namespace fuzzmill::producers {

schema::Result<std::vector<std::string>> target_command(Engine engine,
                                                        const std::vector<std::string>& command,
                                                        const GetVariable& get) {
  if (engine == Engine::kAfl) {
    auto parsed = parse_afl_command(command, get);
    if (!parsed) return std::move(parsed).error();
    return std::move(parsed->target);
  }
  if (engine == Engine::kHonggfuzz) {
    auto parsed = parse_honggfuzz_command(command);
    if (!parsed) return std::move(parsed).error();
    return std::move(parsed->target);
  }
  if (command.empty()) return schema::invalid("the command is empty");
  return command;
}

std::string suggested_target_name(const std::vector<std::string>& target) {
  constexpr std::size_t kMaxName = 64;
  std::string name;
  for (const char c : target.empty() ? std::string() : program_name(target.front())) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || (c == '.' && !name.empty());
    if (name.size() < kMaxName) name.push_back(fits ? c : '-');
  }
  return schema::valid_name(name) ? name : "target";
}

}  // namespace fuzzmill::producers
