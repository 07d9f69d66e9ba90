// The crash index: what Redis knows of crash groups. The only code that writes the crash keys.
//
// Every change is one Lua script, atomic and keyed by event id: a delivery that comes twice, even to two
// workers at once, counts once. A batch is one MULTI/EXEC, so one fsync.
// Life cycle: a CrashIndex borrows a connection for as long as it lives. Threads: those of its connection.
//
// Groups form a forest: a signature belongs to one group for good, a group may be merged into another, by a
// person or because a worker judged a new signature to be the same bug. Each group keeps its own numbers for
// ever, so that taking it out again is exact; what is read of a group is summed over all below it.
// Errors: those of store::Redis; kInvalid when a record is malformed (nothing of the batch has happened
// then). After kUnavailable a batch may or may not have happened: repeat it, that is what ids are for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/event.h"
#include "schema/taxonomy.h"
#include "store/redis.h"

namespace fuzzmill::store {

// --- what the stages write ---

// How many groups had a feature when somebody looked.
struct FeatureSeen {
  std::string feature;
  std::uint64_t groups = 0;
};

// Bounds of what a record may carry, and of what is kept.
inline constexpr std::size_t kMaxFeatures = 32;        // of a record
inline constexpr std::size_t kMaxFeatureSize = 4096;   // bytes: a whole face fits
inline constexpr std::size_t kMaxOldSignatures = 16;   // of a record
inline constexpr std::size_t kMaxGroupFeatures = 128;  // that are kept of a group
inline constexpr std::size_t kMaxFeatureGroups =
    64;                                           // that are kept of a feature: one of more groups is weak
inline constexpr std::size_t kMaxHistory = 1000;  // entries that are kept of a group
inline constexpr std::size_t kMaxMembers = 1024;  // names, signatures and groups that one group remembers

// A crash. When its signature is unknown and none of `old_signatures` is known either, somebody has to say
// where it belongs: the online way is
//   1. record() with only_known: crashes of known signatures are counted, others answer `undecided`;
//   2. candidates() of their features, and judgement by whoever can (pure code, outside);
//   3. record() with `into` (empty: a group of its own) and `expect` (the strong features with the number of
//      groups that 2 saw). When another group got one of them meanwhile it answers `undecided` and nothing
//      has happened: go to 2. Some record always gets through, so this ends.
// Without any of it a new signature makes a group of its own.
struct CrashRecord {
  schema::EventId event;                // crash.found
  std::string group;                    // 16 hex digits; where a new signature goes
  std::string signature;                // 64 hex digits; the grain that groups
  std::vector<std::string> signatures;  // every grain, "grain=64 hex digits"
  std::string kind;
  std::string node;
  std::string target;
  std::uint64_t time_ms = 0;
  std::vector<std::string> old_signatures = {};  // of older versions of the rules, 64 hex digits; the first
                                                 // known tells the group, and the new signature stays with it
  bool only_known = false;
  std::vector<std::string> features = {};  // of the crash; kept with its group when the signature is new
  std::string into = {};                   // a group that this is the same bug as; empty: none
  std::string why = {};                    // of `into`, for people
  std::vector<FeatureSeen> expect = {};
};
struct Recorded {
  bool counted = false;    // false: this event was counted before, or it is undecided
  bool new_group = false;  // this event made the group
  std::string group;       // the top of its tree; empty when undecided
  bool undecided = false;  // the signature is unknown and not placed: nothing has happened
};

struct Classification {
  schema::EventId event;  // crash.fingerprinted
  std::string group;
  std::string signature;
  schema::Severity severity{};
  bool security = false;
  std::string kind;
  std::string title;
  std::string cwe;      // "787 119"
  std::string reasons;  // a JSON array of strings
  std::uint64_t time_ms = 0;
  std::uint64_t replays = 0;     // of this crash: of so many tries …
  std::uint64_t reproduced = 0;  // … so many crashed again
};
struct Classified {
  bool counted = false;
  std::string group;
  schema::Severity severity{};  // of the group: the worst that was ever seen
};

// Where the archive of a group stands, and whether an input belongs into it. A group that is merged keeps its
// own folder.
struct ArchiveRequest {
  std::string group;
  std::string signature;
  std::string target;        // names the folder of a group that has none yet
  std::string input_sha256;  // 64 hex digits, or empty when the crash has no input
  std::uint64_t input_size = 0;
};
struct ArchivePlan {
  std::string group;
  std::string target;             // the folder's: the target that crashed first
  bool keep_input = false;        // among the smallest of its group
  std::string severity;           // now
  std::string archived_severity;  // when meta.json was last written; empty: never archived
  std::uint64_t archived_ms = 0;  // when that was
};

struct ArchivedGroup {
  std::string group;
  std::string path;      // folder of the group
  std::string severity;  // as written into meta.json
  std::uint64_t now_ms = 0;
};

// What a group's crash may make people be told.
enum class AlertKind { kNone, kNew, kWorse, kReturned, kBudgetSpent };
std::string_view name(AlertKind kind);  // "", group.new, group.worse, group.returned, budget.spent
struct AlertRequest {
  schema::EventId event;  // crash.classified
  std::string group;
  std::string signature;
  std::uint64_t time_ms = 0;
};
struct AlertClaim {
  AlertKind kind = AlertKind::kNone;
  std::string group;
  std::string severity;           // of the group when the claim was made
  std::string previous_severity;  // that people were told of before, or empty
  std::uint64_t count = 0;        // crashes of the group when the claim was made
};

// What a person says of a group: kept with it, for the next who looks.
struct Verdict {
  std::string state;    // new, open or resolved
  std::string because;  // at most kMaxVerdictText bytes, as `by` is
  std::string by;
};
inline constexpr std::size_t kMaxVerdictText = 1024;

// Who does what to a group, and why; both at most kMaxVerdictText bytes.
struct Deed {
  std::string by;
  std::string why;
};
struct HistoryEntry {
  std::uint64_t time_ms = 0;
  std::string action;  // state, merge, merged-into, unmerge, unmerged-from
  std::string other;   // the other group of a merge
  std::string state;   // of action state
  std::string by, why;
};

// --- what people and programs read ---

struct GroupRow {
  std::string group;
  std::string kind, title, severity, state;
  std::string cwe, reasons;  // as in Classification
  std::string archive;       // folder, or empty while there is none
  std::string alerted;       // group.new, group.worse, group.returned, suppressed, or empty
  std::string alerted_severity;
  std::string state_because, state_by;  // of the last verdict; empty: nobody gave one
  bool security = false;
  std::uint64_t count = 0;
  std::uint64_t first_seen_ms = 0, last_seen_ms = 0;
  std::uint64_t archived_ms = 0, alerted_ms = 0, state_ms = 0;
  std::uint64_t replays = 0, reproduced = 0;       // over all its crashes: of so many tries, so many crashed
  std::string merged_into, merged_by, merged_why;  // empty: it is in no other
  std::uint64_t merged_ms = 0;
  std::uint64_t members = 0;  // groups below it, which all numbers above include
  std::vector<std::pair<std::string, std::uint64_t>> nodes, targets;  // name and crashes, most first
};
struct GroupDetail {
  GroupRow row;
  std::vector<std::string> signatures;                        // of all below it, too; sorted
  std::vector<std::pair<std::string, std::uint64_t>> inputs;  // its own: SHA-256 and size, smallest first
  std::uint64_t expires_s = 0;                                // Unix time, 0: not archived
  std::vector<GroupRow> members = {};      // all below it, each by itself, latest merged first
  std::vector<HistoryEntry> history = {};  // its own, latest first
};
struct GroupFilter {
  std::string severity, target, node, kind, state;  // empty: any
};
struct GroupPage {
  std::vector<GroupRow> rows;  // latest crash first
  std::string cursor;          // continues; empty at the end
};

struct CrashIndexLimits {
  std::size_t kept_inputs = 5;  // the smallest of a group
  std::uint64_t alerts_per_hour = 60;
};

// How long the archive of a group is kept after its last change, by severity. A table.
std::uint64_t retention_days(schema::Severity severity);

// The day whose set remembers an event: a pure function of the event's own time, so that a delivery
// repeated weeks later finds the same set. A clock that is off by decades lands on day 0.
std::uint64_t seen_day(std::uint64_t time_ms);

bool valid_group(std::string_view group);          // 16 lower-case hex digits
bool valid_signature(std::string_view signature);  // 64 lower-case hex digits

class CrashIndex {
 public:
  explicit CrashIndex(Redis& redis, CrashIndexLimits limits = {}) : redis_(redis), limits_(limits) {}

  // Replies are in the order of the batch. `now_ms` bounds the times that producers claim.
  schema::Result<std::vector<Recorded>> record(const std::vector<CrashRecord>& batch, std::uint64_t now_ms);
  schema::Result<std::vector<Classified>> classify(const std::vector<Classification>& batch);

  // Takes an input into its group's smallest, or not. Naturally idempotent. After it: write the files,
  // then say archived(), which sets the path and the time of expiry.
  schema::Result<std::vector<ArchivePlan>> plan_archive(const std::vector<ArchiveRequest>& batch);
  schema::Status archived(const std::vector<ArchivedGroup>& batch);

  // Of all workers exactly one gets a claim for a change of a group; the same event gets the same claim
  // again. Over the budget of an hour one claim is kBudgetSpent and the group is marked suppressed: it is
  // claimed by its next crash in an hour that has budget left.
  schema::Result<std::vector<AlertClaim>> claim_alerts(const std::vector<AlertRequest>& batch,
                                                       std::uint64_t now_ms);

  // A resolved group that crashes again, by the time of the crash, is `returned`; the verdict stays beside
  // it. kNotFound when there is no such group, kConflict when it is part of another, kInvalid for another
  // state or a text that is too long.
  schema::Status set_state(const std::string& group, const Verdict& verdict, std::uint64_t now_ms);

  // Makes `other` part of the group, or of the top of its tree: one group from now on, in the list, in
  // counts, in severity (the worst) and in alerts; state and alerts of the top go on. The top is returned. No
  // machine undoes it. kNotFound; kConflict when both are one already, when `other` is part of a third, when
  // full.
  schema::Result<std::string> merge(const std::string& group, const std::string& other, const Deed& deed,
                                    std::uint64_t now_ms);
  // Takes a group out of the one that it was merged into, with all it counted since and all below it, and its
  // state and alerts from before. The group it was in is returned. kNotFound; kConflict when it is in none.
  schema::Result<std::string> unmerge(const std::string& group, const Deed& deed, std::uint64_t now_ms);

  // For each feature the groups that have it, as recorded, in no order; one that is part of another is named
  // itself, and record() takes it as `into`.
  schema::Result<std::vector<std::vector<std::string>>> candidates(const std::vector<std::string>& features);
  // For each group its own features, sorted.
  schema::Result<std::vector<std::vector<std::string>>> features_of(const std::vector<std::string>& groups);

  // At most `limit` rows; `cursor` from the page before. kInvalid for a cursor of another kind.
  schema::Result<GroupPage> list(const GroupFilter& filter, std::size_t limit,
                                 const std::string& cursor = {});
  // kNotFound when there is no such group, kConflict when a prefix fits several. Groups that were merged into
  // another are found and shown, too.
  schema::Result<GroupDetail> show(const std::string& group);
  schema::Result<std::string> find(const std::string& prefix);

 private:
  Redis& redis_;
  CrashIndexLimits limits_;
};

}  // namespace fuzzmill::store
