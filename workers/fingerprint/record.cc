#include "workers/fingerprint/record.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "runtime/log.h"
#include "workers/fingerprint/group/face_json.h"
#include "workers/fingerprint/group/place.h"
#include "workers/fingerprint/group/same_bug.h"

namespace fuzzmill::workers {
namespace {

// A face stands among the features of its group; nobody looks for it.
constexpr std::string_view kFaceMark = "face ";

constexpr std::string_view kMachine = "fuzzmill";

struct Judgement {
  std::vector<store::FeatureSeen> seen;
  std::vector<Placed> placed;
};

schema::Result<Judgement> judge(store::CrashIndex& index, const Shown& shown,
                                const std::vector<std::string>& keys) {
  auto found = index.candidates(keys);
  if (!found) return found.error();
  Judgement out;
  std::set<std::string> groups;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    out.seen.push_back({keys[i], (*found)[i].size()});
    groups.insert((*found)[i].begin(), (*found)[i].end());
  }
  const std::vector<std::string> list(groups.begin(), groups.end());
  auto features = index.features_of(list);
  if (!features) return features.error();
  std::vector<Known> known;
  for (std::size_t i = 0; i < list.size(); ++i) {
    for (const std::string& feature : (*features)[i]) {
      if (!feature.starts_with(kFaceMark)) continue;
      if (auto face = parse_face(std::string_view(feature).substr(kFaceMark.size()))) {
        known.push_back({list[i], std::move(*face)});
      }
    }
  }
  out.placed = place(shown, known);
  return out;
}

// What a person took apart stays apart: a group with such a deed in its history is never merged by us.
bool person_parted(store::CrashIndex& index, const std::string& group) {
  const auto detail = index.show(group);
  if (!detail) return true;
  return std::any_of(detail->history.begin(), detail->history.end(), [](const store::HistoryEntry& entry) {
    return entry.by != kMachine && (entry.action == "unmerge" || entry.action == "unmerged-from");
  });
}

// The new crash shows that groups thought to be several are one.
void merge_groups(store::CrashIndex& index, const std::vector<Placed>& placed, std::uint64_t now_ms) {
  for (std::size_t i = 1; i < placed.size(); ++i) {
    if (person_parted(index, placed[0].group) || person_parted(index, placed[i].group)) continue;
    const auto merged = index.merge(placed[0].group, placed[i].group,
                                    {std::string(kMachine), std::string(placed[i].why)}, now_ms);
    // kConflict: they are one already. Anything else is only a merge not made: the crash itself is counted.
    if (!merged && merged.error().code != schema::ErrorCode::kConflict) {
      runtime::log_warn(
          "groups not merged",
          {{"group", placed[0].group}, {"other", placed[i].group}, {"why", merged.error().message}});
    }
  }
}

schema::Result<store::Recorded> file(store::CrashIndex& index, const Recording& recording,
                                     std::uint64_t now_ms) {
  const std::vector<std::string> keys = index_keys(recording.shown.face);
  for (int tries = 0; tries < kMaxJudgements; ++tries) {
    auto judgement = judge(index, recording.shown, keys);
    if (!judgement) return judgement.error();
    store::CrashRecord record = recording.record;
    record.only_known = false;
    record.features = keys;
    record.features.push_back(std::string(kFaceMark) + to_json(recording.shown));
    record.expect = judgement->seen;
    if (!judgement->placed.empty()) {
      record.into = judgement->placed[0].group;
      record.why = judgement->placed[0].why;
    }
    auto recorded = index.record({record}, now_ms);
    if (!recorded) return recorded.error();
    if (recorded->front().undecided) continue;
    merge_groups(index, judgement->placed, now_ms);
    return recorded->front();
  }
  return schema::conflict("others file crashes like this one all the time; it is judged again later");
}

}  // namespace

schema::Result<std::vector<store::Recorded>> record_crashes(store::CrashIndex& index,
                                                            const std::vector<Recording>& batch,
                                                            std::uint64_t now_ms) {
  std::vector<store::CrashRecord> records;
  for (const Recording& one : batch) {
    records.push_back(one.record);
    records.back().only_known = true;
  }
  auto recorded = index.record(records, now_ms);
  if (!recorded) return recorded;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!(*recorded)[i].undecided) continue;
    auto filed = file(index, batch[i], now_ms);
    if (!filed) return filed.error();
    (*recorded)[i] = std::move(*filed);
  }
  return recorded;
}

}  // namespace fuzzmill::workers
