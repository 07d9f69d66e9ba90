#include "runtime/log.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <memory>
#include <mutex>
#include <utility>

#include "runtime/printable.h"

namespace fuzzmill::runtime {
namespace {

// A hostile report must not fill the disk of the log line by line.
constexpr std::size_t kMaxValue = 2048;

constexpr std::array<std::pair<std::string_view, spdlog::level::level_enum>, 5> kLevels = {{
    {"debug", spdlog::level::debug},
    {"info", spdlog::level::info},
    {"warn", spdlog::level::warn},
    {"error", spdlog::level::err},
    {"off", spdlog::level::off},
}};

// Levels by the names of --log-level; spdlog's own say "warning".
class LevelName final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    for (const auto& [name, level] : kLevels) {
      if (level == message.level) out.append(name.data(), name.data() + name.size());
    }
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<LevelName>(); }
};

struct Log {
  std::mutex mutex;  // guards process
  std::string process;
  spdlog::logger logger{"fuzzmill", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()};

  Log() {
    auto pattern = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    pattern->add_flag<LevelName>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^level=%*%$ %v");
    logger.set_formatter(std::move(pattern));
    logger.set_level(spdlog::level::info);
    logger.flush_on(spdlog::level::debug);
  }
};

// Never destroyed: threads may log while the process ends.
Log& the_log() {
  static Log* const log = new Log;
  return *log;
}

bool plain(std::string_view value) {
  return !value.empty() && value.find_first_of(" \"=\\") == std::string_view::npos;
}

void append_value(std::string& line, std::string_view value) {
  const std::string shown = printable(value, kMaxValue);
  if (plain(shown)) {
    line += shown;
    return;
  }
  line += '"';
  for (const char c : shown) {
    if (c == '"') line += '\\';
    line += c;
  }
  line += '"';
}

void write(spdlog::level::level_enum level, std::string_view message, LogFields fields) {
  Log& log = the_log();
  if (!log.logger.should_log(level)) return;
  std::string process;
  {
    const std::lock_guard lock(log.mutex);
    process = log.process;
  }
  log.logger.log(level, log_text(process, message, fields));
}

}  // namespace

schema::Result<LogLevel> log_level_named(std::string_view name) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i].first == name) return static_cast<LogLevel>(i);
  }
  return schema::invalid(
      fmt::format("'{}' is no log level: debug, info, warn, error or off", printable(name)));
}

void start_log(std::string_view process, LogLevel level) {
  Log& log = the_log();
  const std::lock_guard lock(log.mutex);
  log.process = process;
  log.logger.set_level(kLevels[static_cast<std::size_t>(level)].second);
}

void log_debug(std::string_view message, LogFields fields) { write(spdlog::level::debug, message, fields); }
void log_info(std::string_view message, LogFields fields) { write(spdlog::level::info, message, fields); }
void log_warn(std::string_view message, LogFields fields) { write(spdlog::level::warn, message, fields); }
void log_error(std::string_view message, LogFields fields) { write(spdlog::level::err, message, fields); }

std::string log_text(std::string_view process, std::string_view message, LogFields fields) {
  std::string line;
  if (!process.empty()) line += fmt::format("process={} ", process);
  line += "msg=";
  append_value(line, message);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

}  // namespace fuzzmill::runtime
