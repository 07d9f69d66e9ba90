// The crash index: what Redis knows of crash groups. The only code that writes the crash keys.
//
// Every change is one Lua script, atomic and keyed by event id: a delivery that comes twice, even to two
// workers at once, counts once. A batch is one MULTI/EXEC, so one fsync.
// Life cycle: a CrashIndex borrows a connection for as long as it lives. Threads: those of its connection.
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

struct CrashRecord {
  schema::EventId event;                // crash.found
  std::string group;                    // 16 hex digits; where a new signature goes
  std::string signature;                // 64 hex digits; the grain that groups
  std::vector<std::string> signatures;  // every grain, "grain=64 hex digits"
  std::string kind;
  std::string node;
  std::string target;
  std::uint64_t time_ms = 0;
};
struct Recorded {
  bool counted = false;    // false: this event was counted before
  bool new_group = false;  // this event made the group
  std::string group;       // the final one: a signature that is known stays with its group
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
};
struct Classified {
  bool counted = false;
  std::string group;
  schema::Severity severity{};  // of the group: the worst that was ever seen
};

// Where the archive of a group stands, and whether an input belongs into it.
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
  std::vector<std::pair<std::string, std::uint64_t>> nodes, targets;  // name and crashes, most first
};
struct GroupDetail {
  GroupRow row;
  std::vector<std::string> signatures;                        // sorted
  std::vector<std::pair<std::string, std::uint64_t>> inputs;  // SHA-256 and size, smallest first
  std::uint64_t expires_s = 0;                                // Unix time, 0: not archived
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
  // it. kNotFound when there is no such group, kInvalid for another state or a text that is too long.
  schema::Status set_state(const std::string& group, const Verdict& verdict, std::uint64_t now_ms);

  // At most `limit` rows; `cursor` from the page before. kInvalid for a cursor of another kind.
  schema::Result<GroupPage> list(const GroupFilter& filter, std::size_t limit,
                                 const std::string& cursor = {});
  // kNotFound when there is no such group, kConflict when a prefix fits several.
  schema::Result<GroupDetail> show(const std::string& group);
  schema::Result<std::string> find(const std::string& prefix);

 private:
  Redis& redis_;
  CrashIndexLimits limits_;
};

}  // namespace fuzzmill::store
