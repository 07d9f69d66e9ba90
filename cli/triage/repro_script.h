// The two scripts of a bundle: repro.sh runs the input and says whether the bug is still there, repro.gdb
// shows it in a debugger. Both are text of ours with words of theirs in it, each quoted (escape.h). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/triage/crash.h"

namespace fuzzmill::cli {

// How both scripts end.
enum class ReproCode : int { kSameBug = 0, kOtherBug = 3, kNoCrash = 4, kWrongEnvironment = 5 };

// What the scripts must know of a crash.
struct ReproFacts {
  std::string group;
  std::string title;
  std::string kind;
  std::string language;
  std::string signal;                // SIGSEGV …; empty: not known
  std::string site;                  // normalised name of the first frame that counts
  std::string site_word;             // the same as repro.sh reads it out of a frame's line
  std::size_t site_depth = 0;        // frames before it
  bool fuzzer_ends_it = false;       // the process dies of no signal: a debugger must stop where it exits
  bool symbols = false;              // the report has function names
  std::vector<std::string> command;  // program and arguments; empty: not known
  std::string input_sha256;          // empty: the bundle has no input
  std::uint32_t timeout_s = 0;       // that the fuzzer allowed; 0: not known
  std::uint32_t rss_limit_mb = 0;    // the same
  std::uint32_t malloc_limit_mb = 0;
};

// `report` is the crash's text, out of which come the fuzzer's limits. The command is the one given, or the
// program that the report's frames name.
ReproFacts repro_facts(const TriagedCrash& crash, std::string_view group, std::string_view report,
                       std::vector<std::string> command);

std::string repro_sh(const ReproFacts& facts);
std::string repro_gdb(const ReproFacts& facts);

// A frame's function as repro.sh compares it: up to the first blank or parenthesis, without
// "(anonymous namespace)::"; "module+0x1f" of one without a function; empty when that leaves nothing.
std::string site_word_of(const workers::Frame& frame);

// The part of repro.sh that is the same for every bundle, in two: what comes before the default command is
// set, and what comes after (repro_template.cc).
std::string_view repro_sh_arguments();
std::string_view repro_sh_rest();

}  // namespace fuzzmill::cli
