#include "workers/fingerprint/read/primary.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kFramesLookedAt = 24;  // of the machinery above the program's own frames

struct Telltale {
  std::string_view function;
  std::string_view kind;
};

// The first row whose function stands in the stack decides, so causes stand before abort().
constexpr Telltale kTelltales[] = {
    {"__stack_chk_fail", "stack-smashing"},
    {"__chk_fail", "buffer-overflow-detected"},
    {"__cxa_pure_virtual", "pure-virtual-call"},
    {"abort", "abort"},
    {"raise", "abort"},
    {"gsignal", "abort"},
};

constexpr std::string_view kAborting[] = {"raise",
                                          "__GI_raise",
                                          "abort",
                                          "__GI_abort",
                                          "gsignal",
                                          "__pthread_kill_implementation",
                                          "__pthread_kill_internal",
                                          "tgkill"};

bool has_function(const Report& report, std::string_view function) {
  const auto end =
      report.frames.begin() + static_cast<std::ptrdiff_t>(std::min(report.frames.size(), kFramesLookedAt));
  return std::any_of(report.frames.begin(), end,
                     [&](const Frame& frame) { return frame.function == function; });
}

bool is_bare_signal(const Report& report) {
  return report.message.empty() &&
         (report.kind == "deadly-signal" || report.kind == "abort" || report.kind == "trap");
}

// UBSan with abort_on_error dies by a signal that libFuzzer then reports.
bool died_in_ubsan(const Report& report) {
  return is_bare_signal(report) &&
         std::any_of(report.frames.begin(), report.frames.end(), [](const Frame& frame) {
           return frame.function.starts_with("__ubsan") || frame.function.starts_with("__sanitizer::Die");
         });
}

}  // namespace

std::size_t choose_primary(const std::vector<Report>& reports, const std::vector<Standing>& standings) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < reports.size(); ++i) {
    const bool better_leak = reports[i].kind == "memory-leak" && reports[best].kind == "memory-leak" &&
                             standings[i].direct_leak && !standings[best].direct_leak;
    const bool later_log = standings[i].rank == Rank::kLogged && standings[best].rank == Rank::kLogged;
    if (standings[i].rank > standings[best].rank || better_leak || later_log) best = i;
  }
  if (best > 0 && died_in_ubsan(reports[best])) {
    for (std::size_t i = best; i-- > 0;) {
      if (reports[i].sanitizer == "UndefinedBehaviorSanitizer") return i;
    }
  }
  return best;
}

void refine_kind(Report& report) {
  // A stack without any word about it: only its top tells that it is of an abort.
  if (report.kind == "unknown" && !report.frames.empty() && !report.frames[0].function.empty()) {
    const std::string_view top = report.frames[0].function;
    if (std::find(std::begin(kAborting), std::end(kAborting), top) != std::end(kAborting)) {
      report.kind = "abort";
    }
  }
  if (!is_bare_signal(report) || report.kind == "trap") return;
  for (const Telltale& row : kTelltales) {
    if (!has_function(report, row.function)) continue;
    report.kind = row.kind;
    return;
  }
}

}  // namespace fuzzmill::workers
