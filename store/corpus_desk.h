// The desk where nodes ask about corpora: what the server has of them, and what the other nodes of a target
// found. The Redis side of the questions corpus.* of schema/ask.h.
//
// Sharing: a node offers hashes, gives the bytes of those that nobody shared before, and asks what others
// gave since its cursor. What is shared lies in one stream for each target, bounded in inputs, bytes and age;
// the hashes are remembered longer, so that an input which a node imported and offers again goes round no
// second time. A node never gets its own.
// Each effect is one script, and asked twice it has the same effect: counters are exact.
// Life cycle: borrows a connection. Threads: those of its connection. Errors: those of store::Redis;
// kInvalid for what schema/ask.h does not allow, or a cursor that is none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/ask.h"
#include "store/redis.h"

namespace fuzzmill::store {

struct SharingLimits {
  std::uint64_t inputs = 10'000;          // of a target that wait for other nodes …
  std::uint64_t bytes = 64u << 20;        // … and of these bytes
  std::uint64_t known = 1'000'000;        // hashes of a target that are remembered
  std::uint64_t node_minute = 16u << 20;  // bytes that a node may give in a minute, over all targets
  std::uint64_t seconds = 7 * 86'400;     // what is shared goes when nothing came for so long
  double memory = 0.75;                   // of maxmemory: a fuller Redis takes nothing; events go before
};

// What a node did in sharing a target, since ever.
struct SharingRow {
  std::string node;
  std::uint64_t sent = 0;      // inputs that it gave
  std::uint64_t accepted = 0;  // of these
  std::uint64_t refused = 0;   // of these
  std::uint64_t imported = 0;  // that it took from others
  std::uint64_t dropped = 0;   // that it was told and did not take
};

class CorpusDesk {
 public:
  explicit CorpusDesk(Redis& redis, SharingLimits limits = {}) : redis_(redis), limits_(limits) {}

  schema::Result<schema::BaseTold> base(const std::string& node, const schema::BaseAsked& asked);
  schema::Result<schema::LacksTold> lacks(const schema::LacksAsked& asked);
  schema::Result<schema::OfferTold> offer(const schema::OfferAsked& asked);
  // What is refused of a give is refused in GiveTold, with the reason of the first.
  schema::Result<schema::GiveTold> give(const std::string& node, const schema::GiveAsked& asked,
                                        std::uint64_t now_ms);
  schema::Result<schema::SharedTold> shared(const std::string& node, const schema::SharedAsked& asked);

  // For people: who gave and took what of a target, by node; the targets of which something was shared,
  // sorted.
  schema::Result<std::vector<SharingRow>> read_sharing(const std::string& target);
  schema::Result<std::vector<std::string>> sharing_targets();

 private:
  schema::Result<bool> memory_is_short();
  schema::Result<std::string> newest_shared(const std::string& key);

  Redis& redis_;
  SharingLimits limits_;
};

}  // namespace fuzzmill::store
