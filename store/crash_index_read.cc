// What people and programs read from the crash index; store/crash_index.cc writes.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "schema/keys.h"
#include "store/crash_index.h"
#include "store/number.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
namespace keys = schema::keys;
using Counts = std::vector<std::pair<std::string, std::uint64_t>>;

constexpr std::size_t kPage = 256;            // groups read at once
constexpr std::size_t kMaxScanned = 100'000;  // groups looked at for one page of a filter

// Name and number alternate, as HGETALL and ZRANGE WITHSCORES answer.
Counts read_counts(const Reply& reply) {
  Counts counts;
  for (std::size_t i = 0; i + 1 < reply.items.size(); i += 2) {
    counts.emplace_back(reply.items[i].text, number(reply.items[i + 1].text));
  }
  return counts;
}

Counts most_first(Counts counts) {
  std::sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return counts;
}

using Members = std::vector<std::string>;

GroupRow read_row(const std::string& group, const Reply& hash, const Reply& nodes, const Reply& targets) {
  std::map<std::string_view, const std::string*> fields;
  for (std::size_t i = 0; i + 1 < hash.items.size(); i += 2)
    fields[hash.items[i].text] = &hash.items[i + 1].text;
  const auto text = [&](std::string_view name) {
    const auto at = fields.find(name);
    return at == fields.end() ? std::string() : *at->second;
  };
  GroupRow row;
  row.group = group;
  row.kind = text("kind"), row.title = text("title"), row.severity = text("severity"),
  row.state = text("state");
  row.cwe = text("cwe"), row.reasons = text("reasons"), row.archive = text("archive");
  row.alerted = text("alerted"), row.alerted_severity = text("alerted_severity");
  row.state_because = text("state_because"), row.state_by = text("state_by");
  row.state_ms = number(text("state_at"));
  row.security = text("security") == "1";
  row.count = number(text("count"));
  row.first_seen_ms = number(text("first_seen")), row.last_seen_ms = number(text("last_seen"));
  row.archived_ms = number(text("archived_at")), row.alerted_ms = number(text("alerted_at"));
  row.replays = number(text("replays")), row.reproduced = number(text("reproduced"));
  row.merged_by = text("merged_by"), row.merged_why = text("merged_why");
  row.merged_ms = number(text("merged_at"));
  row.nodes = most_first(read_counts(nodes)), row.targets = most_first(read_counts(targets));
  return row;
}

// Each group by itself, with the groups right below it.
struct OwnRow {
  GroupRow row;
  Members members;
};

Result<std::vector<OwnRow>> read_own(Redis& redis, const std::vector<std::string>& groups) {
  constexpr std::size_t kCommands = 5;
  std::vector<OwnRow> rows;
  for (std::size_t begin = 0; begin < groups.size(); begin += kPage) {
    const std::size_t end = std::min(begin + kPage, groups.size());
    for (std::size_t i = begin; i < end; ++i) {
      redis.append({"HGETALL", keys::group(groups[i])});
      redis.append({"HGETALL", keys::group_nodes(groups[i])});
      redis.append({"HGETALL", keys::group_targets(groups[i])});
      redis.append({"SMEMBERS", keys::group_members(groups[i])});
      redis.append({"HGET", keys::aliases(), groups[i]});
    }
    auto replies = redis.flush();
    if (!replies) return std::move(replies).error();
    for (const Reply& reply : *replies) {
      if (reply.is_error()) return schema::internal("Redis answers: " + reply.text);
    }
    for (std::size_t i = begin; i < end; ++i) {
      const Reply* at = &(*replies)[kCommands * (i - begin)];
      OwnRow own{read_row(groups[i], at[0], at[1], at[2]), {}};
      for (const Reply& member : at[3].items) own.members.push_back(member.text);
      own.row.merged_into = at[4].text;
      rows.push_back(std::move(own));
    }
  }
  return rows;
}

void add_counts(Counts& all, const Counts& more) {
  for (const auto& [name, count] : more) {
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const auto& entry) { return entry.first == name; });
    if (at == all.end()) {
      all.emplace_back(name, count);
    } else {
      at->second += count;
    }
  }
  all = most_first(std::move(all));
}

int rank_of(const std::string& severity) {
  const auto parsed = schema::parse_severity(severity);
  return parsed ? static_cast<int>(*parsed) : -1;
}

// What the two are as one group. State and alerts stay those of `all`.
void add_row(GroupRow& all, const GroupRow& more) {
  if (rank_of(more.severity) > rank_of(all.severity)) {
    all.severity = more.severity, all.kind = more.kind, all.title = more.title;
    all.cwe = more.cwe, all.reasons = more.reasons;
  }
  all.security = all.security || more.security;
  all.count += more.count, all.replays += more.replays, all.reproduced += more.reproduced;
  all.first_seen_ms = std::min(all.first_seen_ms, more.first_seen_ms);
  all.last_seen_ms = std::max(all.last_seen_ms, more.last_seen_ms);
  if (all.archive.empty()) all.archive = more.archive, all.archived_ms = more.archived_ms;
  add_counts(all.nodes, more.nodes);
  add_counts(all.targets, more.targets);
  ++all.members;
}

// The groups below each of `tops`, level by level, so that a level is one round trip.
struct Tree {
  GroupRow row;                 // with all below it
  std::vector<GroupRow> below;  // each by itself
};
Result<std::vector<Tree>> read_trees(Redis& redis, const std::vector<std::string>& tops) {
  std::vector<Tree> trees(tops.size());
  std::vector<std::string> groups = tops;
  std::vector<std::size_t> owners;  // the tree of each of `groups`
  for (std::size_t i = 0; i < tops.size(); ++i) owners.push_back(i);
  for (bool first = true; !groups.empty(); first = false) {
    auto rows = read_own(redis, groups);
    if (!rows) return std::move(rows).error();
    std::vector<std::string> next;
    std::vector<std::size_t> next_owners;
    for (std::size_t i = 0; i < rows->size(); ++i) {
      OwnRow& own = (*rows)[i];
      Tree& tree = trees[owners[i]];
      for (std::string& member : own.members) {
        next.push_back(std::move(member)), next_owners.push_back(owners[i]);
      }
      if (first) {
        tree.row = std::move(own.row);
      } else {
        add_row(tree.row, own.row);
        tree.below.push_back(std::move(own.row));
      }
    }
    groups = std::move(next), owners = std::move(next_owners);
  }
  return trees;
}

// An entry of a stream: its id and its fields, name and value in turn.
HistoryEntry read_entry(const Reply& reply) {
  HistoryEntry entry;
  if (reply.items.size() < 2) return entry;
  const auto& fields = reply.items[1].items;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string &name = fields[i].text, &value = fields[i + 1].text;
    if (name == "action") entry.action = value;
    if (name == "other") entry.other = value;
    if (name == "state") entry.state = value;
    if (name == "by") entry.by = value;
    if (name == "why") entry.why = value;
    if (name == "at") entry.time_ms = number(value);
  }
  return entry;
}

bool has(const Counts& counts, const std::string& name) {
  return std::any_of(counts.begin(), counts.end(), [&](const auto& entry) { return entry.first == name; });
}

bool fits(const GroupRow& row, const GroupFilter& filter) {
  return (filter.severity.empty() || row.severity == filter.severity) &&
         (filter.kind.empty() || row.kind == filter.kind) &&
         (filter.state.empty() || row.state == filter.state) &&
         (filter.target.empty() || has(row.targets, filter.target)) &&
         (filter.node.empty() || has(row.nodes, filter.node));
}

// Where a page ended: the time and name of its last row. Rows move to the front while they crash, so a
// position by count would repeat some and skip others.
struct Cursor {
  std::string max = "+inf";
  std::string group;  // rows of time `max` up to and with this one are behind us

  bool behind(const std::string& score, const std::string& name) const {
    return !group.empty() && score == max && name >= group;  // ZREVRANGE has equal scores in falling order
  }
};

Result<Cursor> read_cursor(const std::string& text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  const auto colon = text.find(':');
  const auto digits = text.substr(0, colon);
  if (colon == std::string::npos || digits.empty() || digits.size() > 16 ||
      digits.find_first_not_of("0123456789") != std::string::npos || !valid_group(text.substr(colon + 1))) {
    return schema::invalid("the cursor is not one that a list of crash groups gave");
  }
  cursor.max = digits;
  cursor.group = text.substr(colon + 1);
  return cursor;
}

}  // namespace

Result<GroupPage> CrashIndex::list(const GroupFilter& filter, std::size_t limit,
                                   const std::string& cursor_text) {
  const auto cursor = read_cursor(cursor_text);
  if (!cursor) return cursor.error();
  GroupPage page;
  const std::string key = filter.severity.empty() ? keys::groups() : keys::severity(filter.severity);
  for (std::size_t offset = 0; offset < kMaxScanned; offset += kPage) {
    const auto found = redis_.command({"ZREVRANGEBYSCORE", key, cursor->max, "-inf", "WITHSCORES", "LIMIT",
                                       std::to_string(offset), std::to_string(kPage)});
    if (!found) return found.error();
    std::vector<std::string> groups, scores;
    for (std::size_t i = 0; i + 1 < found->items.size(); i += 2) {
      const std::string &name = found->items[i].text, &score = found->items[i + 1].text;
      if (cursor->behind(score, name)) continue;
      groups.push_back(name), scores.push_back(score);
    }
    auto trees = read_trees(redis_, groups);
    if (!trees) return std::move(trees).error();
    for (std::size_t i = 0; i < trees->size(); ++i) {
      GroupRow& row = (*trees)[i].row;
      if (!fits(row, filter)) continue;
      if (page.rows.size() == limit) return page;
      page.rows.push_back(std::move(row));
      page.cursor = fmt::format("{}:{}", scores[i], groups[i]);
    }
    if (found->items.size() < 2 * kPage) {
      page.cursor.clear();  // nothing follows
      return page;
    }
  }
  return page;
}

Result<std::string> CrashIndex::find(const std::string& prefix) {
  if (prefix.empty() || prefix.size() > 16 ||
      prefix.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return schema::invalid("a crash group is named by up to 16 hex digits in lower case");
  }
  std::vector<std::string> found;
  for (const auto& [scan, key] : {std::pair("ZSCAN", keys::groups()), std::pair("HSCAN", keys::aliases())}) {
    std::string cursor = "0";
    do {
      const auto reply = redis_.command({scan, key, cursor, "MATCH", prefix + "*", "COUNT", "1000"});
      if (!reply) return reply.error();
      cursor = reply->items[0].text;
      const auto& items = reply->items[1].items;
      for (std::size_t i = 0; i < items.size(); i += 2) found.push_back(items[i].text);
    } while (cursor != "0");
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());  // a scan may repeat itself
  if (found.empty()) return schema::not_found(fmt::format("no crash group begins with {}", prefix));
  if (found.size() > 1) {
    return schema::conflict(fmt::format("{} crash groups begin with {}: {}, {} …; write more digits",
                                        found.size(), prefix, found[0], found[1]));
  }
  return found.front();
}

Result<GroupDetail> CrashIndex::show(const std::string& group) {
  if (!valid_group(group)) return schema::invalid("a crash group is named by 16 hex digits in lower case");
  auto trees = read_trees(redis_, {group});
  if (!trees) return std::move(trees).error();
  GroupDetail detail;
  detail.row = std::move(trees->front().row);
  detail.members = std::move(trees->front().below);
  if (detail.row.count == 0 && detail.row.kind.empty()) {
    return schema::not_found(fmt::format("no crash group {}", group));
  }
  std::stable_sort(detail.members.begin(), detail.members.end(),
                   [](const GroupRow& a, const GroupRow& b) { return a.merged_ms > b.merged_ms; });
  redis_.append({"ZRANGE", keys::group_inputs(group), "0", "-1", "WITHSCORES"});
  redis_.append({"ZSCORE", keys::crash_retention(), group});
  redis_.append({"XREVRANGE", keys::group_history(group), "+", "-"});
  redis_.append({"SMEMBERS", keys::group_signatures(group)});
  for (const GroupRow& member : detail.members)
    redis_.append({"SMEMBERS", keys::group_signatures(member.group)});
  auto replies = redis_.flush();
  if (!replies) return std::move(replies).error();
  for (const Reply& reply : *replies) {
    if (reply.is_error()) return schema::internal("Redis answers: " + reply.text);
  }
  detail.inputs = read_counts((*replies)[0]);
  detail.expires_s = number((*replies)[1].text);
  for (const Reply& entry : (*replies)[2].items) detail.history.push_back(read_entry(entry));
  for (std::size_t i = 3; i < replies->size(); ++i) {
    for (const Reply& item : (*replies)[i].items) detail.signatures.push_back(item.text);
  }
  std::sort(detail.signatures.begin(), detail.signatures.end());
  detail.signatures.erase(std::unique(detail.signatures.begin(), detail.signatures.end()),
                          detail.signatures.end());
  return detail;
}

}  // namespace fuzzmill::store
