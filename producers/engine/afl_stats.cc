#include "producers/engine/afl_stats.h"

#include <array>
#include <charconv>
#include <cmath>

#include "producers/engine/left_scan.h"

namespace fuzzmill::producers {
namespace {

using Number = std::optional<std::uint64_t>;

constexpr std::size_t kMaxText = 64 * 1024;
constexpr std::size_t kMaxWords = 4096;

// "67.95", "100.00%": leading figure. No locale, no exponent, no infinity.
std::optional<double> figure(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(value) || value < 0) return std::nullopt;
  return value;
}

Number number(std::string_view text) { return LeftScan(text).number(); }

// Seconds since 1970 to milliseconds; 0 stands for never.
Number moment(std::string_view text) {
  const auto seconds = number(text);
  if (!seconds || *seconds == 0 || *seconds > 1ULL << 40) return std::nullopt;
  return *seconds * 1000;
}

using Take = void (*)(AflStats&, std::string_view);
struct Key {
  std::string_view name;
  Take take;
};
constexpr std::array<Key, 26> kKeys{{
    {"start_time", [](AflStats& s, std::string_view v) { s.start_ms = moment(v); }},
    {"last_update",
     [](AflStats& s, std::string_view v) { s.last_update_ms = s.reading.as_of_ms = moment(v); }},
    {"fuzzer_pid", [](AflStats& s, std::string_view v) { s.reading.pid = number(v); }},
    {"execs_done", [](AflStats& s, std::string_view v) { s.reading.executions = number(v); }},
    {"execs_per_sec", [](AflStats& s, std::string_view v) { s.reading.exec_per_second_said = figure(v); }},
    {"corpus_count", [](AflStats& s, std::string_view v) { s.reading.corpus_files = number(v); }},
    {"saved_crashes", [](AflStats& s, std::string_view v) { s.reading.crashes = number(v); }},
    {"saved_hangs", [](AflStats& s, std::string_view v) { s.reading.hangs = number(v); }},
    {"last_find", [](AflStats& s, std::string_view v) { s.reading.last_new_path_ms = moment(v); }},
    {"last_crash", [](AflStats& s, std::string_view v) { s.last_crash_ms = moment(v); }},
    {"last_hang", [](AflStats& s, std::string_view v) { s.last_hang_ms = moment(v); }},
    {"edges_found", [](AflStats& s, std::string_view v) { s.reading.coverage = number(v); }},
    {"total_edges", [](AflStats& s, std::string_view v) { s.edges_total = number(v); }},
    {"exec_timeout", [](AflStats& s, std::string_view v) { s.exec_timeout_ms = number(v); }},
    {"stability", [](AflStats& s, std::string_view v) { s.stability_percent = figure(v); }},
    {"afl_banner", [](AflStats& s, std::string_view v) { s.banner = v; }},
    {"afl_version", [](AflStats& s, std::string_view v) { s.version = v; }},
    {"target_mode", [](AflStats& s, std::string_view v) { s.mode = v; }},
    {"command_line", [](AflStats& s, std::string_view v) { s.command_line = v; }},
    // Before 4.00.
    {"paths_total", [](AflStats& s, std::string_view v) { s.reading.corpus_files = number(v); }},
    {"unique_crashes", [](AflStats& s, std::string_view v) { s.reading.crashes = number(v); }},
    {"unique_hangs", [](AflStats& s, std::string_view v) { s.reading.hangs = number(v); }},
    {"last_path", [](AflStats& s, std::string_view v) { s.reading.last_new_path_ms = moment(v); }},
    // Known, and of no use to us: they only show that the file is AFL's.
    {"cycles_done", [](AflStats&, std::string_view) {}},
    {"bitmap_cvg", [](AflStats&, std::string_view) {}},
    {"peak_rss_mb", [](AflStats&, std::string_view) {}},  // of reaped children alone: /proc knows better
}};

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// Words in single quotes, a quote within one as '\''.
std::vector<std::string> quoted_words(std::string_view line) {
  std::vector<std::string> words;
  bool open = false, begun = false;
  for (std::size_t i = 0; i < line.size() && words.size() < kMaxWords; ++i) {
    const char c = line[i];
    if (!open && (c == ' ' || c == '\t')) {
      begun = false;
      continue;
    }
    if (!begun) words.emplace_back(), begun = true;
    if (c == '\'') {
      open = !open;
    } else if (!open && c == '\\' && i + 1 < line.size()) {
      words.back().push_back(line[++i]);
    } else {
      words.back().push_back(c);
    }
  }
  return words;
}

}  // namespace

schema::Result<AflStats> parse_afl_stats(std::string_view text) {
  text = text.substr(0, kMaxText);
  AflStats stats;
  bool any = false;
  while (!text.empty()) {
    const auto line = take_line(text);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    auto name = line.substr(0, colon);
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
    const auto value = LeftScan::trimmed_left(line.substr(colon + 1));
    for (const auto& key : kKeys) {
      if (key.name != name) continue;
      key.take(stats, value);
      any = true;
    }
  }
  if (!any) return schema::invalid("not a fuzzer_stats of AFL: none of its lines has a name that AFL writes");
  return stats;
}

schema::Result<AflSetup> parse_afl_setup(std::string_view text) {
  text = text.substr(0, 1024 * 1024);
  AflSetup setup;
  bool command = false;
  while (!text.empty() && setup.argv.empty()) {
    const auto line = take_line(text);
    if (line == "# command line:") {
      command = true;
    } else if (command) {
      setup.argv = quoted_words(line);
    } else if (const auto equals = line.find('='); line.substr(0, 4) == "AFL_" &&
                                                   equals != std::string_view::npos &&
                                                   setup.environment.size() < kMaxWords) {
      setup.environment.emplace_back(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  if (setup.argv.empty()) return schema::invalid("not a fuzzer_setup of AFL: it holds no command line");
  return setup;
}

}  // namespace fuzzmill::producers
