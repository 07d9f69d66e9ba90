// Whether a group's folder is what it says; declared in store/crash_prune.h.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "schema/digest.h"
#include "schema/event.h"
#include "store/crash_prune.h"

namespace fuzzmill::store {
namespace {

using schema::ErrorCode;
using schema::Result;

constexpr std::size_t kMaxInput = 256u << 20;
constexpr std::size_t kMaxMeta = 16u << 20;

void check_meta(ObjectStore& store, const std::string& folder, const std::string& group, VerifiedCrash& out) {
  const auto text = read_object(store, folder + "meta.json", kMaxMeta);
  if (!text) {
    out.problems.push_back("meta.json: " + text.error().message);
    return;
  }
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("group") || json["group"] != group) {
    out.problems.push_back("meta.json: it is not that of this group");
  }
}

}  // namespace

Result<VerifiedCrash> verify_crash_archive(
    ObjectStore& store, const std::string& target, const std::string& group,
    const std::vector<std::pair<std::string, std::uint64_t>>& expected) {
  if (!schema::valid_name(target) || !valid_group(group))
    return schema::invalid("crash archive: bad target or group");
  const std::string folder = fmt::format("crashes/{}/{}/", target, group), inputs = folder + "inputs/";
  const auto files = store.list(inputs);
  if (!files) return files.error();
  VerifiedCrash out;
  for (const StoredObject& file : *files) {
    const std::string name = file.name.substr(inputs.size());
    const auto bytes = read_object(store, file.name, kMaxInput);
    if (!bytes && bytes.error().code == ErrorCode::kNotFound) continue;  // a smaller input took its place
    if (!bytes) return bytes.error();
    ++out.inputs, out.bytes += bytes->size();
    if (schema::sha256_hex(*bytes) != name)
      out.problems.push_back(fmt::format("inputs/{}: its bytes are others", name));
  }
  for (const auto& [sha256, size] : expected) {
    const bool there = std::any_of(files->begin(), files->end(),
                                   [&](const StoredObject& file) { return file.name == inputs + sha256; });
    if (!there) out.problems.push_back(fmt::format("inputs/{}: it is missing", sha256));
  }
  check_meta(store, folder, group, out);
  return out;
}

}  // namespace fuzzmill::store
