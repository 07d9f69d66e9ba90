// The corpus keys of Redis; declared in store/corpus_archive.h.
#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "schema/event.h"
#include "schema/keys.h"
#include "store/corpus_archive.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
namespace keys = schema::keys;

// KEYS archives of the target, archive, retention   ARGV id, second, expiry, then fields and values
constexpr char kRecord[] = R"lua(
local fields = {}
for i = 4, #ARGV do fields[#fields + 1] = ARGV[i] end
redis.call('HSET', KEYS[2], unpack(fields))
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
return 1
)lua";

// The fields of an archive's hash, once for writing and reading.
struct TextField {
  const char* name;
  std::string CorpusArchiveRow::*member;
};
struct NumberField {
  const char* name;
  std::uint64_t CorpusArchiveRow::*member;
};
constexpr std::array kTexts = {
    TextField{"target", &CorpusArchiveRow::target}, TextField{"node", &CorpusArchiveRow::node},
    TextField{"engine", &CorpusArchiveRow::engine}, TextField{"build_id", &CorpusArchiveRow::build_id},
    TextField{"path", &CorpusArchiveRow::path},     TextField{"sha256", &CorpusArchiveRow::sha256},
};
constexpr std::array kNumbers = {
    NumberField{"bytes", &CorpusArchiveRow::bytes},
    NumberField{"files", &CorpusArchiveRow::files},
    NumberField{"files_bytes", &CorpusArchiveRow::files_bytes},
    NumberField{"files_left_out", &CorpusArchiveRow::files_left_out},
    NumberField{"time_ms", &CorpusArchiveRow::time_ms},
    NumberField{"expires_s", &CorpusArchiveRow::expires_s},
};

CorpusArchiveRow read_row(const std::string& id, const Reply& hash) {
  CorpusArchiveRow row;
  row.archive = id;
  for (std::size_t i = 0; i + 1 < hash.items.size(); i += 2) {
    const std::string &name = hash.items[i].text, &value = hash.items[i + 1].text;
    for (const TextField& field : kTexts) {
      if (name == field.name) row.*field.member = value;
    }
    for (const NumberField& field : kNumbers) {
      if (name == field.name) std::from_chars(value.data(), value.data() + value.size(), row.*field.member);
    }
  }
  return row;
}

}  // namespace

schema::Status CorpusIndex::record(std::vector<CorpusArchiveRow> rows, std::uint64_t now_ms) {
  static const Script script(kRecord);
  std::vector<ScriptCall> calls;
  for (CorpusArchiveRow& row : rows) {
    if (!schema::valid_name(row.target)) return schema::invalid("corpus archive: target is no name");
    row.expires_s = now_ms / 1000 + kCorpusRetentionDays * 86'400;
    const auto second = std::min(row.time_ms, now_ms) / 1000;
    ScriptCall call{{keys::archives(row.target), keys::archive(row.archive), keys::corpus_retention()},
                    {row.archive, std::to_string(second), std::to_string(row.expires_s)}};
    for (const TextField& field : kTexts)
      call.arguments.insert(call.arguments.end(), {field.name, row.*field.member});
    for (const NumberField& field : kNumbers) {
      call.arguments.insert(call.arguments.end(), {field.name, std::to_string(row.*field.member)});
    }
    calls.push_back(std::move(call));
  }
  auto replies = redis_.run(script, calls);
  if (!replies) return std::move(replies).error();
  return {};
}

Result<std::vector<CorpusArchiveRow>> CorpusIndex::list(const std::string& target, std::size_t limit) {
  std::vector<CorpusArchiveRow> rows;
  if (limit == 0) return rows;
  if (!schema::valid_name(target)) return schema::invalid("that is no name of a target");
  const auto ids = redis_.command({"ZREVRANGE", keys::archives(target), "0", std::to_string(limit - 1)});
  if (!ids) return ids.error();
  for (const Reply& id : ids->items) redis_.append({"HGETALL", keys::archive(id.text)});
  const auto hashes = redis_.flush();
  if (!hashes) return hashes.error();
  for (std::size_t i = 0; i < hashes->size(); ++i) {
    if ((*hashes)[i].is_error()) return schema::internal("Redis answers: " + (*hashes)[i].text);
    rows.push_back(read_row(ids->items[i].text, (*hashes)[i]));
  }
  return rows;
}

}  // namespace fuzzmill::store
