// The states of a fuzz target, as one table of data: producers/monitor decides them, a resource.sample
// carries the word, stage alert and the views know what each means. Pure and constant: any thread may call.
// The set of words is open to a reader: an agent newer than this table may send another.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "schema/taxonomy.h"

namespace fuzzmill::schema {

enum class TargetState : std::uint8_t {
  kRunning,
  kSlow,
  kStalled,
  kPlateau,
  kReplayingOnly,
  kCrashLooping,
  kZeroExec,
  kStopped,
  kDead,
};

struct TargetStateRow {
  TargetState state;
  std::string_view word;
  std::optional<Severity> alert;  // how bad a change to it is; none: no alert
  std::string_view meaning;       // one sentence for people
  std::string_view advice;        // what to do; empty when there is nothing
};

std::span<const TargetStateRow> target_states();  // in the order of the enumeration
const TargetStateRow& target_state_row(TargetState state);
inline std::string_view target_state_word(TargetState state) { return target_state_row(state).word; }
const TargetStateRow* find_target_state(std::string_view word);  // nullptr when the table has no such word

}  // namespace fuzzmill::schema
