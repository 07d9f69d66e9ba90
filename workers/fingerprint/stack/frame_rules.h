// Which frames of a stack count. The machinery around a bug (interceptors, allocators, sanitizer, fuzzer,
// throw and assert machinery, start-up) is the same for every bug and says nothing about this one.
// The rules are one named table in frame_rule_table.cc; names match whole words: "free" is dropped,
// "free_list_add" is not. A project's own rules (project_rules.h) go before them.
#pragma once

#include <string_view>

#include "workers/fingerprint/read/report.h"
#include "workers/fingerprint/stack/project_rules.h"

namespace fuzzmill::workers {

// The functions a fuzzer calls in a target. The frame itself counts, what is below it does not.
bool is_target_entry(std::string_view function);

// A header of the C++ library: a line in it is no line of the function that it was inlined into.
bool is_library_header(std::string_view file);

// The name of the rule that drops the frame, or empty when the frame counts. `function` is the frame's
// normalised name. The name is a constant, or lives as long as `project`.
std::string_view rule_of(const Frame& frame, std::string_view function,
                         const ProjectRules* project = nullptr);

// Rules that stack.h adds by position rather than by name.
inline constexpr std::string_view kBelowTarget = "below-fuzz-target";
inline constexpr std::string_view kProgramEntry = "program-entry";
inline constexpr std::string_view kRecursion = "recursion";
inline constexpr std::string_view kInsideStop = "inside-machinery";

// True for rules whose frames may stand in when nothing else is left: code that could have been the
// program's own choice to call, unlike the sanitizer's or the fuzzer's.
bool may_stand_in(std::string_view rule);

// True for rules whose frames stop the program on purpose: what they call is machinery too.
bool stops_program(std::string_view rule);

}  // namespace fuzzmill::workers
