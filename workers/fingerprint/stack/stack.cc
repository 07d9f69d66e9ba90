#include "workers/fingerprint/stack/stack.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "workers/fingerprint/read/text.h"
#include "workers/fingerprint/stack/frame_rule_table.h"
#include "workers/fingerprint/stack/frame_rules.h"
#include "workers/fingerprint/stack/function_name.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kMaxCycle = 48;          // functions in one turn of a recursion
constexpr std::size_t kTurnsWanted = 3;        // before it counts as one
constexpr std::uint32_t kMachineryDepth = 24;  // frames that the code which stops a program may take

// A frame without a function is named by its place: module and offset, or file and line.
std::string place_name(const Frame& frame) {
  if (!frame.module.empty())
    return clean(fmt::format("{}+{:#x}", file_name(frame.module), frame.offset), kMaxFunctionName);
  if (!frame.file.empty())
    return clean(fmt::format("{}:{}", file_name(frame.file), frame.line), kMaxFunctionName);
  return {};
}

// A frame that stands in for an empty stack: the outermost main() last, as it says least.
void stand_in(const Report& report, Stack& stack) {
  auto best = stack.dropped.end();
  for (auto at = stack.dropped.begin(); at != stack.dropped.end(); ++at) {
    if (!may_stand_in(at->rule)) continue;
    if (best == stack.dropped.end() || best->rule != kProgramEntry)
      best = best == stack.dropped.end() ? at : best;
    if (at->rule == kProgramEntry) best = at;
  }
  if (best == stack.dropped.end()) return;
  const Frame& frame = report.frames[best->frame];
  std::string name = frame.function.empty() ? place_name(frame) : normalise_function(frame.function);
  stack.frames.push_back({std::move(name), best->frame});
  stack.dropped.erase(best);
}

void sort_dropped(Stack& stack) {
  std::sort(stack.dropped.begin(), stack.dropped.end(),
            [](const DroppedFrame& a, const DroppedFrame& b) { return a.frame < b.frame; });
}

struct Cycle {
  std::size_t start = 0;
  std::size_t length = 0;  // 0: none
};

// The shortest cycle that turns kTurnsWanted times, at the earliest place it does.
Cycle find_cycle(const std::vector<StackFrame>& frames) {
  const std::size_t count = frames.size();
  // Names as numbers: comparing them is most of the work.
  std::vector<std::uint32_t> ids(count);
  for (std::size_t i = 0; i < count; ++i) {
    ids[i] = static_cast<std::uint32_t>(i);
    for (std::size_t j = i; j-- > 0 && i - j <= kMaxCycle;) {
      if (frames[j].name == frames[i].name) {
        ids[i] = ids[j];
        break;
      }
    }
  }
  for (std::size_t start = 0; start + kTurnsWanted <= count; ++start) {
    for (std::size_t length = 1; length <= kMaxCycle && start + kTurnsWanted * length <= count; ++length) {
      const auto from = ids.begin() + static_cast<std::ptrdiff_t>(start);
      const auto size = static_cast<std::ptrdiff_t>((kTurnsWanted - 1) * length);
      if (std::equal(from, from + size, from + static_cast<std::ptrdiff_t>(length))) return {start, length};
    }
  }
  return {};
}

void collapse_recursion(Stack& stack) {
  const Cycle cycle = find_cycle(stack.frames);
  if (cycle.length == 0) return;
  std::vector<StackFrame> turn(
      stack.frames.begin() + static_cast<std::ptrdiff_t>(cycle.start),
      stack.frames.begin() + static_cast<std::ptrdiff_t>(cycle.start + cycle.length));
  for (std::size_t i = 0; i < stack.frames.size(); ++i) {
    if (i < cycle.start || i >= cycle.start + cycle.length)
      stack.dropped.push_back({stack.frames[i].frame, kRecursion});
  }
  const auto smaller = [&](std::size_t a, std::size_t b) {
    for (std::size_t i = 0; i < turn.size(); ++i) {
      const int order = turn[(a + i) % turn.size()].name.compare(turn[(b + i) % turn.size()].name);
      if (order != 0) return order < 0;
    }
    return false;
  };
  std::size_t first = 0;
  for (std::size_t i = 1; i < turn.size(); ++i) {
    if (smaller(i, first)) first = i;
  }
  std::rotate(turn.begin(), turn.begin() + static_cast<std::ptrdiff_t>(first), turn.end());
  stack.frames = std::move(turn);
  sort_dropped(stack);
}

// Kinds of a program that stopped itself: the stack goes through the code that did it.
bool stops_itself(std::string_view kind) {
  constexpr std::string_view kKinds[] = {
      "abort",       "assert",         "check-failure",      "fatal-error", "deadly-signal",
      "trap",        "breakpoint",     "uncaught-exception", "panic",       "illegal-instruction",
      "unreachable", "stack-smashing", "unexpected-exit",    "unknown"};
  return std::find(std::begin(kKinds), std::end(kKinds), kind) != std::end(kKinds);
}

// What abort(), a log's fatal line or a throw called itself (handlers, flushing, unwinding) says nothing.
void drop_inside(Stack& stack) {
  const auto stop = std::find_if(stack.dropped.rbegin(), stack.dropped.rend(), [](const DroppedFrame& frame) {
    return frame.frame < kMachineryDepth && stops_program(frame.rule);
  });
  if (stop == stack.dropped.rend()) return;
  const auto outer = std::find_if(stack.frames.begin(), stack.frames.end(),
                                  [&](const StackFrame& frame) { return frame.frame > stop->frame; });
  if (outer == stack.frames.begin() || outer == stack.frames.end()) return;
  for (auto at = stack.frames.begin(); at != outer; ++at) stack.dropped.push_back({at->frame, kInsideStop});
  stack.frames.erase(stack.frames.begin(), outer);
  sort_dropped(stack);
}

}  // namespace

std::vector<std::string> Stack::names() const {
  std::vector<std::string> out;
  out.reserve(frames.size());
  for (const StackFrame& frame : frames) out.push_back(frame.name);
  return out;
}

Stack normalise_stack(const Report& report, const ProjectRules* project) {
  Stack stack;
  stack.frames.reserve(report.frames.size());
  stack.dropped.reserve(report.frames.size());
  std::string name;
  bool below_target = false;
  for (std::uint32_t i = 0; i < report.frames.size(); ++i) {
    if (below_target) {
      stack.dropped.push_back({i, kBelowTarget});
      continue;
    }
    const Frame& frame = report.frames[i];
    normalise_function(frame.function, name);
    const std::string_view rule = rule_of(frame, name, project);
    below_target = is_target_entry(name);
    if (!rule.empty()) {
      stack.dropped.push_back({i, rule});
      continue;
    }
    stack.frames.push_back({name.empty() ? place_name(frame) : name, i});
  }
  if (stops_itself(report.kind)) drop_inside(stack);
  if (report.kind == "stack-overflow") collapse_recursion(stack);
  if (stack.frames.empty()) stand_in(report, stack);
  return stack;
}

bool is_runaway(const Report& report, const Stack& stack) {
  constexpr std::size_t kDeep = 24;  // frames
  if (report.kind != "segv" && report.kind != "bus") return false;
  if (!report.sanitizer.empty() || stack.frames.size() < kDeep) return false;
  const Cycle cycle = find_cycle(stack.frames);
  if (cycle.length == 0 || cycle.start > cycle.length + 4) return false;
  // As far as the same functions go on: a recursion may branch, so that no turn is quite like the other.
  std::vector<std::string_view> turn;
  for (std::size_t i = 0; i < cycle.length; ++i) turn.push_back(stack.frames[cycle.start + i].name);
  const auto in_turn = std::count_if(stack.frames.begin(), stack.frames.end(), [&](const StackFrame& frame) {
    return std::find(turn.begin(), turn.end(), frame.name) != turn.end();
  });
  return static_cast<std::size_t>(in_turn) * 10 >= stack.frames.size() * 8;
}

}  // namespace fuzzmill::workers
