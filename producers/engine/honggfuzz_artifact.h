// What the name of a honggfuzz crash file says. Pure.
//
//   SIGABRT.PC.555555590c43.STACK.1a8f1163e2.CODE.-6.ADDR.0.INSTR.lea____-0x838(%rbp),%rdx.fuzz
//   …INSTR.….2026-11-22.08:30:54.23624.fuzz      not unique: -u, or a crash without a stack
//   SIGSEGV.PC.….STACK.….ADDR.….fuzz             not on Linux
// The stack hash folds 12 bits of each PC and collides by design; with sanitizers every signal is SIGABRT:
// what a name says is for people, never an identity.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fuzzmill::producers {

struct HonggfuzzArtifact {
  std::string kind;           // "crash", or "timeout" for SIGVTALRM
  std::string signal_name;    // SIGABRT, UNKNOWN-…
  std::optional<int> signal;  // its number on Linux, when it is known
  std::uint64_t pc = 0;
  std::string stack_hash;            // hex digits
  std::optional<std::int64_t> code;  // si_code
  std::uint64_t address = 0;
  std::string instruction;  // blanks as underscores
  std::string time;         // 2026-11-22.08:30:54 of the node, no zone; empty: a unique one
  std::optional<std::uint64_t> pid;
  bool superseded = false;  // .orig: -U found a smaller input for the same place
  bool verified = false;    // .verified: honggfuzz saw it again five times
};

// Nothing for what has no such name: reports, sanitizer logs, corpus files. `extension`: of -e.
std::optional<HonggfuzzArtifact> parse_honggfuzz_artifact(std::string_view name,
                                                          std::string_view extension = "fuzz");

// 6 for SIGABRT; of the signals that a crash or a timeout has.
std::optional<int> signal_number(std::string_view name);

}  // namespace fuzzmill::producers
