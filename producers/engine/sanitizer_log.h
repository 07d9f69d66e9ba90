// Where sanitizers write their reports when log_path sends them to files: then the fuzzer's log has none.
// Pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "producers/engine/sanitizer_options.h"

namespace fuzzmill::producers {

// Files are <folder>/<stem>.<pid><suffix>, or <stem>.<exe>.<pid><suffix>. One process writes one file; a pid
// may come again, and its report is then added or put in place of the first.
struct SanitizerLogPlace {
  std::filesystem::path folder;
  std::string stem;       // may hold %p, %H and %t, which newer runtimes replace
  bool exe_name = false;  // log_exe_name=1
  std::string suffix;     // log_suffix
  friend bool operator==(const SanitizerLogPlace&, const SanitizerLogPlace&) = default;
};

// Of ASAN_, UBSAN_, MSAN_, TSAN_ and LSAN_OPTIONS, each place once. `working_dir`: the fuzzer's. A path whose
// folder holds a % is left out: only the runtime knows what it becomes.
std::vector<SanitizerLogPlace> sanitizer_log_places(const GetVariable& get,
                                                    const std::filesystem::path& working_dir);

// The place of a plain prefix, as honggfuzz sets one.
SanitizerLogPlace sanitizer_log_place(const std::filesystem::path& prefix);

// The pid in the name of a file of `place.folder`; nothing when it is none of that place's.
std::optional<std::uint64_t> sanitizer_log_pid(const SanitizerLogPlace& place, std::string_view file_name);

}  // namespace fuzzmill::producers
