// Brings objects to where the catalog says; declared in store/prune.h.
#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "store/archive_names.h"
#include "store/prune.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;

constexpr std::uint64_t kStrayAge_s = 86'400;  // what is younger may be in the making

using Objects = std::map<std::string, StoredObject>;

Result<Objects> objects_below(ObjectStore& store, const std::string& prefix) {
  const auto listed = store.list(prefix);
  if (!listed) return listed.error();
  Objects out;
  for (const StoredObject& object : *listed) out.emplace(object.name, object);
  return out;
}

class Healing {
 public:
  Healing(ObjectStore& store, Objects objects) : store_(store), objects_(std::move(objects)) {}

  // The object is to lie at `right`, and not at `wrong`.
  Status settle(const std::string& wrong, const std::string& right) {
    known_.insert(wrong), known_.insert(right);
    const auto at = objects_.find(wrong), there = objects_.find(right);
    if (at == objects_.end()) return {};
    if (there == objects_.end()) {
      ++healed_.moved;
      return store_.rename(wrong, right);
    }
    if (at->second.size != there->second.size) return {};  // told as unknown below
    ++healed_.swept;
    return store_.remove(wrong);
  }

  bool has(const std::string& name) const { return objects_.contains(name); }

  // What no row names: archives are told, checksums of nothing go when they are old.
  Status look_at_strays(std::uint64_t now_s) {
    for (const auto& [name, object] : objects_) {
      if (known_.contains(name)) continue;
      if (is_archive_object(name)) {
        healed_.unknown.push_back(name);
        continue;
      }
      const std::string archive =
          name.substr(0, name.size() - std::min(name.size(), checksum_object("").size()));
      const bool stray = checksum_object(archive) == name && is_archive_object(archive) && !has(archive);
      if (!stray || object.modified_s + kStrayAge_s > now_s) continue;
      ++healed_.swept;
      if (auto removed = store_.remove(name); !removed) return removed;
    }
    return {};
  }

  Healed& healed() { return healed_; }

 private:
  ObjectStore& store_;
  Objects objects_;
  std::set<std::string> known_;
  Healed healed_;
};

}  // namespace

Result<Healed> heal(ObjectStore& store, CorpusCatalog& catalog, std::uint64_t now_s) {
  // The rows first: an archive that is recorded meanwhile is then unknown, which touches nothing.
  const auto listed = catalog.list("", std::numeric_limits<std::int64_t>::max());
  if (!listed) return listed.error();
  const auto away = catalog.quarantined();
  if (!away) return away.error();
  auto objects = objects_below(store, std::string(kCorpusPrefix));
  if (!objects) return std::move(objects).error();
  auto in_quarantine = objects_below(store, quarantine_object(kCorpusPrefix));
  if (!in_quarantine) return std::move(in_quarantine).error();
  objects->merge(*in_quarantine);

  Healing healing(store, std::move(*objects));
  for (const CatalogRow& row : *listed) {
    const std::string away_name = quarantine_object(row.object);
    if (!healing.has(row.object) && !healing.has(away_name)) healing.healed().missing.push_back(row.object);
    for (const std::string& name : {row.object, checksum_object(row.object)}) {
      if (auto done = healing.settle(quarantine_object(name), name); !done) return std::move(done).error();
    }
  }
  for (const CatalogRow& row : *away) {
    for (const std::string& name : {row.object, checksum_object(row.object)}) {
      if (auto done = healing.settle(name, quarantine_object(name)); !done) return std::move(done).error();
    }
  }
  if (auto done = healing.look_at_strays(now_s); !done) return std::move(done).error();
  return std::move(healing.healed());
}

}  // namespace fuzzmill::store
