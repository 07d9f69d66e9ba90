// Redis keys: every key that fuzzmill writes is built and parsed here and listed in key_specs(), from
// which docs/protocol.md prints its table. A word in braces within a key is a Redis hash tag: keys of
// one tag live on one shard, so a script or transaction may touch several of them. Pure functions.
//
// To change a key: add the new spec, read the old one beside it for one release, write only the new.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"
#include "schema/topic.h"

namespace fuzzmill::schema::keys {

// --- the log ---
std::string stream(Topic topic);
std::string dead(Topic topic);
std::string source(std::string_view owner, std::uint64_t source);  // owner: "role.name" of the key
std::string hold(std::uint64_t bucket);  // bucket: Unix time in units of kHoldBucketMs
std::string broker(std::string_view broker_id);
std::string loans(Topic topic);
std::string loan(Stage stage, std::string_view broker_id);  // a field of it

inline constexpr std::uint64_t kHoldBucketMs = 600'000;  // ten minutes

// --- crashes ---
std::string group(std::string_view group);
std::string group_signatures(std::string_view group);
std::string group_nodes(std::string_view group);
std::string group_targets(std::string_view group);
std::string group_inputs(std::string_view group);
std::string signature(std::string_view signature);
std::string group_members(std::string_view group);
std::string group_history(std::string_view group);
std::string group_features(std::string_view group);
std::string feature(std::string_view feature);  // any text; the key has digits of its SHA-256
std::string aliases();
std::string groups();
std::string severity(std::string_view severity);
std::string seen(Stage stage, std::uint64_t day);  // day: Unix time in days
std::string crash_retention();
std::string crash_quarantine();
std::string alert_budget(std::uint64_t hour);  // hour: Unix time in hours
std::string alert_claims(std::uint64_t day);   // day: Unix time in days

// --- corpora ---
std::string archives(std::string_view target);
std::string archive(std::string_view archive_id);
std::string corpus_retention();
std::string corpus_targets();
std::string corpus_quarantine();
std::string corpus_turn();
std::string corpus_have(std::string_view target);
std::string corpus_snapshots(std::string_view target);
std::string shared_inputs(std::string_view target);
std::string shared_known(std::string_view target);
std::string sharing(std::string_view target);
std::string share_budget(std::uint64_t minute);  // minute: Unix time in minutes

// --- nodes ---
std::string nodes();
std::string node(std::string_view node);
std::string target(std::string_view node, std::string_view target);
std::string samples(std::string_view node, std::string_view target);
std::string machine(std::string_view node);
std::string machine_samples(std::string_view node);
std::string watch(std::string_view node);
std::string deadlines();
std::string deadline(std::string_view node, std::string_view target);  // a member of it; no target: the node
std::string outbox();
std::string orders(std::string_view node);
std::string order(std::string_view order_id);
std::string node_alert_budget(std::uint64_t hour);  // hour: Unix time in hours
std::string node_alert_claims(std::uint64_t day);   // day: Unix time in days

struct KeySpec {
  std::string_view pattern;  // with <placeholders>
  std::string_view type;     // as TYPE answers in redis-cli
  std::string_view meaning;
};
std::span<const KeySpec> key_specs();

// Which spec a key belongs to, with the placeholders' values in order; kNotFound for a foreign key.
struct ParsedKey {
  const KeySpec* spec = nullptr;
  std::vector<std::string> values;
};
Result<ParsedKey> parse(std::string_view key);

}  // namespace fuzzmill::schema::keys
