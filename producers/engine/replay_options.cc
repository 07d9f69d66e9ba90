#include "producers/engine/replay_options.h"

#include <array>

#include "producers/engine/sanitizer_flags.h"

namespace fuzzmill::producers {
namespace {

struct Setting {
  std::string_view variables;  // letters: A ASAN, U UBSAN, M MSAN, T TSAN, L LSAN
  std::string_view option, value;
};

struct Family {
  char letter;
  const char* options;
  const char* symbolizer;
};
constexpr std::array<Family, 5> kFamilies{{{'A', "ASAN_OPTIONS", "ASAN_SYMBOLIZER_PATH"},
                                           {'U', "UBSAN_OPTIONS", "UBSAN_SYMBOLIZER_PATH"},
                                           {'M', "MSAN_OPTIONS", "MSAN_SYMBOLIZER_PATH"},
                                           {'T', "TSAN_OPTIONS", "TSAN_SYMBOLIZER_PATH"},
                                           {'L', "LSAN_OPTIONS", "LSAN_SYMBOLIZER_PATH"}}};

// What makes a report that says all. With abort_on_error a sanitizer's crash would look like an abort; the
// handlers are on, for without them a signal ends the program with no stack at all.
constexpr std::array<Setting, 13> kForReport{{
    {"AUMTL", "symbolize", "1"},
    {"AUMT", "abort_on_error", "0"},
    {"AUMT", "halt_on_error", "1"},
    {"AUMTL", "print_summary", "1"},
    {"A", "print_scariness", "1"},
    {"AUMT", "dedup_token_length", "3"},
    {"AMT", "handle_segv", "1"},
    {"AMT", "handle_sigbus", "1"},
    {"AMT", "handle_sigfpe", "1"},
    {"AMT", "handle_sigill", "1"},
    {"AM", "malloc_context_size", "30"},
    {"U", "print_stacktrace", "1"},
    {"L", "print_suppressions", "0"},
}};

// What AFL and honggfuzz set when the variable is not set at all: without them a leak or a large allocation,
// which the fuzzer let pass, would crash the replay.
constexpr std::array<Setting, 3> kFuzzersOwn{{
    {"A", "detect_leaks", "0"},
    {"AM", "allocator_may_return_null", "1"},
    {"A", "detect_odr_violation", "0"},
}};

// Where reports go and how the program exits is ours to say.
constexpr std::array<std::string_view, 8> kDropped{"log_path", "log_exe_name", "log_suffix", "log_to_syslog",
                                                   "exitcode", "exit_code",    "verbosity",  "coverage_dir"};

bool concerns(const Setting& setting, char family) {
  return setting.variables.find(family) != std::string_view::npos;
}

}  // namespace

Variables replay_variables(Engine engine, bool own_abort_handler, const GetVariable& get,
                           const std::filesystem::path& working_dir,
                           const std::optional<std::filesystem::path>& symbolizer) {
  Variables variables;
  for (const auto& family : kFamilies) {
    const auto current = get(family.options);
    auto flags = parse_sanitizer_flags(current.value_or(""));
    for (const auto name : kDropped) remove_flag(flags, name);
    if (!current && engine != Engine::kLibfuzzer) {
      for (const auto& own : kFuzzersOwn) {
        if (concerns(own, family.letter)) set_flag(flags, own.option, own.value);
      }
    }
    if (const auto file = flag_value(flags, "suppressions"); file && !file->empty())
      set_flag(flags, "suppressions", (working_dir / *file).string());
    for (const auto& wanted : kForReport) {
      if (concerns(wanted, family.letter)) set_flag(flags, wanted.option, wanted.value);
    }
    const bool aborts = family.letter == 'A' || family.letter == 'M';
    if (aborts && !own_abort_handler) set_flag(flags, "handle_abort", "1");
    variables.emplace_back(family.options, sanitizer_flags_text(flags));
    if (symbolizer && !get(family.symbolizer))
      variables.emplace_back(family.symbolizer, symbolizer->string());
  }
  return variables;
}

}  // namespace fuzzmill::producers
