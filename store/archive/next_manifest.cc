#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_set>

#include "store/archive/merge.h"

namespace fuzzmill::store {
namespace {

using schema::CorpusListing;
using schema::CorpusManifest;
using schema::ListedFile;
using schema::ManifestCopy;
using schema::ManifestEntry;
using schema::ManifestSnapshot;
using schema::Result;
using schema::Status;

bool in_order(const ListedFile* a, const ListedFile* b) {
  return a->sha256 != b->sha256 ? a->sha256 < b->sha256 : a->name < b->name;
}

bool copies_in_order(const ManifestCopy& a, const ManifestCopy& b) {
  return a.snapshot != b.snapshot ? a.snapshot < b.snapshot : a.name < b.name;
}

class Merge {
 public:
  Merge(const CorpusManifest* before, const ManifestSnapshot& snapshot, const std::string& base)
      : before_(before != nullptr ? *before : nothing_), snapshot_(snapshot), base_(base) {}

  Status check_base() const {
    if (base_.empty()) return {};
    for (const ManifestSnapshot& known : before_.snapshots) {
      if (known.node == snapshot_.node && known.snapshot == base_) return {};
    }
    return schema::conflict(fmt::format("snapshot {} of {} builds on {}, which is not in the newest archive",
                                        snapshot_.snapshot, snapshot_.node, base_));
  }

  Status take(const std::vector<CorpusListing>& pages) {
    for (const CorpusListing& page : pages) {
      for (const ListedFile& file : page.files) {
        if (!named_.insert(file.name).second) return contradiction("names a file twice");
        listed_.push_back(&file);
      }
    }
    for (const CorpusListing& page : pages) {
      for (const std::string& name : page.gone) {
        if (named_.count(name) != 0) return contradiction("says of a file that it is gone and there");
        gone_.insert(name);
      }
    }
    if (!std::is_sorted(listed_.begin(), listed_.end(), in_order))
      std::sort(listed_.begin(), listed_.end(), in_order);
    return {};
  }

  Result<CorpusManifest> next(std::uint64_t forget_before_ms) {
    place_snapshots(forget_before_ms);
    out_.target = before_.target;
    out_.files.reserve(before_.files.size() + listed_.size());
    auto listed = listed_.begin();
    for (const ManifestEntry& entry : before_.files) {
      for (; listed != listed_.end() && (*listed)->sha256 < entry.sha256; ++listed) {
        if (auto added = add(**listed); !added) return std::move(added).error();
      }
      keep(entry);
      for (; listed != listed_.end() && (*listed)->sha256 == entry.sha256; ++listed) {
        if ((*listed)->size != entry.size) return contradiction("gives one content two sizes");
        if (auto added = add(**listed); !added) return std::move(added).error();
      }
    }
    for (; listed != listed_.end(); ++listed) {
      if (auto added = add(**listed); !added) return std::move(added).error();
    }
    std::size_t copies = 0;
    for (ManifestEntry& entry : out_.files) {
      std::sort(entry.copies.begin(), entry.copies.end(), copies_in_order);
      copies += entry.copies.size();
    }
    if (copies <= schema::kMaxCorpusManifestEntries) return std::move(out_);
    return schema::too_large(fmt::format("archive of {}: {} files are over the limit of {}", before_.target,
                                         copies, schema::kMaxCorpusManifestEntries));
  }

 private:
  schema::Error contradiction(std::string_view what) const {
    return schema::invalid(fmt::format("snapshot {} of {} {}", snapshot_.snapshot, snapshot_.node, what));
  }

  // The snapshots of the next manifest, and where those of the one before went.
  void place_snapshots(std::uint64_t forget_before_ms) {
    for (const ManifestSnapshot& known : before_.snapshots) {
      if (known.node != snapshot_.node && known.time_ms >= forget_before_ms) out_.snapshots.push_back(known);
    }
    out_.snapshots.push_back(snapshot_);
    std::sort(out_.snapshots.begin(), out_.snapshots.end(),
              [](const ManifestSnapshot& a, const ManifestSnapshot& b) { return a.node < b.node; });
    for (const ManifestSnapshot& known : out_.snapshots) out_.time_ms = std::max(out_.time_ms, known.time_ms);
    own_ = *index_of(snapshot_.node);
    for (const ManifestSnapshot& known : before_.snapshots) {
      own_before_.push_back(known.node == snapshot_.node);
      place_.push_back(index_of(known.node));
    }
  }
  std::optional<std::uint32_t> index_of(const std::string& node) const {
    for (std::size_t i = 0; i < out_.snapshots.size(); ++i) {
      if (out_.snapshots[i].node == node) return static_cast<std::uint32_t>(i);
    }
    return std::nullopt;
  }

  // What stays of an entry: the copies of other nodes, and those of this one that the difference leaves
  // alone.
  void keep(const ManifestEntry& entry) {
    ManifestEntry kept{entry.sha256, entry.size, {}};
    for (const ManifestCopy& copy : entry.copies) {
      if (!place_[copy.snapshot]) continue;
      const bool replaced = base_.empty() || named_.count(copy.name) != 0 || gone_.count(copy.name) != 0;
      if (own_before_[copy.snapshot] && replaced) continue;
      kept.copies.push_back(copy);
      kept.copies.back().snapshot = *place_[copy.snapshot];
    }
    if (!kept.copies.empty()) out_.files.push_back(std::move(kept));
  }

  Status add(const ListedFile& file) {
    if (out_.files.empty() || out_.files.back().sha256 != file.sha256)
      out_.files.push_back({file.sha256, file.size, {}});
    ManifestEntry& entry = out_.files.back();
    if (entry.size != file.size) return contradiction("gives one content two sizes");
    entry.copies.push_back({own_, file.rank, file.name, file.mtime_ms, file.reason});
    return {};
  }

  const CorpusManifest nothing_;
  const CorpusManifest& before_;
  const ManifestSnapshot& snapshot_;
  const std::string& base_;
  std::unordered_set<std::string_view> named_, gone_;
  std::vector<const ListedFile*> listed_;  // in the order of their SHA-256
  CorpusManifest out_;
  std::uint32_t own_ = 0;                            // the snapshot's place
  std::vector<bool> own_before_;                     // by place in before_
  std::vector<std::optional<std::uint32_t>> place_;  // by place in before_; nothing: forgotten
};

}  // namespace

Result<CorpusManifest> next_manifest(const CorpusManifest* before, const ManifestSnapshot& snapshot,
                                     const std::string& base, const std::vector<CorpusListing>& pages,
                                     std::uint64_t forget_before_ms) {
  Merge merge(before, snapshot, base);
  if (auto fine = merge.check_base(); !fine) return std::move(fine).error();
  if (auto taken = merge.take(pages); !taken) return std::move(taken).error();
  return merge.next(forget_before_ms);
}

}  // namespace fuzzmill::store
