// The text of ASAN_OPTIONS and its kin as the runtimes read it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fuzzmill::producers {

struct SanitizerFlag {
  std::string name;
  std::string value;
  friend bool operator==(const SanitizerFlag&, const SanitizerFlag&) = default;
};

// name=value parted by colons, commas and white space; a value in quotes of either kind may hold those. What
// has no value is left out. In order: of two with one name the later counts.
std::vector<SanitizerFlag> parse_sanitizer_flags(std::string_view text);

std::optional<std::string> flag_value(const std::vector<SanitizerFlag>& flags, std::string_view name);

// Changes the flag, or adds it.
void set_flag(std::vector<SanitizerFlag>& flags, std::string_view name, std::string_view value);
void remove_flag(std::vector<SanitizerFlag>& flags, std::string_view name);

// Parted by colons, with quotes where a value needs them.
std::string sanitizer_flags_text(const std::vector<SanitizerFlag>& flags);

}  // namespace fuzzmill::producers
