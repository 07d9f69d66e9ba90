// In which order groups are looked at: one number a group, from what is known of it. Pure: time is an
// argument.
//
//   priority = severity × reproducibility × newness × spread
//
//   severity         LOW 1, MEDIUM 4, HIGH 16, CRITICAL 64
//   reproducibility  0.25 + 0.75 × (n + 1) / (m + 2), when n of m replays crashed again; nothing replayed:
//   0.625 newness          0.5 + 0.5 × 2^(-days / 7), days since the group was first seen, or, of one that
//   returned
//                    after it was resolved, since its last crash
//   spread           1 + 0.25 × log2(nodes) + 0.25 × log2(targets), at most 2
//
// The last three together move a group by less than 16 against another: a HIGH that is old, of one node and
// of no replay goes behind a fresh MEDIUM, but LOW never goes before HIGH, nor MEDIUM before CRITICAL.
// Replays are counted over all crashes of the group; the + 1 and + 2 hold few replays for less certain than
// many. How often a group crashed does not count: a fuzzer hits a shallow bug often whether it matters or
// not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schema/taxonomy.h"

namespace fuzzmill::workers {

struct PriorityFacts {
  schema::Severity severity = schema::Severity::kLow;
  std::uint64_t replays = 0;     // of so many tries …
  std::uint64_t reproduced = 0;  // … so many crashed again
  std::uint64_t first_seen_ms = 0;
  std::uint64_t last_seen_ms = 0;
  bool returned = false;  // crashed after it was resolved
  std::uint64_t nodes = 1;
  std::uint64_t targets = 1;
};

struct Priority {
  double value = 0;  // the product of the others
  double severity = 0;
  double reproducibility = 0;
  double newness = 0;
  double spread = 0;
};

// Numbers that cannot be (more crashed than were tried, a first crash in the future) are taken for the
// nearest that can.
Priority priority_of(const PriorityFacts& facts, std::uint64_t now_ms);

// The formula in one line, for people.
std::string_view priority_formula();

// "17.3 = 16 (HIGH) × 0.89 (5 of 5 replays crashed) × 0.97 (new 0.3 days ago) × 1.25 (2 nodes, 1 target)".
std::string explain_priority(const PriorityFacts& facts, const Priority& priority, std::uint64_t now_ms);

}  // namespace fuzzmill::workers
