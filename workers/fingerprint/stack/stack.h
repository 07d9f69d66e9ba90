// A report's stack as it identifies a bug: normalised names of the frames that count, innermost first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workers/fingerprint/read/report.h"
#include "workers/fingerprint/stack/project_rules.h"

namespace fuzzmill::workers {

struct StackFrame {
  std::string name;         // normalised function, or "module+0x1f" without a symbol
  std::uint32_t frame = 0;  // its place in Report::frames
};

struct DroppedFrame {
  std::uint32_t frame = 0;
  std::string_view rule;  // a constant, or of the project's rules
};

struct Stack {
  std::vector<StackFrame> frames;
  std::vector<DroppedFrame> dropped;

  std::vector<std::string> names() const;
};

// Drops what the rules of frame_rules.h drop and, for a stack-overflow, turns the recursion into one
// turn of its cycle, begun so that the names are the smallest: where it was entered and where it ran
// out depend on the input. Of a program that stopped itself, what abort() and its like called goes too.
// When no frame counts, the best one that was dropped stands in. `project` lives as long as the result.
Stack normalise_stack(const Report& report, const ProjectRules* project = nullptr);

// Whether a fault is a recursion that ran out of stack, which only a sanitizer tells by name: nearly all of
// a deep stack is one cycle.
bool is_runaway(const Report& report, const Stack& stack);

}  // namespace fuzzmill::workers
