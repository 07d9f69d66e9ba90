// A report's stack as it identifies a bug: normalised names of the frames that count, innermost first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {

struct StackFrame {
  std::string name;         // normalised function, or "module+0x1f" without a symbol
  std::uint32_t frame = 0;  // its place in Report::frames
};

struct DroppedFrame {
  std::uint32_t frame = 0;
  std::string_view rule;  // a constant
};

struct Stack {
  std::vector<StackFrame> frames;
  std::vector<DroppedFrame> dropped;

  std::vector<std::string> names() const;
};

// Drops what the rules of frame_rules.h drop and, for a stack-overflow, turns the recursion into one
// turn of its cycle, begun so that the names are the smallest: where it was entered and where it ran
// out depend on the input. When no frame counts, the best one that was dropped stands in.
Stack normalise_stack(const Report& report);

}  // namespace fuzzmill::workers
