// The one rule for what goes: of corpus archives and of crash archives, by the daily prune and by people's.
//
//  - What has expired, by its timestamp in Redis (or, when people say --older-than, by its age), goes into
//    quarantine, and a day later it is deleted.
//  - The newest `keep_last` of a series stay, those known to be bad not counted: so bad ones go first.
//  - The newest that is good, and the newest that was verified, stay whatever else is asked; if all are bad,
//    the newest of them does. In quarantine, too: it is not deleted while its series has nothing good.
//
// A series is a target's corpus archives. A crash archive stands alone and is kept by its severity from its
// last change on; nothing protects it but its time. Pure: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fuzzmill::store {

inline constexpr std::uint64_t kQuarantine_s = 86'400;
inline constexpr std::size_t kKeepLast = 3;

struct RetentionRow {
  std::string series;           // a target
  std::string id;               // for the caller
  std::uint64_t order = 0;      // in its series: the newer, the higher
  std::uint64_t time_s = 0;     // what its age is counted from, Unix time
  std::uint64_t expires_s = 0;  // Unix time
  bool verified = false, bad = false;
  std::uint64_t delete_s = 0;  // of one in quarantine: when it may be deleted; 0: not in quarantine
};

struct RetentionOptions {
  std::optional<std::uint64_t> older_than_s = {};  // goes by age in place of expires_s
  std::size_t keep_last = kKeepLast;
  bool stands_alone = false;  // crash archives: neither the last ones nor the last good one are protected
};

enum class Fate { kKeep, kQuarantine, kDelete };
std::string_view name(Fate fate);  // "keep", "quarantine", "delete"

struct RetentionVerdict {
  Fate fate = Fate::kKeep;
  std::string reason;  // "expired 3 days ago", "one of the newest 3", …
};

// For each row its verdict, in the order of the rows.
std::vector<RetentionVerdict> judge_retention(const std::vector<RetentionRow>& rows, std::uint64_t now_s,
                                              const RetentionOptions& options);

}  // namespace fuzzmill::store
