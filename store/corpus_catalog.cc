// What changes the catalog; store/corpus_catalog_read.cc reads it, store/corpus_have.cc knows the files.
#include "store/corpus_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "schema/event.h"
#include "schema/keys.h"
#include "store/catalog_row.h"
#include "store/catalog_scripts.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;
namespace keys = schema::keys;

std::vector<std::string> keys_of(const std::string& target) {
  return {keys::archives(target), keys::corpus_retention(), keys::corpus_targets(), keys::corpus_quarantine(),
          keys::corpus_snapshots(target)};
}

Result<std::int64_t> run_one(Redis& redis, const Script& script, ScriptCall call) {
  const auto replies = redis.run(script, {std::move(call)});
  if (!replies) return replies.error();
  return replies->front().integer;
}

schema::Error unknown(const std::string& id) {
  return schema::not_found(fmt::format("no corpus archive {} (fuzzmill corpus list)", id.substr(0, 64)));
}

// A change that answers 1, or 0 when the archive is unknown.
Status change(Redis& redis, const Script& script, ScriptCall call, const std::string& id) {
  const auto done = run_one(redis, script, std::move(call));
  if (!done) return done.error();
  if (*done == 0) return unknown(id);
  return {};
}

}  // namespace

Status CorpusCatalog::record(const CatalogRow& row, const std::string& previous) {
  static const Script script(catalog_scripts::with_catalog(catalog_scripts::kRecord));
  if (auto fine = check_row(row); !fine) return fine;
  // A node's clock that is ahead must not make an archive newer than all that come after it.
  const auto time_ms = row.recorded_ms == 0 ? row.time_ms : std::min(row.time_ms, row.recorded_ms);
  ScriptCall call{keys_of(row.target),
                  {keys::archive(""), row.target, row.id, previous, row.sha256, std::to_string(time_ms),
                   std::to_string(row.expires_s)}};
  const auto fields = row_fields(row);
  call.arguments.insert(call.arguments.end(), fields.begin(), fields.end());
  const auto done = run_one(redis_, script, std::move(call));
  if (!done) return done.error();
  if (*done == 0) {
    return schema::conflict(
        fmt::format("'{}' is not the newest corpus archive of {} any more", previous, row.target));
  }
  return {};
}

Status CorpusCatalog::set_verified(const std::string& id, std::uint64_t now_ms, const std::string& bad) {
  static const Script script(catalog_scripts::kSet);
  return change(redis_, script,
                {{keys::archive(id)}, {"verified_ms", std::to_string(now_ms), "bad", bad.substr(0, 1024)}},
                id);
}

Status CorpusCatalog::set_expires(const std::string& id, std::uint64_t expires_s) {
  static const Script script(catalog_scripts::kSetExpires);
  return change(redis_, script,
                {{keys::archive(id), keys::corpus_retention()}, {id, std::to_string(expires_s)}}, id);
}

Status CorpusCatalog::quarantine(const std::string& id, std::uint64_t now_s, std::uint64_t delete_s,
                                 const std::string& why) {
  static const Script script(catalog_scripts::with_catalog(catalog_scripts::kQuarantine));
  const auto row = get(id);
  if (!row) return row.error();
  const auto done =
      run_one(redis_, script,
              {keys_of(row->target),
               {keys::archive(""), row->target, id, std::to_string(now_s), std::to_string(delete_s), why}});
  if (!done) return done.error();
  if (*done == 0) return unknown(id);
  if (*done < 0) {
    return schema::conflict(fmt::format("{} is the newest corpus archive of {}: it stays", id, row->target));
  }
  return {};
}

Status CorpusCatalog::unquarantine(const std::string& id, std::uint64_t expires_s) {
  static const Script script(catalog_scripts::with_catalog(catalog_scripts::kUnquarantine));
  const auto row = get(id);
  if (!row) return row.error();
  return change(redis_, script,
                {keys_of(row->target), {keys::archive(""), row->target, id, std::to_string(expires_s)}}, id);
}

Status CorpusCatalog::forget(const std::string& id) {
  static const Script script(catalog_scripts::with_catalog(catalog_scripts::kForget));
  const auto row = get(id);
  if (!row && row.error().code == schema::ErrorCode::kNotFound) return {};
  if (!row) return row.error();
  return change(redis_, script, {keys_of(row->target), {keys::archive(""), row->target, id}}, id);
}

Status CorpusCatalog::replace_target(const std::string& target, const std::vector<CatalogRow>& rows,
                                     const std::string& newest_before) {
  static const Script script(catalog_scripts::with_catalog(catalog_scripts::kReplace));
  if (!schema::valid_name(target)) return schema::invalid("that is no name of a target");
  auto json = nlohmann::json::array();
  for (const CatalogRow& row : rows) {
    if (auto fine = check_row(row); !fine) return fine;
    if (row.target != target) return schema::invalid("corpus archive: it is another target's");
    const auto time_ms = row.recorded_ms == 0 ? row.time_ms : std::min(row.time_ms, row.recorded_ms);
    json.push_back({row.id, std::to_string(row.quarantined_s), std::to_string(row.delete_s),
                    std::to_string(time_ms), std::to_string(row.expires_s), row_fields(row)});
  }
  const auto text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const auto done =
      run_one(redis_, script, {keys_of(target), {keys::archive(""), target, newest_before, text}});
  if (!done) return done.error();
  if (*done == 0) {
    return schema::conflict(fmt::format("an archive of {} was recorded meanwhile: read again", target));
  }
  return {};
}

Result<bool> CorpusCatalog::take_turn(const std::string& who, std::uint64_t seconds) {
  static const Script script(catalog_scripts::kTakeTurn);
  const auto done = run_one(redis_, script, {{keys::corpus_turn()}, {who, std::to_string(seconds)}});
  if (!done) return done.error();
  return *done == 1;
}

Status CorpusCatalog::leave_turn(const std::string& who) {
  static const Script script(catalog_scripts::kLeaveTurn);
  const auto done = run_one(redis_, script, {{keys::corpus_turn()}, {who}});
  if (!done) return done.error();
  return {};
}

}  // namespace fuzzmill::store
