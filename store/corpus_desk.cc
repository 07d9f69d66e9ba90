#include "store/corpus_desk.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>

#include "schema/event.h"
#include "schema/keys.h"
#include "store/desk_scripts.h"
#include "store/number.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
namespace keys = schema::keys;

constexpr std::uint64_t kMostTold = 7u << 20;      // bytes of inputs in one answer
constexpr std::uint64_t kMostCounted = 1'000'000;  // that one question may add to a counter
constexpr std::uint64_t kLooks = 512;              // entries that one script looks at …
constexpr std::uint64_t kLookedBytes = 8u << 20;   // … and their bytes: Redis does nothing else meanwhile
constexpr int kReads = 32;                         // scripts of one question
constexpr std::size_t kMostTargets = 10'000;

schema::Error no_target() { return schema::invalid("field target is no name"); }

// Where a node is in the stream, and the number of the question that told it.
struct Cursor {
  std::string id;  // empty: from now on
  std::string number;
};

bool digits(std::string_view text) {
  return !text.empty() && text.size() <= 15 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "ms-n/number"
std::optional<Cursor> parse_cursor(std::string_view text) {
  if (text.empty()) return Cursor{};
  const auto dash = text.find('-'), slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) return std::nullopt;
  if (!digits(text.substr(0, dash)) || !digits(text.substr(dash + 1, slash - dash - 1)) ||
      !digits(text.substr(slash + 1)))
    return std::nullopt;
  return Cursor{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

Result<Reply> run_one(Redis& redis, const Script& script, ScriptCall call) {
  auto replies = redis.run(script, {std::move(call)});
  if (!replies) return std::move(replies).error();
  if (replies->size() != 1) return schema::internal("Redis answered a script with nothing");
  return std::move(replies->front());
}

std::uint64_t info_number(std::string_view info, std::string_view name) {
  const std::string wanted = std::string("\n") + std::string(name) + ":";
  const auto at = info.find(wanted);
  return at == std::string_view::npos ? 0 : number(info.substr(at + wanted.size()));
}

struct Counter {
  std::string_view name;
  std::uint64_t SharingRow::*member;
};
constexpr std::array kCounters = {
    Counter{"sent", &SharingRow::sent},       Counter{"accepted", &SharingRow::accepted},
    Counter{"refused", &SharingRow::refused}, Counter{"imported", &SharingRow::imported},
    Counter{"dropped", &SharingRow::dropped},
};

}  // namespace

Result<schema::BaseTold> CorpusDesk::base(const std::string& node, const schema::BaseAsked& asked) {
  if (!schema::valid_name(asked.target)) return no_target();
  auto known = redis_.command({"HGET", keys::corpus_snapshots(asked.target), node});
  if (!known) return std::move(known).error();
  return schema::BaseTold{std::move(known->text)};
}

Result<schema::LacksTold> CorpusDesk::lacks(const schema::LacksAsked& asked) {
  if (!schema::valid_name(asked.target)) return no_target();
  schema::LacksTold told;
  const auto hashes = schema::hashes_in(asked.hashes);
  if (hashes.empty()) return told;
  std::vector<std::string> words = {"SMISMEMBER", keys::corpus_have(asked.target)};
  for (const schema::Sha256& sha256 : hashes) words.push_back(schema::hex(sha256));
  const auto has = redis_.command(words);
  if (!has) return has.error();
  for (const Reply& one : has->items) told.lacks.push_back(one.integer == 0 ? '\1' : '\0');
  return told;
}

Result<schema::OfferTold> CorpusDesk::offer(const schema::OfferAsked& asked) {
  if (!schema::valid_name(asked.target)) return no_target();
  schema::OfferTold told;
  const auto hashes = schema::hashes_in(asked.hashes);
  if (hashes.empty()) return told;
  std::vector<std::string> words = {"ZMSCORE", keys::shared_known(asked.target)};
  for (const schema::Sha256& sha256 : hashes) words.push_back(schema::hex(sha256));
  const auto scores = redis_.command(words);
  if (!scores) return scores.error();
  for (const Reply& score : scores->items) told.lacks.push_back(score.is_nil() ? '\1' : '\0');
  return told;
}

Result<bool> CorpusDesk::memory_is_short() {
  const auto info = redis_.command({"INFO", "memory"});
  if (!info) return info.error();
  const auto limit = static_cast<double>(info_number(info->text, "maxmemory"));
  return limit > 0 && static_cast<double>(info_number(info->text, "used_memory")) > limit * limits_.memory;
}

Result<schema::GiveTold> CorpusDesk::give(const std::string& node, const schema::GiveAsked& asked,
                                          std::uint64_t now_ms) {
  static const Script script(scripts::kGive);
  if (!schema::valid_name(asked.target)) return no_target();
  const auto is_short = memory_is_short();
  if (!is_short) return is_short.error();
  if (*is_short) return schema::unavailable("the memory of Redis is nearly full: nothing is shared now");

  std::uint64_t refused = 0;
  std::string reason;
  const auto refuse = [&](const char* why) {
    if (refused++ == 0) reason = why;
  };
  std::vector<std::string> inputs;
  std::string all;  // what was asked: equal bytes are the same question
  for (const schema::SharedInput& input : asked.inputs) {
    const schema::Sha256 sha256 = schema::sha256(input.bytes);
    schema::add_hash(all, input.sha256);
    schema::add_hash(all, sha256);
    if (sha256 != input.sha256) {
      refuse("not what its SHA-256 says");
    } else if (input.bytes.size() > schema::kMaxSharedInputSize) {
      refuse("too large");
    } else {
      inputs.insert(inputs.end(), {schema::hex(sha256), input.bytes});
    }
  }
  ScriptCall call{{keys::shared_inputs(asked.target), keys::shared_known(asked.target),
                   keys::sharing(asked.target), keys::share_budget(now_ms / 60'000)},
                  {node, asked.engine, std::to_string(now_ms / 1000), schema::sha256_hex(all),
                   std::to_string(limits_.inputs), std::to_string(limits_.bytes),
                   std::to_string(limits_.known), std::to_string(limits_.node_minute),
                   std::to_string(limits_.seconds), std::to_string(refused), reason}};
  std::move(inputs.begin(), inputs.end(), std::back_inserter(call.arguments));
  const auto done = run_one(redis_, script, std::move(call));
  if (!done) return done.error();
  if (done->items.size() != 3) return schema::internal("the give script answered what it never does");
  return schema::GiveTold{static_cast<std::uint64_t>(done->items[0].integer),
                          static_cast<std::uint64_t>(done->items[1].integer), done->items[2].text};
}

Result<schema::SharedTold> CorpusDesk::shared(const std::string& node, const schema::SharedAsked& asked) {
  static const Script count(scripts::kCountTaken);
  static const Script read(scripts::kRead);
  if (!schema::valid_name(asked.target)) return no_target();
  const auto cursor = parse_cursor(asked.cursor);
  if (!cursor) return schema::invalid("field cursor is none that was told");
  const std::string key = keys::shared_inputs(asked.target);
  const auto counted = run_one(redis_, count,
                               {{keys::sharing(asked.target)},
                                {node, cursor->number, std::to_string(std::min(asked.imported, kMostCounted)),
                                 std::to_string(std::min(asked.dropped, kMostCounted))}});
  if (!counted) return counted.error();

  schema::SharedTold told;
  std::string after = cursor->id;
  if (after.empty()) {
    auto newest = newest_shared(key);
    if (!newest) return std::move(newest).error();
    after = std::move(newest).value();
  }
  const auto most_inputs = std::min<std::uint64_t>(asked.inputs, schema::kMaxSharedInputs);
  for (int i = 0; i < kReads && told.inputs.empty() && !cursor->id.empty(); ++i) {
    const auto page =
        run_one(redis_, read,
                {{key},
                 {node, after, std::to_string(most_inputs), std::to_string(std::min(asked.bytes, kMostTold)),
                  std::to_string(kLooks), std::to_string(kLookedBytes)}});
    if (!page) return page.error();
    if (page->items.size() < 2) return schema::internal("the read script answered what it never does");
    after = page->items[0].text;
    for (std::size_t at = 2; at + 1 < page->items.size(); at += 2) {
      const auto hash = schema::unhex(page->items[at].text);
      if (!hash || hash->size() != schema::Sha256{}.size()) continue;  // written by somebody else
      told.inputs.push_back({schema::hashes_in(*hash).front(), page->items[at + 1].text});
    }
    if (page->items[1].integer == 0) break;
  }
  told.cursor = after + "/" + std::to_string(counted->integer);
  return told;
}

Result<std::string> CorpusDesk::newest_shared(const std::string& key) {
  const auto exists = redis_.command({"EXISTS", key});
  if (!exists) return exists.error();
  if (exists->integer == 0) return std::string("0-0");
  const auto info = redis_.command({"XINFO", "STREAM", key});
  if (!info) return info.error();
  for (std::size_t i = 0; i + 1 < info->items.size(); i += 2) {
    if (info->items[i].text == "last-generated-id") return info->items[i + 1].text;
  }
  return schema::internal("Redis does not say which entry of a stream is its last");
}

Result<std::vector<SharingRow>> CorpusDesk::read_sharing(const std::string& target) {
  if (!schema::valid_name(target)) return no_target();
  const auto hash = redis_.command({"HGETALL", keys::sharing(target)});
  if (!hash) return hash.error();
  std::map<std::string, SharingRow> rows;
  for (std::size_t i = 0; i + 1 < hash->items.size(); i += 2) {
    const std::string& field = hash->items[i].text;
    const auto bar = field.rfind('|');
    if (bar == std::string::npos) continue;
    SharingRow& row = rows[field.substr(0, bar)];
    row.node = field.substr(0, bar);
    for (const Counter& counter : kCounters) {
      if (counter.name == std::string_view(field).substr(bar + 1))
        row.*counter.member = number(hash->items[i + 1].text);
    }
  }
  std::vector<SharingRow> out;
  for (auto& [node, row] : rows) out.push_back(std::move(row));
  return out;
}

Result<std::vector<std::string>> CorpusDesk::sharing_targets() {
  std::vector<std::string> targets;
  std::string cursor = "0";
  do {
    const auto page = redis_.command(
        {"SCAN", cursor, "MATCH", "fuzzmill:{corpus}:sharing:*", "COUNT", "1000", "TYPE", "hash"});
    if (!page) return page.error();
    if (page->items.size() != 2) return schema::internal("Redis answers SCAN with something else");
    cursor = page->items[0].text;
    for (const Reply& key : page->items[1].items) {
      const auto parsed = keys::parse(key.text);
      if (parsed && parsed->values.size() == 1) targets.push_back(parsed->values[0]);
    }
  } while (cursor != "0" && targets.size() < kMostTargets);
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

}  // namespace fuzzmill::store
