// How resource samples thin out in a spool that is full, before any of them is dropped. Pure: any thread.
//
// Two samples of one node and target that follow each other become one (schema/sample_merge.h) under the
// sequence of the later; that of the earlier is left out, which the protocol allows. This keeps the lane in
// order and each number in use for one thing only, but the bytes of the later number change, and so it is
// done to no event that was handed out to be sent: the broker may have taken the earlier one already, without
// our having heard of it; it would then count in both. What was handed out is as it is until it is
// acknowledged or makes way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "broker/spool.h"

namespace fuzzmill::broker {

inline constexpr std::uint64_t kMostMerged = 128;  // samples in one: an hour of the usual interval
inline constexpr std::size_t kThinningPass = 512;  // samples looked at together …
inline constexpr int kThinningPasses = 16;         // … and so often for one event that wants room
inline constexpr std::uint64_t kLeastRest = 16;    // new samples before a lane that could not help is read

struct Thinned {
  std::vector<std::uint64_t> gone;     // sequences that are part of another now
  std::vector<SpooledEvent> replaced;  // under their own sequence, with new bytes
};

// Of events of the sample lane, in order. Left alone: what has attachments or cannot be read, samples before
// and after a change of state (alerts come of those), and those that stand for kMostMerged already.
Thinned thin(std::span<const SpooledEvent> samples);

// How far the thinning of a lane has come.
struct ThinningRound {
  std::uint64_t cursor = 0;      // the last pass ended here
  std::uint64_t seen = 0;        // samples of this round
  bool gained = false;           // by this round
  std::uint64_t rest_until = 0;  // no sample up to this sequence is worth another round
};

// Passes over the lane, whose newest sample is `last`, while full() says that there is no room. Each starts
// where the one before ended, so that the whole past thins out alike. A whole round without gain is the last
// until a good part of new samples came: a lane that cannot help is not read for each event.
// read(sequence) gives the oldest kThinningPass samples after it, apply(Thinned) keeps what came of them.
template <class Full, class Read, class Apply>
schema::Status thin_round(std::uint64_t handed, std::uint64_t last, ThinningRound& round, Full&& full,
                          Read&& read, Apply&& apply) {
  if (last < round.rest_until) return {};
  bool wrapped = false;
  for (int pass = 0; pass < kThinningPasses && full(); ++pass) {
    const std::vector<SpooledEvent> samples = read(std::max(handed, round.cursor));
    if (samples.size() < 2) {
      const std::uint64_t rest = round.gained ? 0 : last + std::max(kLeastRest, round.seen / 4);
      round = {.rest_until = rest};
      if (wrapped || rest != 0) break;
      wrapped = true;
      continue;
    }
    round.cursor = samples.back().sequence;
    round.seen += samples.size();
    const Thinned thinned = thin(samples);
    if (thinned.gone.empty()) continue;
    round.gained = true;
    if (auto applied = apply(thinned); !applied) return applied;
  }
  return {};
}

}  // namespace fuzzmill::broker
