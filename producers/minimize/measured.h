// What an engine saw when it ran the inputs of a shard, and which of them a smaller corpus needs. Pure
// functions.
//
// Inputs are taken in one order, by size and then by SHA-256, and one is chosen when it shows a feature that
// none before it showed. A shard says of each input what is new within the shard; from that the choice over
// all shards is the same as without shards, and the same however often a run was broken off: an input that
// shows nothing new within its shard shows nothing new at all, and what one hides behind another of its shard
// that other one has shown before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "schema/digest.h"
#include "schema/result.h"

namespace fuzzmill::producers {

struct CorpusInput {
  schema::Sha256 sha256{};
  std::uint64_t size = 0;

  friend bool operator==(const CorpusInput&, const CorpusInput&) = default;
  friend bool operator<(const CorpusInput& a, const CorpusInput& b) {
    return std::tie(a.size, a.sha256) < std::tie(b.size, b.sha256);
  }
};

struct MeasuredInput {
  CorpusInput input;
  std::string failure;                  // crash, timeout or oom; empty: it ran
  std::vector<std::uint64_t> features;  // that it showed and none before it in the shard; rising
  std::vector<std::uint64_t> edges;     // the same without how often
  friend bool operator==(const MeasuredInput&, const MeasuredInput&) = default;
};
using Measured = std::vector<MeasuredInput>;  // a shard, rising

// As text with its own checksum; kInvalid when it is not what was written.
std::string encode_measured(const Measured& measured);
schema::Result<Measured> decode_measured(std::string_view text);

struct Chosen {
  std::vector<CorpusInput> inputs;        // rising
  std::vector<MeasuredInput> failed;      // rising; without features
  std::uint64_t features = 0, edges = 0;  // of all that ran
};
Chosen choose(const std::vector<Measured>& shards);

// Which shard an input is in: by content, so that it does not depend on what else there is.
std::size_t shard_of(const schema::Sha256& sha256, std::size_t shards);
// How many: bounded work for each, enough for every core, none needlessly small.
std::size_t shard_count(std::size_t inputs, std::size_t jobs, std::size_t most_of_one);

}  // namespace fuzzmill::producers
