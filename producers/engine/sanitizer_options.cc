#include "producers/engine/sanitizer_options.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "producers/engine/sanitizer_flags.h"

namespace fuzzmill::producers {
namespace {

struct Wanted {
  std::string_view variable, option, value;
};

// handle_abort is not here: libFuzzer has a handler of its own ("deadly signal"), which ASan's would
// displace. Without halt_on_error UBSan only prints: the fuzzer goes on and the input that did it is lost.
constexpr std::array<Wanted, 6> kWanted{{
    {"ASAN_OPTIONS", "symbolize", "1"},
    {"UBSAN_OPTIONS", "symbolize", "1"},
    {"UBSAN_OPTIONS", "print_stacktrace", "1"},
    {"UBSAN_OPTIONS", "halt_on_error", "1"},
    {"MSAN_OPTIONS", "symbolize", "1"},
    {"TSAN_OPTIONS", "symbolize", "1"},
}};

constexpr std::array<std::string_view, 5> kSymbolizerVariables{
    "ASAN_SYMBOLIZER_PATH", "UBSAN_SYMBOLIZER_PATH", "MSAN_SYMBOLIZER_PATH", "TSAN_SYMBOLIZER_PATH",
    "LSAN_SYMBOLIZER_PATH"};

bool runs(const std::filesystem::path& path) {
  std::error_code failed;
  return std::filesystem::is_regular_file(path, failed) && ::access(path.c_str(), X_OK) == 0;
}

// The number after `prefix`, when that is all there is.
std::optional<int> number_after(std::string_view name, std::string_view prefix) {
  if (name.substr(0, prefix.size()) != prefix) return std::nullopt;
  name.remove_prefix(prefix.size());
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

// Of `folder`/<prefix>N<suffix>, the runnable one with the highest N.
std::optional<std::filesystem::path> newest(const std::filesystem::path& folder, std::string_view prefix,
                                            const std::filesystem::path& suffix) {
  std::optional<std::filesystem::path> best;
  int best_number = -1;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const auto number = number_after(entry->path().filename().string(), prefix);
    const auto path = suffix.empty() ? entry->path() : entry->path() / suffix;
    if (number && *number > best_number && runs(path)) best = path, best_number = *number;
  }
  return best;
}

std::vector<std::filesystem::path> folders_of(std::string_view path_variable) {
  std::vector<std::filesystem::path> folders;
  while (!path_variable.empty()) {
    const auto end = std::min(path_variable.find(':'), path_variable.size());
    if (end > 0) folders.emplace_back(path_variable.substr(0, end));
    path_variable.remove_prefix(std::min(end + 1, path_variable.size()));
  }
  return folders;
}

}  // namespace

Variables sanitizer_variables(const GetVariable& get,
                              const std::optional<std::filesystem::path>& symbolizer) {
  Variables variables;
  for (const auto& [variable, option, value] : kWanted) {
    const std::string name(variable);
    auto at =
        std::find_if(variables.begin(), variables.end(), [&](const auto& v) { return v.first == name; });
    const std::string current = at != variables.end() ? at->second : get(name).value_or("");
    if (flag_value(parse_sanitizer_flags(current), option)) continue;
    auto extended = current + (current.empty() ? "" : ":") + std::string(option) + "=" + std::string(value);
    if (at == variables.end()) {
      variables.emplace_back(name, std::move(extended));
    } else {
      at->second = std::move(extended);
    }
  }
  for (const auto name : kSymbolizerVariables) {
    if (symbolizer && !get(std::string(name))) variables.emplace_back(name, symbolizer->string());
  }
  return variables;
}

std::optional<std::filesystem::path> find_symbolizer(const std::string& path_variable,
                                                     const std::filesystem::path& root) {
  const auto folders = folders_of(path_variable);
  for (const auto& folder : folders) {
    if (runs(folder / "llvm-symbolizer")) return folder / "llvm-symbolizer";
  }
  if (auto found = newest(root / "usr/lib", "llvm-", "bin/llvm-symbolizer")) return found;
  for (const auto& folder : folders) {
    if (auto found = newest(folder, "llvm-symbolizer-", {})) return found;
  }
  return std::nullopt;
}

}  // namespace fuzzmill::producers
