#include "schema/target_state.h"

#include <algorithm>

namespace fuzzmill::schema {
namespace {

// clang-format off
constexpr TargetStateRow kStates[] = {
    {TargetState::kRunning, "running", std::nullopt,
     "It executes inputs, or uses the processor and nothing speaks against it.", ""},
    {TargetState::kSlow, "slow", Severity::kMedium,
     "It executes far fewer inputs a second than it used to over the last hours.",
     "Look for slow inputs in the corpus, a full disk, swapping, or a neighbour that takes the cores."},
    {TargetState::kStalled, "stalled", Severity::kHigh,
     "Its processes are there, but they execute nothing and use no processor, or all are stopped.",
     "Look at PROC: T is a stop signal (kill -CONT), D a disk or network file system that does not answer."},
    {TargetState::kPlateau, "plateau", Severity::kLow,
     "It executes, but has found no new path for a long time.",
     "Information only: more seeds, a dictionary or another target may find more."},
    {TargetState::kReplayingOnly, "replaying-only", Severity::kMedium,
     "It spends its time on the seeds it was given and hardly comes to fuzzing.",
     "Minimise the corpus, or restart it less often."},
    {TargetState::kCrashLooping, "crash-looping", Severity::kHigh,
     "It ends again and again soon after its start; restarts wait longer each time.",
     "Look at the crashes it finds in the first seconds; fix them or take the inputs out of its seeds."},
    {TargetState::kZeroExec, "zero-exec", Severity::kHigh,
     "It uses the processor and executes nothing, or it was built without instrumentation.",
     "Build it with the fuzzer's flags (-fsanitize=fuzzer, afl-clang-fast) and run it by hand once."},
    {TargetState::kStopped, "stopped", std::nullopt,
     "It was told to stop, or has done what it was told to.", ""},
    {TargetState::kDead, "dead", Severity::kHigh,
     "There is no live process where there should be one.",
     "Look at the agent's log for how it ended; signal 9 together with an OOM kill is the kernel's."},
};
// clang-format on

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kStates); ++i) {
    if (kStates[i].state != static_cast<TargetState>(i)) return false;
  }
  return std::size(kStates) == static_cast<std::size_t>(TargetState::kDead) + 1;
}
static_assert(in_order(), "one row a state, in the order of the enumeration");

}  // namespace

std::span<const TargetStateRow> target_states() { return kStates; }

const TargetStateRow& target_state_row(TargetState state) { return kStates[static_cast<std::size_t>(state)]; }

const TargetStateRow* find_target_state(std::string_view word) {
  const auto* row = std::find_if(std::begin(kStates), std::end(kStates),
                                 [&](const TargetStateRow& each) { return each.word == word; });
  return row == std::end(kStates) ? nullptr : row;
}

}  // namespace fuzzmill::schema
