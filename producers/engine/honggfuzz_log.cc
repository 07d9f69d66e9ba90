#include "producers/engine/honggfuzz_log.h"

#include <algorithm>

#include "producers/engine/left_scan.h"

namespace fuzzmill::producers {
namespace {

// Up to the last quote: a path may hold one.
std::optional<std::string> quoted(std::string_view text, std::string_view behind) {
  const auto end = text.rfind(std::string("'") + std::string(behind));
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(0, end));
}

// "[2026-11-22T08:30:54+0000][W][23622] arch_checkWait():237 text": to the text. Other lines as they are.
std::string_view without_stamp(std::string_view line) {
  if (line.empty() || line.front() != '[') return line;
  const auto call = line.find("():");
  if (call == std::string_view::npos || line.find("][") == std::string_view::npos) return line;
  LeftScan scan(line.substr(call + 3));
  if (!scan.number() || !scan.take(" ")) return line;
  return scan.rest();
}

// "Sz:4 Tm:802907us (i/b/h/e/p/c) New:0/0/0/4/0/147, Cur:0/0/0/4/0/147": the fourth of Cur are edges.
std::optional<std::uint64_t> edges(std::string_view line) {
  if (line.substr(0, 3) != "Sz:") return std::nullopt;
  const auto at = line.find(" Cur:");
  if (at == std::string_view::npos) return std::nullopt;
  LeftScan scan(line.substr(at + 5));
  for (int field = 0; field < 3; ++field) {
    if (!scan.number() || !scan.take("/")) return std::nullopt;
  }
  return scan.number();
}

HonggfuzzSummary summary(LeftScan scan) {
  HonggfuzzSummary told;
  EngineReading& reading = told.reading;
  while (!scan.done()) {
    scan.skip_blanks();
    const auto key = scan.until(":");
    scan.take(":");
    const auto value = whole_number(scan.until(" "));
    if (!value) continue;
    if (key == "iterations") reading.executions = value;
    if (key == "speed") reading.exec_per_second_said = static_cast<double>(*value);
    if (key == "crashes_count") told.all_crashes = value;
    if (key == "timeout_count") reading.hangs = value;
  }
  return told;
}

std::optional<HonggfuzzEvent> crash_line(LeftScan scan) {
  if (scan.take("Crash: saved as '")) {
    if (auto path = quoted(scan.rest(), "")) return HonggfuzzSaved{std::move(*path), false};
  } else if (scan.take("Crash (dup): '")) {
    if (auto path = quoted(scan.rest(), " already exists, skipping"))
      return HonggfuzzSaved{std::move(*path), true};
  }
  return std::nullopt;
}

std::optional<HonggfuzzEvent> process_line(LeftScan scan) {
  if (scan.take("Persistent mode: ")) {
    if (const auto pid = scan.number_after("Launched new persistent pid="))
      return HonggfuzzTargetStarted{*pid};
    const auto pid = scan.number_after("pid=");
    if (!pid || !scan.take(" exited with status: ")) return std::nullopt;
    HonggfuzzTargetEnded ended{*pid, {}};
    const auto signal = scan.number_after("SIGNALED, signal: ");
    if (signal && *signal <= 64) ended.signal = static_cast<int>(*signal);
    return ended;
  }
  const auto pid = scan.number_after("pid=");
  if (pid && scan.take(" took too much time")) return HonggfuzzTimeout{*pid};
  return std::nullopt;
}

}  // namespace

void HonggfuzzLog::feed(std::string_view chunk, std::vector<HonggfuzzEvent>& events) {
  lines_.feed(chunk, [&](std::string_view line) { take_line(line, events); });
}

void HonggfuzzLog::finish(std::vector<HonggfuzzEvent>& events) {
  lines_.finish([&](std::string_view line) { take_line(line, events); });
  reading_ = {};
  phase_ = 0;
}

void HonggfuzzLog::take_line(std::string_view line, std::vector<HonggfuzzEvent>& events) {
  line = without_stamp(line);
  const auto tell = [&](HonggfuzzEvent event) { events.push_back(std::move(event)); };
  LeftScan scan(line);
  if (const auto found = edges(line)) {
    reading_.coverage = std::max(reading_.coverage.value_or(0), *found);
  } else if (auto saved = crash_line(scan)) {
    if (!std::get<HonggfuzzSaved>(*saved).duplicate) reading_.crashes = reading_.crashes.value_or(0) + 1;
    tell(std::move(*saved));
  } else if (auto process = process_line(scan)) {
    if (std::get_if<HonggfuzzTimeout>(&*process)) reading_.hangs = reading_.hangs.value_or(0) + 1;
    tell(std::move(*process));
  } else if (const auto phase = scan.number_after("Entering phase ")) {
    phase_ = *phase;
    tell(HonggfuzzPhase{*phase});
  } else if (scan.take("Summary ")) {
    tell(summary(scan));
  }
}

}  // namespace fuzzmill::producers
