// What people do to crash groups, and what workers look up to tell new bugs from known ones.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "schema/keys.h"
#include "store/crash_index.h"
#include "store/crash_scripts.h"
#include "store/merge_scripts.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
namespace keys = schema::keys;
using Lists = std::vector<std::vector<std::string>>;

constexpr std::size_t kPipeline = 512;  // commands in flight

Script script_of(const char* body) { return Script(scripts::with_forest(scripts::kPeople) + body); }

// What every script of people gets first.
std::vector<std::string> arguments(std::uint64_t now_ms, const std::string& by, const std::string& why) {
  return {keys::group(""),
          keys::group_members(""),
          keys::severity(""),
          keys::group_history(""),
          std::to_string(kMaxHistory),
          std::to_string(now_ms),
          by,
          why};
}

schema::Status check_texts(const std::string& by, const std::string& why) {
  if (std::max(by.size(), why.size()) <= kMaxVerdictText) return {};
  return schema::invalid(fmt::format("the reason of a verdict has at most {} bytes", kMaxVerdictText));
}

schema::Status check_groups(std::initializer_list<const std::string*> groups) {
  for (const std::string* group : groups) {
    if (!valid_group(*group)) return schema::invalid("crash group is not 16 hex digits");
  }
  return {};
}

schema::Error no_group(const std::string& group) {
  return schema::not_found(fmt::format("no crash group {}", group));
}

// The members of each set, in the order of the keys.
Result<Lists> read_sets(Redis& redis, const std::vector<std::string>& sets) {
  Lists lists;
  for (std::size_t begin = 0; begin < sets.size(); begin += kPipeline) {
    for (std::size_t i = begin; i < std::min(begin + kPipeline, sets.size()); ++i) {
      redis.append({"SMEMBERS", sets[i]});
    }
    auto replies = redis.flush();
    if (!replies) return std::move(replies).error();
    for (Reply& reply : *replies) {
      if (reply.is_error()) return schema::internal("Redis answers: " + reply.text);
      std::vector<std::string> list;
      for (Reply& item : reply.items) list.push_back(std::move(item.text));
      lists.push_back(std::move(list));
    }
  }
  return lists;
}

}  // namespace

schema::Status CrashIndex::set_state(const std::string& group, const Verdict& verdict, std::uint64_t now_ms) {
  static const Script script = script_of(scripts::kSetState);
  constexpr std::array<std::string_view, 3> kStates = {"new", "open", "resolved"};
  if (std::find(kStates.begin(), kStates.end(), verdict.state) == kStates.end()) {
    return schema::invalid("the state of a group is new, open or resolved");
  }
  if (auto fine = check_texts(verdict.by, verdict.because); !fine) return fine;
  if (auto fine = check_groups({&group}); !fine) return fine;
  ScriptCall call{{keys::aliases()}, arguments(now_ms, verdict.by, verdict.because)};
  call.arguments.insert(call.arguments.end(), {group, verdict.state});
  auto replies = redis_.run(script, {call});
  if (!replies) return std::move(replies).error();
  const std::string& answer = replies->front().text;
  if (answer == "done") return {};
  if (answer == "missing") return no_group(group);
  return schema::conflict(fmt::format("{} is part of {}: say it of that", group, answer));
}

Result<std::string> CrashIndex::merge(const std::string& group, const std::string& other, const Deed& deed,
                                      std::uint64_t now_ms) {
  static const Script script = script_of(scripts::kMerge);
  if (auto fine = check_texts(deed.by, deed.why); !fine) return std::move(fine).error();
  if (auto fine = check_groups({&group, &other}); !fine) return std::move(fine).error();
  ScriptCall call{{keys::aliases(), keys::groups()}, arguments(now_ms, deed.by, deed.why)};
  call.arguments.insert(call.arguments.end(), {group, other, std::to_string(kMaxMembers)});
  auto replies = redis_.run(script, {call});
  if (!replies) return std::move(replies).error();
  const std::string &answer = replies->front().items[0].text, &which = replies->front().items[1].text;
  if (answer == "done") return which;
  if (answer == "missing") return no_group(which);
  if (answer == "same") return schema::conflict(fmt::format("{} and {} are one group already", group, other));
  if (answer == "full") {
    return schema::conflict(fmt::format("{} has {} groups merged into it: no more", which, kMaxMembers));
  }
  return schema::conflict(fmt::format("{} is part of {}: merge that, or unmerge it first", other, which));
}

Result<std::string> CrashIndex::unmerge(const std::string& group, const Deed& deed, std::uint64_t now_ms) {
  static const Script script = script_of(scripts::kUnmerge);
  if (auto fine = check_texts(deed.by, deed.why); !fine) return std::move(fine).error();
  if (auto fine = check_groups({&group}); !fine) return std::move(fine).error();
  ScriptCall call{{keys::aliases(), keys::groups()}, arguments(now_ms, deed.by, deed.why)};
  call.arguments.push_back(group);
  auto replies = redis_.run(script, {call});
  if (!replies) return std::move(replies).error();
  const std::string &answer = replies->front().items[0].text, &which = replies->front().items[1].text;
  if (answer == "done") return which;
  if (answer == "missing") return no_group(which);
  return schema::conflict(fmt::format("{} is not merged into another", group));
}

Result<Lists> CrashIndex::candidates(const std::vector<std::string>& features) {
  std::vector<std::string> sets;
  sets.reserve(features.size());
  for (const std::string& feature : features) sets.push_back(keys::feature(feature));
  return read_sets(redis_, sets);
}

Result<Lists> CrashIndex::features_of(const std::vector<std::string>& groups) {
  std::vector<std::string> sets;
  sets.reserve(groups.size());
  for (const std::string& group : groups) {
    if (auto fine = check_groups({&group}); !fine) return std::move(fine).error();
    sets.push_back(keys::group_features(group));
  }
  auto lists = read_sets(redis_, sets);
  if (!lists) return lists;
  for (auto& list : *lists) std::sort(list.begin(), list.end());
  return lists;
}

}  // namespace fuzzmill::store
