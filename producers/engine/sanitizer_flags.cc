#include "producers/engine/sanitizer_flags.h"

#include <algorithm>

namespace fuzzmill::producers {
namespace {

constexpr std::string_view kSeparators = ":, \t\n\r";
constexpr std::size_t kMaxFlags = 1024;

}  // namespace

std::vector<SanitizerFlag> parse_sanitizer_flags(std::string_view text) {
  std::vector<SanitizerFlag> flags;
  while (!text.empty() && flags.size() < kMaxFlags) {
    text.remove_prefix(std::min(text.find_first_not_of(kSeparators), text.size()));
    const auto name = text.substr(0, text.find_first_of(std::string(kSeparators) + "="));
    text.remove_prefix(name.size());
    if (text.empty() || text.front() != '=') continue;
    text.remove_prefix(1);
    std::string_view value;
    if (!text.empty() && (text.front() == '\'' || text.front() == '"')) {
      const char quote = text.front();
      text.remove_prefix(1);
      value = text.substr(0, text.find(quote));
      text.remove_prefix(std::min(value.size() + 1, text.size()));
    } else {
      value = text.substr(0, text.find_first_of(kSeparators));
      text.remove_prefix(value.size());
    }
    if (!name.empty()) flags.push_back({std::string(name), std::string(value)});
  }
  return flags;
}

std::optional<std::string> flag_value(const std::vector<SanitizerFlag>& flags, std::string_view name) {
  const auto found = std::find_if(flags.rbegin(), flags.rend(),
                                  [&](const SanitizerFlag& flag) { return flag.name == name; });
  if (found == flags.rend()) return std::nullopt;
  return found->value;
}

void remove_flag(std::vector<SanitizerFlag>& flags, std::string_view name) {
  flags.erase(std::remove_if(flags.begin(), flags.end(),
                             [&](const SanitizerFlag& flag) { return flag.name == name; }),
              flags.end());
}

void set_flag(std::vector<SanitizerFlag>& flags, std::string_view name, std::string_view value) {
  remove_flag(flags, name);
  flags.push_back({std::string(name), std::string(value)});
}

std::string sanitizer_flags_text(const std::vector<SanitizerFlag>& flags) {
  std::string text;
  for (const auto& flag : flags) {
    const bool plain = flag.value.find_first_of(std::string(kSeparators) + "'\"") == std::string::npos;
    const std::string quote = plain ? "" : flag.value.find('\'') == std::string::npos ? "'" : "\"";
    text += (text.empty() ? "" : ":") + flag.name + "=" + quote + flag.value + quote;
  }
  return text;
}

}  // namespace fuzzmill::producers
