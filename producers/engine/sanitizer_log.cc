#include "producers/engine/sanitizer_log.h"

#include <algorithm>

#include "producers/engine/left_scan.h"
#include "producers/engine/sanitizer_flags.h"

namespace fuzzmill::producers {
namespace {

constexpr const char* kVariables[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "MSAN_OPTIONS", "TSAN_OPTIONS",
                                      "LSAN_OPTIONS"};

bool is_on(const std::optional<std::string>& value) {
  return value && (*value == "1" || *value == "true" || *value == "yes");
}

// What stands in the name for the stem; nothing when it does not fit.
std::optional<std::string_view> behind_stem(std::string_view stem, std::string_view name) {
  while (!stem.empty()) {
    if (stem.front() != '%' || stem.size() < 2) {
      if (name.empty() || name.front() != stem.front()) return std::nullopt;
      stem.remove_prefix(1), name.remove_prefix(1);
      continue;
    }
    if (name.substr(0, 2) == stem.substr(0, 2)) {  // an older runtime leaves it
      stem.remove_prefix(2), name.remove_prefix(2);
      continue;
    }
    const char letter = stem[1];
    stem.remove_prefix(2);
    if (letter == '%') {
      if (name.empty() || name.front() != '%') return std::nullopt;
      name.remove_prefix(1);
    } else if (letter == 'p') {
      LeftScan scan(name);
      if (!scan.number()) return std::nullopt;
      name = scan.rest();
    } else {  // a host, a time: up to what follows in the stem, or to the pid's dot
      const char next = stem.empty() ? '.' : stem.front();
      const auto end = stem.empty() ? name.rfind(next) : name.find(next);
      if (end == std::string_view::npos) return std::nullopt;
      name.remove_prefix(end);
    }
  }
  return name;
}

}  // namespace

SanitizerLogPlace sanitizer_log_place(const std::filesystem::path& prefix) {
  return {prefix.parent_path(), prefix.filename().string(), false, {}};
}

std::vector<SanitizerLogPlace> sanitizer_log_places(const GetVariable& get,
                                                    const std::filesystem::path& working_dir) {
  std::vector<SanitizerLogPlace> places;
  for (const char* variable : kVariables) {
    const auto flags = parse_sanitizer_flags(get(variable).value_or(""));
    const auto path = flag_value(flags, "log_path");
    if (!path || path->empty() || *path == "stderr" || *path == "stdout") continue;
    auto place = sanitizer_log_place(working_dir / *path);
    if (place.folder.string().find('%') != std::string::npos || place.stem.empty()) continue;
    place.exe_name = is_on(flag_value(flags, "log_exe_name"));
    place.suffix = flag_value(flags, "log_suffix").value_or("");
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(std::move(place));
  }
  return places;
}

std::optional<std::uint64_t> sanitizer_log_pid(const SanitizerLogPlace& place, std::string_view name) {
  const auto rest = behind_stem(place.stem, name);
  if (!rest || rest->empty() || rest->front() != '.') return std::nullopt;
  auto tail = rest->substr(1);
  const auto& suffix = place.suffix;
  if (tail.size() < suffix.size() || tail.substr(tail.size() - suffix.size()) != suffix) return std::nullopt;
  tail.remove_suffix(suffix.size());
  if (place.exe_name) {
    const auto dot = tail.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    tail.remove_prefix(dot + 1);
  }
  return whole_number(tail);
}

}  // namespace fuzzmill::producers
