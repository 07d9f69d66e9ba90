#include "producers/replay/attempt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <optional>

namespace fuzzmill::producers {
namespace {

using runtime::SandboxStop;

// A line that says how a run ended. With `of_runtime` only a line that a sanitizer's runtime began
// ("==PID=="); with `needs_bad_exit` only when the program did not end well: UBSan goes on unless told.
struct Mark {
  std::string_view text;
  Outcome outcome;
  bool of_runtime, needs_bad_exit;
};

// The first that is found decides, so the particular ones come first.
constexpr std::array<Mark, 20> kMarks{{
    {"libFuzzer: run interrupted", Outcome::kCouldNotRun, true, false},
    {"ReserveShadowMemoryRange failed", Outcome::kCouldNotRun, true, true},
    {"LeakSanitizer has encountered a fatal error", Outcome::kCouldNotRun, true, true},
    {"error while loading shared libraries", Outcome::kCouldNotRun, false, true},
    {"ERROR: libFuzzer: timeout", Outcome::kTimedOut, true, false},
    {"ERROR: libFuzzer: out-of-memory", Outcome::kOutOfMemory, true, false},
    {"Sanitizer: out of memory", Outcome::kOutOfMemory, true, false},
    {"Sanitizer: hard rss limit exhausted", Outcome::kOutOfMemory, true, false},
    {"ERROR: libFuzzer:", Outcome::kCrashed, true, false},
    {"ERROR: AddressSanitizer", Outcome::kCrashed, true, false},
    {"ERROR: HWAddressSanitizer", Outcome::kCrashed, true, false},
    {"ERROR: LeakSanitizer", Outcome::kCrashed, true, false},
    {"ERROR: MemorySanitizer", Outcome::kCrashed, true, false},
    {"WARNING: MemorySanitizer", Outcome::kCrashed, true, false},
    {"ERROR: ThreadSanitizer", Outcome::kCrashed, true, false},
    {"WARNING: ThreadSanitizer", Outcome::kCrashed, false, false},
    {"ERROR: UndefinedBehaviorSanitizer", Outcome::kCrashed, true, false},
    {"Sanitizer:DEADLYSIGNAL", Outcome::kCrashed, false, true},
    {"AddressSanitizer: nested bug", Outcome::kCrashed, false, true},
    {": runtime error: ", Outcome::kCrashed, false, true},
}};

struct StopMeaning {
  SandboxStop stop;
  Outcome outcome;
  std::string_view words;
};
constexpr std::array<StopMeaning, 6> kStops{{
    {SandboxStop::kWall, Outcome::kTimedOut, "ran over the time limit"},
    {SandboxStop::kCpu, Outcome::kTimedOut, "ran over the CPU limit"},
    {SandboxStop::kMemory, Outcome::kOutOfMemory, "grew over the memory limit"},
    {SandboxStop::kFolder, Outcome::kCouldNotRun, "wrote more than the file limit"},
    {SandboxStop::kProcesses, Outcome::kCouldNotRun, "started more processes than the limit"},
    {SandboxStop::kCaller, Outcome::kCouldNotRun, "stopped by us"},
}};

struct Ending {
  int number;
  Outcome outcome;
};

// Signals that are not crashes: from outside, or from a limit. Any other ends a program as a crash does.
constexpr std::array<Ending, 9> kSignals{{
    {SIGKILL, Outcome::kCouldNotRun},  // not by us: the kernel out of memory, or somebody
    {SIGTERM, Outcome::kCouldNotRun},
    {SIGINT, Outcome::kCouldNotRun},
    {SIGHUP, Outcome::kCouldNotRun},
    {SIGPIPE, Outcome::kCouldNotRun},
    {SIGXFSZ, Outcome::kCouldNotRun},
    {SIGXCPU, Outcome::kTimedOut},
    {SIGALRM, Outcome::kTimedOut},
    {SIGVTALRM, Outcome::kTimedOut},
}};

// Codes of libFuzzer and of sanitizers. 1 is not among them: sanitizers use it, but with a report, and any
// program that refuses its input uses it too.
constexpr std::array<Ending, 13> kCodes{{
    {77, Outcome::kCrashed},
    {70, Outcome::kTimedOut},
    {71, Outcome::kOutOfMemory},
    {72, Outcome::kCouldNotRun},  // libFuzzer, told to end
    {66, Outcome::kCrashed},      // TSan
    {126, Outcome::kCouldNotRun},
    {127, Outcome::kCouldNotRun},
    {128 + SIGILL, Outcome::kCrashed},
    {128 + SIGTRAP, Outcome::kCrashed},
    {128 + SIGABRT, Outcome::kCrashed},
    {128 + SIGBUS, Outcome::kCrashed},
    {128 + SIGFPE, Outcome::kCrashed},
    {128 + SIGSEGV, Outcome::kCrashed},
}};

constexpr runtime::CodeMeaning kCodeWords[] = {
    {77, "libFuzzer: error"},       {70, "libFuzzer: timeout"},    {71, "libFuzzer: out of memory"},
    {72, "libFuzzer: interrupted"}, {66, "ThreadSanitizer"},       {23, "LeakSanitizer"},
    {86, "MemorySanitizer"},        {126, "could not be started"}, {127, "could not be started"},
};

constexpr std::size_t kMaxReason = 300;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "==123==ERROR…", "==123== ERROR…"
bool begun_by_runtime(std::string_view line) {
  if (line.substr(0, 2) != "==") return false;
  std::size_t at = 2;
  while (at < line.size() && is_digit(line[at])) ++at;
  return at > 2 && line.substr(at, 2) == "==";
}

std::string_view line_around(std::string_view text, std::size_t at) {
  const auto begin = text.rfind('\n', at);
  const auto from = begin == std::string_view::npos ? 0 : begin + 1;
  return text.substr(from, std::min(text.find('\n', at), text.size()) - from);
}

std::optional<std::string_view> find_line(std::string_view report, const Mark& mark) {
  for (auto at = report.find(mark.text); at != std::string_view::npos; at = report.find(mark.text, at + 1)) {
    const auto line = line_around(report, at);
    if (!mark.of_runtime || begun_by_runtime(line)) return line;
  }
  return std::nullopt;
}

Judgement judge_exit(const runtime::ExitStatus& exit, std::span<const int> crash_codes) {
  const auto words = runtime::explain(exit, kCodeWords);
  if (exit.signal) {
    for (const auto& [number, outcome] : kSignals) {
      if (number == *exit.signal) return {outcome, words};
    }
    return {Outcome::kCrashed, words};
  }
  if (!exit.code) return {Outcome::kCouldNotRun, words};
  if (std::find(crash_codes.begin(), crash_codes.end(), *exit.code) != crash_codes.end()) {
    return {Outcome::kCrashed, words};
  }
  for (const auto& [number, outcome] : kCodes) {
    if (number == *exit.code) return {outcome, words};
  }
  return {Outcome::kClean, words};
}

std::optional<Judgement> judge_text(const runtime::ExitStatus& exit, std::string_view text) {
  for (const auto& mark : kMarks) {
    if (mark.needs_bad_exit && exit.clean()) continue;
    if (const auto line = find_line(text, mark))
      return {{mark.outcome, std::string(line->substr(0, kMaxReason))}};
  }
  return std::nullopt;
}

// Numbers, and hexadecimal ones, as one sign each.
std::string masked(std::string_view line) {
  std::string text;
  for (std::size_t i = 0; i < line.size();) {
    if (line.substr(i, 2) == "0x") {
      for (i += 2; i < line.size() && std::isxdigit(static_cast<unsigned char>(line[i]));) ++i;
      text += '#';
    } else if (is_digit(line[i])) {
      while (i < line.size() && is_digit(line[i])) ++i;
      text += '#';
    } else {
      text += line[i++];
    }
  }
  return text;
}

}  // namespace

const char* name_of(Outcome outcome) {
  constexpr std::array<const char*, 5> kNames{"crashed", "clean", "timed out", "out of memory",
                                              "could not run"};
  return kNames[static_cast<std::size_t>(outcome)];
}

Judgement judge_run(const runtime::ExitStatus& exit, SandboxStop stop, std::string_view report,
                    std::span<const int> crash_codes) {
  if (stop != SandboxStop::kCaller) {
    if (auto judged = judge_text(exit, report)) return std::move(*judged);
  }
  for (const auto& [reason, outcome, words] : kStops) {
    if (reason == stop) return {outcome, std::string(words)};
  }
  return judge_exit(exit, crash_codes);
}

bool tells_end(const runtime::ExitStatus& exit, std::string_view text) {
  return judge_text(exit, text).has_value();
}

Attempt could_not_run(std::string reason) {
  Attempt attempt;
  attempt.reason = std::move(reason);
  return attempt;
}

std::string face_of(std::string_view report) {
  for (const std::string_view mark : {"SUMMARY: ", "ERROR: ", "WARNING: ", ": runtime error: "}) {
    if (const auto at = report.find(mark); at != std::string_view::npos) {
      return masked(line_around(report, at).substr(0, 1024));
    }
  }
  return {};
}

int worth_of(std::string_view report) {
  int worth = 0;
  if (!face_of(report).empty()) worth += 1;
  const auto frame = report.find("#0 0x");
  const bool has_frame = frame != std::string_view::npos || report.find("    #0 ") != std::string_view::npos;
  if (has_frame) worth += 2;
  // "#1 0x… in main /src/a.cc:3:1": the place is only there when a symbolizer was.
  if (has_frame && report.find(" in ", std::min(frame, report.size())) != std::string_view::npos) worth += 2;
  if (report.find("SUMMARY: ") != std::string_view::npos) worth += 2;
  return worth;
}

}  // namespace fuzzmill::producers
