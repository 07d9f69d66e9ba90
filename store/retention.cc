#include "store/retention.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace fuzzmill::store {
namespace {

constexpr std::uint64_t kDay_s = 86'400;
constexpr std::uint64_t kHour_s = 3600;

std::string in_words(std::uint64_t seconds) {
  if (seconds >= 2 * kDay_s) return fmt::format("{} days", seconds / kDay_s);
  if (seconds >= 2 * kHour_s) return fmt::format("{} hours", seconds / kHour_s);
  return fmt::format("{} minutes", seconds / 60);
}

// What stays of a series, whatever has expired: row to why.
using Protected = std::map<std::size_t, std::string>;

struct Series {
  std::vector<std::size_t> listed;  // rows that are not in quarantine, the newest first
  bool has_good = false;            // among them
};

void protect_newest(const std::vector<RetentionRow>& rows, const Series& series, std::size_t keep_last,
                    Protected& out) {
  std::size_t good = 0;
  bool verified = false;
  for (const std::size_t i : series.listed) {
    if (rows[i].bad) continue;
    if (good++ == 0) out.emplace(i, "the last good one");
    if (good <= keep_last) out.emplace(i, fmt::format("one of the newest {}", keep_last));
    if (rows[i].verified && !std::exchange(verified, true)) out.emplace(i, "the last that was verified");
  }
  if (good == 0 && !series.listed.empty()) {
    out.emplace(series.listed.front(), "bad, but all that there is");
  }
}

// Why it goes; nothing when its time has not come.
std::optional<std::string> reason_to_go(const RetentionRow& row, std::uint64_t now_s,
                                        const RetentionOptions& options) {
  if (options.older_than_s) {
    const std::uint64_t age = now_s - std::min(now_s, row.time_s);
    if (age < *options.older_than_s) return std::nullopt;
    return fmt::format("{} old", in_words(age));
  }
  if (row.expires_s > now_s) return std::nullopt;
  return fmt::format("expired {} ago", in_words(now_s - row.expires_s));
}

RetentionVerdict judge_quarantined(const RetentionRow& row, const Series& series, std::uint64_t now_s,
                                   const RetentionOptions& options) {
  if (row.delete_s > now_s) {
    return {Fate::kKeep, fmt::format("in quarantine for {} more", in_words(row.delete_s - now_s))};
  }
  if (!options.stands_alone && !series.has_good) {
    return {Fate::kKeep, "in quarantine, and its target has no good archive"};
  }
  return {Fate::kDelete, fmt::format("its quarantine ended {} ago", in_words(now_s - row.delete_s))};
}

}  // namespace

std::string_view name(Fate fate) {
  switch (fate) {
    case Fate::kKeep:
      return "keep";
    case Fate::kQuarantine:
      return "quarantine";
    case Fate::kDelete:
      return "delete";
  }
  return "keep";
}

std::vector<RetentionVerdict> judge_retention(const std::vector<RetentionRow>& rows, std::uint64_t now_s,
                                              const RetentionOptions& options) {
  std::map<std::string_view, Series> all;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Series& series = all[rows[i].series];
    if (rows[i].delete_s != 0) continue;
    series.listed.push_back(i);
    series.has_good |= !rows[i].bad;
  }
  Protected stays;
  for (auto& [name, series] : all) {
    std::sort(series.listed.begin(), series.listed.end(),
              [&](std::size_t a, std::size_t b) { return rows[a].order > rows[b].order; });
    if (!options.stands_alone) protect_newest(rows, series, options.keep_last, stays);
  }
  std::vector<RetentionVerdict> verdicts;
  verdicts.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RetentionRow& row = rows[i];
    if (row.delete_s != 0) {
      verdicts.push_back(judge_quarantined(row, all[row.series], now_s, options));
      continue;
    }
    const auto why = reason_to_go(row, now_s, options);
    const auto stay = stays.find(i);
    if (!why) {
      verdicts.push_back({Fate::kKeep, row.expires_s > now_s
                                           ? fmt::format("expires in {}", in_words(row.expires_s - now_s))
                                           : "not old enough"});
    } else if (stay != stays.end()) {
      verdicts.push_back({Fate::kKeep, stay->second});
    } else {
      verdicts.push_back({Fate::kQuarantine, row.bad ? *why + ", and bad" : *why});
    }
  }
  return verdicts;
}

}  // namespace fuzzmill::store
