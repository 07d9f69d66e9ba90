// What reads the catalog; declared in store/corpus_catalog.h.
#include <fmt/format.h>

#include <algorithm>

#include "schema/event.h"
#include "schema/keys.h"
#include "store/catalog_row.h"
#include "store/corpus_catalog.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
namespace keys = schema::keys;

constexpr std::size_t kIdDigits = 16;
constexpr std::size_t kFewestDigits = 4;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<std::vector<std::string>> members(Redis& redis, const std::vector<std::string>& command) {
  const auto reply = redis.command(command);
  if (!reply) return reply.error();
  std::vector<std::string> out;
  for (const Reply& item : reply->items) out.push_back(item.text);
  return out;
}

// The digits of its id that a file name ends with ("…Z-0123abcd.tar.zst"), or nothing.
std::string digits_of(std::string_view file) {
  const auto dash = file.find("Z-");
  if (dash == std::string_view::npos) return {};
  file.remove_prefix(dash + 2);
  const auto digits = file.substr(0, std::min(file.find('.'), file.size()));
  return is_hex(digits) ? std::string(digits) : std::string();
}

bool named(const CatalogRow& row, const std::string& text) {
  if (row.object == text) return true;
  return row.object.size() > text.size() && row.object.ends_with(text) &&
         row.object[row.object.size() - text.size() - 1] == '/';
}

}  // namespace

Result<std::vector<CatalogRow>> CorpusCatalog::rows_of(const std::vector<std::string>& ids) {
  std::vector<CatalogRow> rows;
  for (const std::string& id : ids) redis_.append({"HGETALL", keys::archive(id)});
  if (ids.empty()) return rows;
  const auto hashes = redis_.flush();
  if (!hashes) return hashes.error();
  for (std::size_t i = 0; i < hashes->size(); ++i) {
    if ((*hashes)[i].is_error()) return schema::internal("Redis answers: " + (*hashes)[i].text);
    if ((*hashes)[i].items.empty()) continue;  // forgotten meanwhile
    rows.push_back(row_of_fields(ids[i], (*hashes)[i]));
  }
  return rows;
}

Result<std::vector<std::string>> CorpusCatalog::targets() {
  auto names = members(redis_, {"ZRANGE", keys::corpus_targets(), "0", "-1"});
  if (names) std::sort(names->begin(), names->end());
  return names;
}

Result<std::vector<CatalogRow>> CorpusCatalog::list(const std::string& target, std::size_t limit) {
  if (!target.empty() && !schema::valid_name(target)) return schema::invalid("that is no name of a target");
  auto names = target.empty() ? targets() : Result<std::vector<std::string>>(std::vector{target});
  if (!names) return std::move(names).error();
  std::vector<std::string> ids;
  for (const std::string& name : *names) {
    if (ids.size() >= limit) break;
    auto of_target =
        members(redis_, {"ZREVRANGE", keys::archives(name), "0", std::to_string(limit - ids.size() - 1)});
    if (!of_target) return std::move(of_target).error();
    ids.insert(ids.end(), of_target->begin(), of_target->end());
  }
  return rows_of(ids);
}

Result<std::vector<CatalogRow>> CorpusCatalog::quarantined() {
  const auto ids = members(redis_, {"ZRANGE", keys::corpus_quarantine(), "0", "-1"});
  if (!ids) return ids.error();
  return rows_of(*ids);
}

Result<CatalogRow> CorpusCatalog::newest(const std::string& target) {
  auto rows = list(target, 1);
  if (!rows) return std::move(rows).error();
  if (target.empty() || rows->empty()) {
    return schema::not_found(fmt::format("no corpus archive of target '{}'", target.substr(0, 128)));
  }
  return std::move(rows->front());
}

Result<CatalogRow> CorpusCatalog::get(const std::string& id) {
  if (id.size() != kIdDigits || !is_hex(id)) return schema::invalid("the id of an archive is 16 hex digits");
  auto rows = rows_of({id});
  if (!rows) return std::move(rows).error();
  if (rows->empty()) return schema::not_found(fmt::format("no corpus archive {} (fuzzmill corpus list)", id));
  return std::move(rows->front());
}

Result<CatalogRow> CorpusCatalog::find(const std::string& text) {
  const bool by_id = text.size() >= kFewestDigits && text.size() <= kIdDigits && is_hex(text);
  const std::string digits = by_id ? text : digits_of(text);
  if (digits.size() < kFewestDigits) {
    return schema::invalid("an archive is named by 4 or more hex digits of its id, or by its file name");
  }
  std::vector<std::string> fitting;
  for (const std::string& key : {keys::corpus_retention(), keys::corpus_quarantine()}) {
    const auto ids = members(redis_, {"ZRANGE", key, "0", "-1"});
    if (!ids) return ids.error();
    std::copy_if(ids->begin(), ids->end(), std::back_inserter(fitting),
                 [&](const std::string& id) { return id.starts_with(digits); });
  }
  auto rows = rows_of(fitting);
  if (!rows) return std::move(rows).error();
  if (!by_id) std::erase_if(*rows, [&](const CatalogRow& row) { return !named(row, text); });
  if (rows->empty()) {
    return schema::not_found(
        fmt::format("no corpus archive fits '{}' (fuzzmill corpus list)", text.substr(0, 256)));
  }
  if (rows->size() > 1) {
    return schema::conflict(fmt::format("{} archives fit '{}', among them {} and {}", rows->size(), text,
                                        (*rows)[0].id, (*rows)[1].id));
  }
  return std::move(rows->front());
}

}  // namespace fuzzmill::store
