#include "store/crash_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "schema/keys.h"
#include "store/crash_scripts.h"
#include "store/number.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
namespace keys = schema::keys;

constexpr std::uint64_t kDaySeconds = 86'400;
constexpr std::uint64_t kDayMs = kDaySeconds * 1000;
constexpr std::uint64_t kHourMs = 3'600'000;
constexpr std::uint64_t kMaxReplays = 1'000'000;  // that one crash may claim
constexpr std::uint64_t kFirstDay = 18'262;       // 2020-01-01
constexpr std::uint64_t kLastDay = 47'482;        // 2100-01-01
// Longer than any event waits: streams are trimmed and dead letters looked at well before.
const std::string kSeenSeconds = std::to_string(30 * kDaySeconds);

struct Retention {
  schema::Severity severity;
  std::uint64_t days;
};
constexpr std::array kRetention = {
    Retention{schema::Severity::kCritical, 365},
    Retention{schema::Severity::kHigh, 180},
    Retention{schema::Severity::kMedium, 90},
    Retention{schema::Severity::kLow, 30},
};

constexpr std::array<std::string_view, 5> kAlertNames = {"", "group.new", "group.worse", "group.returned",
                                                         "budget.spent"};

bool is_hex(std::string_view text, std::size_t size) {
  return text.size() == size && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// A producer's clock may be wrong: no crash is in the future, none older than this project.
std::uint64_t plausible(std::uint64_t time_ms, std::uint64_t now_ms) {
  return time_ms > now_ms || time_ms < kFirstDay * kDayMs ? now_ms : time_ms;
}

template <class Item>
schema::Status check_group_and_signature(const std::vector<Item>& batch) {
  for (const Item& item : batch) {
    if (!valid_group(item.group)) return schema::invalid("crash group is not 16 hex digits");
    if (!valid_signature(item.signature)) return schema::invalid("crash signature is not 64 hex digits");
  }
  return {};
}

// Runs a script over a batch: `call` makes the call of an item, `read` the answer of a reply.
template <class Answer, class Item, class Call, class Read>
Result<std::vector<Answer>> run_batch(Redis& redis, const Script& script, const std::vector<Item>& batch,
                                      Call&& call, Read&& read) {
  std::vector<ScriptCall> calls;
  calls.reserve(batch.size());
  for (const Item& item : batch) calls.push_back(call(item));
  auto replies = redis.run(script, calls);
  if (!replies) return std::move(replies).error();
  std::vector<Answer> answers;
  answers.reserve(replies->size());
  for (const Reply& reply : *replies) answers.push_back(read(reply));
  return answers;
}

schema::Severity severity_of_rank(std::int64_t rank) {
  return static_cast<schema::Severity>(std::clamp<std::int64_t>(rank, 0, 3));
}

AlertClaim read_claim(std::string_view text) {
  AlertClaim claim;
  std::array<std::string_view, 5> parts;
  for (auto& part : parts) {
    const auto bar = std::min(text.find('|'), text.size());
    part = text.substr(0, bar);
    text.remove_prefix(std::min(bar + 1, text.size()));
  }
  const auto at = std::find(kAlertNames.begin(), kAlertNames.end(), parts[0]);
  if (at == kAlertNames.end()) return claim;
  claim.kind = static_cast<AlertKind>(at - kAlertNames.begin());
  claim.group = parts[1];
  claim.severity = parts[2];
  claim.previous_severity = parts[3];
  claim.count = number(parts[4]);
  return claim;
}

schema::Status check_record(const CrashRecord& crash) {
  if (!schema::valid_name(crash.node) || !schema::valid_name(crash.target)) {
    return schema::invalid("crash has no valid node and target");
  }
  if (crash.old_signatures.size() > kMaxOldSignatures || crash.features.size() > kMaxFeatures ||
      crash.expect.size() > kMaxFeatures || crash.why.size() > kMaxVerdictText) {
    return schema::invalid("crash has too many old signatures or features, or too long a reason");
  }
  if (!std::all_of(crash.old_signatures.begin(), crash.old_signatures.end(), valid_signature)) {
    return schema::invalid("an old crash signature is not 64 hex digits");
  }
  if (!crash.into.empty() && !valid_group(crash.into)) {
    return schema::invalid("the group that a crash goes into is not 16 hex digits");
  }
  const auto fine = [](const std::string& feature) {
    return !feature.empty() && feature.size() <= kMaxFeatureSize;
  };
  if (!std::all_of(crash.features.begin(), crash.features.end(), fine)) {
    return schema::invalid("a feature of a crash is empty or too long");
  }
  return {};
}

ScriptCall record_call(const CrashRecord& crash, std::uint64_t now_ms) {
  ScriptCall call;
  call.keys = {keys::aliases(), keys::signature(crash.signature),
               keys::seen(schema::Stage::kFingerprint, seen_day(crash.time_ms)), keys::groups()};
  call.arguments = {keys::group(""),
                    keys::group_members(""),
                    keys::severity(""),
                    crash.event.hex(),
                    crash.group,
                    crash.signature,
                    crash.kind,
                    crash.node,
                    crash.target,
                    std::to_string(plausible(crash.time_ms, now_ms)),
                    keys::group_signatures(""),
                    keys::group_nodes(""),
                    keys::group_targets(""),
                    keys::signature(""),
                    keys::group_features(""),
                    std::to_string(kMaxMembers),
                    kSeenSeconds,
                    crash.only_known ? "1" : "0",
                    crash.into,
                    crash.why,
                    std::to_string(now_ms),
                    std::to_string(kMaxGroupFeatures),
                    std::to_string(kMaxFeatureGroups),
                    std::to_string(crash.old_signatures.size()),
                    std::to_string(crash.features.size()),
                    std::to_string(crash.expect.size()),
                    std::to_string(crash.signatures.size())};
  auto& words = call.arguments;
  words.insert(words.end(), crash.old_signatures.begin(), crash.old_signatures.end());
  for (const std::string& feature : crash.features) {
    words.push_back(feature), words.push_back(keys::feature(feature));
  }
  for (const FeatureSeen& seen : crash.expect) {
    words.push_back(keys::feature(seen.feature)), words.push_back(std::to_string(seen.groups));
  }
  words.insert(words.end(), crash.signatures.begin(), crash.signatures.end());
  return call;
}

}  // namespace

bool valid_group(std::string_view group) { return is_hex(group, 16); }
bool valid_signature(std::string_view signature) { return is_hex(signature, 64); }

std::string_view name(AlertKind kind) { return kAlertNames[static_cast<std::size_t>(kind)]; }

std::uint64_t retention_days(schema::Severity severity) {
  for (const Retention& row : kRetention) {
    if (row.severity == severity) return row.days;
  }
  return kRetention.back().days;
}

std::uint64_t seen_day(std::uint64_t time_ms) {
  const std::uint64_t day = time_ms / kDayMs;
  return day < kFirstDay || day > kLastDay ? 0 : day;
}

Result<std::vector<Recorded>> CrashIndex::record(const std::vector<CrashRecord>& batch,
                                                 std::uint64_t now_ms) {
  static const Script script(scripts::with_forest(scripts::kRecord));
  if (auto fine = check_group_and_signature(batch); !fine) return std::move(fine).error();
  for (const CrashRecord& crash : batch) {
    if (auto fine = check_record(crash); !fine) return std::move(fine).error();
  }
  const auto call = [&](const CrashRecord& crash) { return record_call(crash, now_ms); };
  return run_batch<Recorded>(redis_, script, batch, call, [](const Reply& reply) {
    return Recorded{reply.items[0].integer == 1, reply.items[1].integer == 1, reply.items[2].text,
                    reply.items[3].integer == 1};
  });
}

Result<std::vector<Classified>> CrashIndex::classify(const std::vector<Classification>& batch) {
  static const Script script(scripts::with_forest(scripts::kClassify));
  if (auto fine = check_group_and_signature(batch); !fine) return std::move(fine).error();
  const auto call = [](const Classification& crash) {
    return ScriptCall{
        {keys::aliases(), keys::signature(crash.signature),
         keys::seen(schema::Stage::kClassify, seen_day(crash.time_ms)), keys::groups()},
        {keys::group(""), keys::group_members(""), keys::severity(""), crash.event.hex(), crash.group,
         std::to_string(static_cast<int>(crash.severity)), std::string(schema::severity_name(crash.severity)),
         crash.security ? "1" : "0", crash.kind, crash.title, crash.cwe, crash.reasons, kSeenSeconds,
         std::to_string(std::min(crash.replays, kMaxReplays)),
         std::to_string(std::min({crash.reproduced, crash.replays, kMaxReplays}))}};
  };
  return run_batch<Classified>(redis_, script, batch, call, [](const Reply& reply) {
    return Classified{reply.items[0].integer == 1, reply.items[1].text,
                      severity_of_rank(reply.items[2].integer)};
  });
}

Result<std::vector<ArchivePlan>> CrashIndex::plan_archive(const std::vector<ArchiveRequest>& batch) {
  static const Script script(scripts::with_forest(scripts::kPlanArchive));
  if (auto fine = check_group_and_signature(batch); !fine) return std::move(fine).error();
  for (const ArchiveRequest& request : batch) {
    if (!schema::valid_name(request.target)) return schema::invalid("crash has no valid target");
    if (!request.input_sha256.empty() && !is_hex(request.input_sha256, 64)) {
      return schema::invalid("input is not named by 64 hex digits");
    }
  }
  const auto call = [&](const ArchiveRequest& request) {
    return ScriptCall{{keys::aliases(), keys::signature(request.signature), keys::crash_retention()},
                      {keys::group(""), keys::group_members(""), keys::severity(""), request.group,
                       request.target, request.input_sha256, std::to_string(request.input_size),
                       std::to_string(limits_.kept_inputs), keys::group_inputs("")}};
  };
  return run_batch<ArchivePlan>(redis_, script, batch, call, [](const Reply& reply) {
    return ArchivePlan{reply.items[0].text, reply.items[1].text, reply.items[2].integer == 1,
                       reply.items[3].text, reply.items[4].text, number(reply.items[5].text)};
  });
}

schema::Status CrashIndex::archived(const std::vector<ArchivedGroup>& batch) {
  static const Script script(scripts::kArchived);
  const auto call = [](const ArchivedGroup& group) {
    const auto severity = schema::parse_severity(group.severity).value_or(schema::Severity::kLow);
    const auto expires = group.now_ms / 1000 + retention_days(severity) * kDaySeconds;
    return ScriptCall{{keys::crash_retention()},
                      {group.group, group.path, group.severity, std::to_string(group.now_ms),
                       std::to_string(expires), keys::group("")}};
  };
  auto done = run_batch<int>(redis_, script, batch, call, [](const Reply&) { return 0; });
  if (!done) return std::move(done).error();
  return {};
}

Result<std::vector<AlertClaim>> CrashIndex::claim_alerts(const std::vector<AlertRequest>& batch,
                                                         std::uint64_t now_ms) {
  static const Script script(scripts::with_forest(scripts::kClaimAlert));
  if (auto fine = check_group_and_signature(batch); !fine) return std::move(fine).error();
  const auto call = [&](const AlertRequest& request) {
    return ScriptCall{
        {keys::aliases(), keys::signature(request.signature), keys::alert_claims(seen_day(request.time_ms)),
         keys::alert_budget(now_ms / kHourMs)},
        {keys::group(""), keys::group_members(""), keys::severity(""), request.event.hex(), request.group,
         std::to_string(plausible(request.time_ms, now_ms)), std::to_string(now_ms),
         std::to_string(limits_.alerts_per_hour), kSeenSeconds, std::to_string(2 * kHourMs / 1000)}};
  };
  return run_batch<AlertClaim>(redis_, script, batch, call,
                               [](const Reply& reply) { return read_claim(reply.text); });
}

}  // namespace fuzzmill::store
