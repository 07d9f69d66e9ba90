// The log of a process: one line an event on stderr, `time level=… message key=value …`. Values are made
// printable and quoted where they need it, since they may come from a fuzzer; secrets are never passed in.
//
// Life cycle: works from the start at level info without a name; start_log() sets both.
// Threads: any thread may log.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "schema/result.h"

namespace fuzzmill::runtime {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };
schema::Result<LogLevel> log_level_named(std::string_view name);  // debug, info, warn, error, off

// A key and its value as text.
struct LogField {
  std::string_view key;
  std::string value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
  LogField(std::string_view k, std::integral auto v) : key(k), value(std::to_string(v)) {}
};
using LogFields = std::initializer_list<LogField>;

// Names the process in each line and sets what is shown. Colours only where stderr is a terminal.
void start_log(std::string_view process, LogLevel level);

void log_debug(std::string_view message, LogFields fields = {});
void log_info(std::string_view message, LogFields fields = {});
void log_warn(std::string_view message, LogFields fields = {});
void log_error(std::string_view message, LogFields fields = {});

// The part of a line after its time and level. Pure.
std::string log_text(std::string_view process, std::string_view message, LogFields fields);

}  // namespace fuzzmill::runtime
