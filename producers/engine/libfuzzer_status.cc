#include "producers/engine/libfuzzer_status.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "producers/engine/left_scan.h"

namespace fuzzmill::producers {
namespace {

constexpr std::array<std::string_view, 7> kEvents{"READ",   "INITED", "NEW", "REDUCE",
                                                  "RELOAD", "pulse",  "DONE"};

std::optional<std::uint64_t> take_number(std::string_view& rest) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc()) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  const auto word = rest.substr(0, std::min(rest.find_first_of(" \t"), rest.size()));
  rest.remove_prefix(word.size());
  return word;
}

// b, Kb, Mb, Gb up to LLVM 19; B, KB, MB, GB after it. 1024 each.
std::optional<std::uint64_t> unit_bytes(std::string_view unit) {
  if (unit == "b" || unit == "B") return 1;
  if (unit.size() != 2 || (unit[1] != 'b' && unit[1] != 'B')) return std::nullopt;
  switch (unit[0]) {
    case 'K':
      return 1ULL << 10;
    case 'M':
      return 1ULL << 20;
    case 'G':
      return 1ULL << 30;
    default:
      return std::nullopt;
  }
}

// "1/4b", or "5" in fork mode.
void read_corpus(std::string_view text, StatusLine& status) {
  const auto files = take_number(text);
  if (!files) return;
  status.corpus_files = files;
  if (text.empty() || text.front() != '/') return;
  text.remove_prefix(1);
  const auto amount = take_number(text);
  const auto unit = unit_bytes(text);
  if (amount && unit && *amount < (1ULL << 32)) status.corpus_bytes = *amount * *unit;
}

// "1/2/3": out of memory, timeouts, crashes.
void read_findings(std::string_view text, StatusLine& status) {
  LeftScan scan(text);
  const auto ooms = scan.number(), timeouts = scan.number_after("/"), crashes = scan.number_after("/");
  if (!ooms || !timeouts || !crashes || !scan.done()) return;
  status.ooms = ooms, status.timeouts = timeouts, status.crashes = crashes;
}

std::optional<std::uint64_t> leading_number(std::string_view word) { return take_number(word); }

}  // namespace

std::optional<StatusLine> parse_status(std::string_view line) {
  if (line.empty() || line.front() != '#') return std::nullopt;
  line.remove_prefix(1);
  StatusLine status;
  const auto executions = take_number(line);
  if (!executions || line.empty()) return std::nullopt;
  status.executions = *executions;
  if (line.front() == ':') {
    line.remove_prefix(1);
    status.event = "fork";
  } else if (line.front() == '\t') {
    status.event = take_word(line);
    if (std::find(kEvents.begin(), kEvents.end(), status.event) == kEvents.end()) return std::nullopt;
  } else {
    return std::nullopt;
  }
  // exec/s ends the part that counts; every real line has it, so that text which merely begins so is told
  // apart.
  while (!line.empty() && !status.peak_rss_mb) {
    const auto key = take_word(line);
    if (key == "cov:") {
      status.coverage = leading_number(take_word(line));
    } else if (key == "ft:") {
      status.features = leading_number(take_word(line));
    } else if (key == "corp:") {
      read_corpus(take_word(line), status);
    } else if (key == "exec/s:" || key == "exec/s") {  // fork mode of LLVM 14 has no colon
      status.exec_per_second = leading_number(take_word(line));
    } else if (key == "oom/timeout/crash:") {
      read_findings(take_word(line), status);
    } else if (key == "rss:") {
      status.peak_rss_mb = leading_number(take_word(line));
    }
  }
  if (!status.exec_per_second) return std::nullopt;
  return status;
}

}  // namespace fuzzmill::producers
