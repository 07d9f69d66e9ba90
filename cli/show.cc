#include "cli/show.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "cli/screen.h"
#include "schema/taxonomy.h"

namespace fuzzmill::cli {

std::string age_text(std::uint64_t now_ms, std::uint64_t then_ms) {
  if (then_ms == 0) return "-";
  const std::uint64_t seconds = now_ms > then_ms ? (now_ms - then_ms) / 1000 : 0;
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 120 * 60) return fmt::format("{} min", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} d", seconds / 86400);
}

std::string time_text(std::uint64_t unix_ms) {
  constexpr std::uint64_t kYear9999 = 253'402'300'799;  // past it gmtime() has no four digits
  const std::uint64_t seconds = unix_ms / 1000;
  if (unix_ms == 0 || seconds > kYear9999) return "-";
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts = {};
  gmtime_r(&time, &parts);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", parts);
}

int severity_rank(std::string_view severity) {
  const auto parsed = schema::parse_severity(severity);
  return parsed ? static_cast<int>(*parsed) + 1 : 0;
}

Tone severity_tone(std::string_view severity) {
  switch (severity_rank(severity)) {
    case 4:
      return Tone::kBad;
    case 3:
      return Tone::kBad;
    case 2:
      return Tone::kWarn;
    case 1:
      return Tone::kPlain;
    default:
      return Tone::kDim;
  }
}

std::string json_text(const nlohmann::json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void print(const Table& table) {
  const Screen screen = screen_of(stdout);
  print(table.text(screen.width, screen.colour));
}

void print_json(const nlohmann::json& json) { print(json_text(json)); }

}  // namespace fuzzmill::cli
