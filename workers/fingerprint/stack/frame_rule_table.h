// The data behind frame_rules.h: what is machinery, as rows of names. Rows are for people to read and add
// to; the matching is in frame_rules.cc.
#pragma once

#include <span>
#include <string_view>

namespace fuzzmill::workers {

// The names of the rules, as reports and documentation show them.
inline constexpr std::string_view kInterceptor = "interceptor";
inline constexpr std::string_view kSanitizer = "sanitizer-runtime";
inline constexpr std::string_view kAllocator = "allocator";
inline constexpr std::string_view kLibcString = "libc-string";
inline constexpr std::string_view kLibc = "libc";
inline constexpr std::string_view kAssert = "assert-machinery";
inline constexpr std::string_view kThrow = "throw-machinery";
inline constexpr std::string_view kLog = "log-machinery";
inline constexpr std::string_view kFuzzer = "fuzzer";
inline constexpr std::string_view kStartUp = "runtime-start";
inline constexpr std::string_view kStandard = "standard-library";
inline constexpr std::string_view kLanguage = "language-runtime";
inline constexpr std::string_view kKernel = "kernel-report";
inline constexpr std::string_view kSystem = "system-library";
inline constexpr std::string_view kNoName = "no-name";

// One rule and what it matches, separated by '|'.
struct RuleRow {
  std::string_view rule;
  std::string_view matches;
};

std::span<const RuleRow> whole_names();      // the normalised name is the match
std::span<const RuleRow> name_beginnings();  // it begins with the match, which ends at a boundary by itself
std::span<const RuleRow> name_endings();     // its last two components are the match
std::span<const RuleRow> path_parts();       // the file's path has the match where a folder's name begins
std::span<const RuleRow> module_names();  // the module's file name, up to '.', '-' or its end, in lower case
std::string_view libc_string_words();     // memcpy and its like, which have flavours
std::string_view glibc_folders();         // of glibc's sources, which Debian builds with relative paths

}  // namespace fuzzmill::workers
