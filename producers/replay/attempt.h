// One run of a target on one input, and what it shows. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/sandbox.h"

namespace fuzzmill::producers {

enum class Outcome {
  kCrashed,      // a report of a sanitizer or of libFuzzer, a signal, or an exit code that means one
  kClean,        // it ended by itself and nothing of the kind
  kTimedOut,     // over its time: by libFuzzer's word, or ours
  kOutOfMemory,  // over its memory: by libFuzzer's or a sanitizer's word, or ours
  kCouldNotRun,  // says nothing about the input: the reason says why
};
const char* name_of(Outcome outcome);  // "crashed", "clean", "timed out", "out of memory", "could not run"

struct Attempt {
  Outcome outcome = Outcome::kCouldNotRun;
  std::string reason;  // for people: what the outcome was judged by
  runtime::ExitStatus exit;
  std::string report;             // standard error, or standard output where that alone has a report; bounded
  bool report_truncated = false;  // something between head and tail is left out
  std::chrono::milliseconds duration{};
  std::chrono::milliseconds waiting{};  // of it: ready to run, and others had the CPU
  std::chrono::milliseconds cpu{};
  std::uint64_t peak_rss_bytes = 0;
  std::chrono::milliseconds wall_limit{};  // what it ran under: a timeout says little without
  std::uint64_t memory_limit_bytes = 0;

  // How long it took with a CPU of its own.
  std::chrono::milliseconds own_time() const { return duration - waiting; }
  // It timed out without having had its time: mostly it waited for a CPU. No word about the input.
  bool starved() const {
    return outcome == Outcome::kTimedOut && own_time() < wall_limit && waiting * 2 > duration;
  }
};

// One that did not come about.
Attempt could_not_run(std::string reason);

struct Judgement {
  Outcome outcome;
  std::string reason;
};

// `crash_codes`: exit codes that mean a crash for this target even without a report, beside those of the
// sanitizers and of libFuzzer (77, 70, 71; 66, 134 and other codes that shells give to signals).
// Reports are believed before exits: a program that crashed and then hung, crashed.
Judgement judge_run(const runtime::ExitStatus& exit, runtime::SandboxStop stop, std::string_view report,
                    std::span<const int> crash_codes);

// Whether a text has a line by which judge_run() judges.
bool tells_end(const runtime::ExitStatus& exit, std::string_view text);

// The line by which two reports of one program are the same at first sight: of SUMMARY, else of ERROR,
// numbers masked. Empty: no report. Not an identity of a bug: it only decides whether another try is worth
// it.
std::string face_of(std::string_view report);

// How much a report tells, to pick one of several: 0 nothing; a mark of a crash, frames, names and places of
// functions, a summary each add.
int worth_of(std::string_view report);

}  // namespace fuzzmill::producers
