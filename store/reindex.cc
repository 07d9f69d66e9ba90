#include "store/reindex.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "schema/event.h"
#include "store/archive/archive_reader.h"
#include "store/archive_names.h"
#include "store/retention.h"

namespace fuzzmill::store {
namespace {

using schema::ErrorCode;
using schema::Result;
using schema::Status;

constexpr std::size_t kMaxChecksum = 4096;
constexpr int kTries = 5;  // a worker records an archive of the target meanwhile

// Whether it is the archive that is wrong, and not the way to it.
bool is_its_fault(const schema::Error& error) {
  return error.code == ErrorCode::kInvalid || error.code == ErrorCode::kTooLarge ||
         error.code == ErrorCode::kNotFound;
}

struct Found {
  StoredObject object;
  std::string name;  // where it lies when it is not in quarantine
  bool away = false;
};
struct Rebuilt {
  CatalogRow row;
  std::uint64_t modified_s = 0;
  std::uint64_t snapshot_times = 0;  // of two archives of the same time the newer has the newer snapshots
  std::vector<schema::Sha256> files;
};

bool older(const Rebuilt& a, const Rebuilt& b) {
  return std::tie(a.row.time_ms, a.modified_s, a.snapshot_times, a.row.id) <
         std::tie(b.row.time_ms, b.modified_s, b.snapshot_times, b.row.id);
}

class Reindexing {
 public:
  Reindexing(ObjectStore& store, CorpusCatalog& catalog, std::uint64_t now_ms, const ReindexOptions& options,
             const std::function<void(const ReindexProgress&)>& progress)
      : store_(store), catalog_(catalog), now_ms_(now_ms), options_(options), progress_(progress) {}

  Result<Reindexed> run() {
    auto targets = catalog_.targets();
    if (!targets) return std::move(targets).error();
    std::set<std::string> names(targets->begin(), targets->end());
    auto away = catalog_.quarantined();
    if (!away) return std::move(away).error();
    for (const CatalogRow& row : *away) names.insert(row.target);
    const auto found = find_all();
    if (!found) return found.error();
    for (const auto& [target, archives] : *found) names.insert(target), of_ += archives.size();
    for (const std::string& target : names) {
      if (auto done = rebuild(target); !done) return std::move(done).error();
    }
    report_.targets = names.size();
    return std::move(report_);
  }

 private:
  using ByTarget = std::map<std::string, std::vector<Found>>;

  Result<ByTarget> find_all(const std::string& target = {}) {
    ByTarget out;
    std::set<std::string> seen;
    for (const bool away : {false, true}) {
      std::string prefix = std::string(kCorpusPrefix) + (target.empty() ? "" : target + "/");
      const std::size_t skip = away ? kQuarantinePrefix.size() : 0;
      const auto objects = store_.list(away ? quarantine_object(prefix) : prefix);
      if (!objects) return objects.error();
      for (const StoredObject& object : *objects) {
        const std::string name = object.name.substr(skip);
        const auto slash = name.find('/', kCorpusPrefix.size());
        if (!is_archive_object(name) || slash == std::string::npos) continue;
        const std::string of = name.substr(kCorpusPrefix.size(), slash - kCorpusPrefix.size());
        // A rename that was cut off left it at both places: the one that is not in quarantine counts.
        if (schema::valid_name(of) && seen.insert(name).second) out[of].push_back({object, name, away});
      }
    }
    return out;
  }

  void problem(const std::string& object, const std::string& what) {
    report_.problems.push_back(fmt::format("{}: {}", object, what));
  }

  // The digits that stand beside the archive, or nothing when it is to be mended.
  Result<std::string> checksum_of(const Found& found) {
    const std::string beside = checksum_object(found.object.name);
    auto text = read_object(store_, beside, kMaxChecksum);
    if (!text && text.error().code == ErrorCode::kNotFound) {
      // Who moved the archive into quarantine or back was killed before the checksum followed.
      const std::string home = checksum_object(found.name);
      const std::string left = found.away ? home : quarantine_object(home);
      text = read_object(store_, left, kMaxChecksum);
      if (text) {
        if (auto moved = store_.rename(left, beside); !moved) return std::move(moved).error();
      }
    }
    if (text) return parse_checksum(*text, found.name);
    if (text.error().code != ErrorCode::kNotFound) return std::move(text).error();
    if (options_.mend_checksums) return std::string();
    return schema::invalid(fmt::format("{} is missing beside it", file_of(checksum_object(found.name))));
  }

  Result<Rebuilt> verify(const Found& found, const std::map<std::string, CatalogRow>& known) {
    const auto expected = checksum_of(found);
    if (!expected) return expected.error();
    auto source = store_.open(found.object.name);
    if (!source) return std::move(source).error();
    auto verified = verify_archive(std::move(*source), *expected, [&](std::uint64_t, std::uint64_t bytes) {
      if (progress_) progress_({found.object.name, at_, of_, bytes});
    });
    if (!verified) return std::move(verified).error();
    const std::string wanted = archive_object(verified->manifest.target, file_of(found.name));
    if (wanted != found.name) {
      return schema::invalid(fmt::format("it is an archive of target {}", verified->manifest.target));
    }
    if (expected->empty()) {
      auto put = store_.put(checksum_object(found.object.name), checksum_line(verified->sha256, found.name));
      if (!put) return std::move(put).error();
      ++report_.mended;
    }
    return rebuilt(found, std::move(*verified), known);
  }

  Rebuilt rebuilt(const Found& found, VerifiedArchive verified,
                  const std::map<std::string, CatalogRow>& known) {
    Rebuilt out;
    out.modified_s = found.object.modified_s;
    out.row =
        archive_row(verified.manifest, verified.id, found.name, verified.sha256, verified.bytes, now_ms_);
    out.row.recorded_ms = found.object.modified_s * 1000;
    out.row.expires_s =
        std::max(found.object.modified_s + kCorpusRetention_s, now_ms_ / 1000 + kReindexGrace_s);
    if (found.away) {
      out.row.quarantined_s = now_ms_ / 1000, out.row.delete_s = now_ms_ / 1000 + kQuarantine_s;
      out.row.why = "found in quarantine";
    }
    if (const auto before = known.find(found.name); before != known.end()) {
      const CatalogRow& row = before->second;
      out.row.recorded_ms = row.recorded_ms, out.row.expires_s = row.expires_s;
      if (found.away && row.quarantined_s != 0) {
        out.row.quarantined_s = row.quarantined_s, out.row.delete_s = row.delete_s, out.row.why = row.why;
      }
    }
    for (const auto& snapshot : verified.manifest.snapshots) out.snapshot_times += snapshot.time_ms / 1000;
    for (const auto& file : verified.manifest.files) out.files.push_back(file.sha256);
    return out;
  }

  Result<std::map<std::string, CatalogRow>> known_of(const std::string& target) {
    std::map<std::string, CatalogRow> out;
    auto rows = catalog_.list(target, std::numeric_limits<std::int64_t>::max());
    if (!rows) return std::move(rows).error();
    auto away = catalog_.quarantined();
    if (!away) return std::move(away).error();
    rows->insert(rows->end(), away->begin(), away->end());
    for (CatalogRow& row : *rows) {
      if (row.target == target) out.emplace(row.object, std::move(row));
    }
    return out;
  }

  // One try: kConflict when a worker recorded an archive meanwhile.
  Status rebuild_once(const std::string& target) {
    auto newest = catalog_.list(target, 1);
    if (!newest) return std::move(newest).error();
    const std::string newest_before = newest->empty() ? "" : newest->front().id;
    const auto known = known_of(target);
    if (!known) return known.error();
    auto found = find_all(target);
    if (!found) return std::move(found).error();
    std::vector<Rebuilt> all;
    for (const Found& each : (*found)[target]) {
      ++at_;
      if (progress_) progress_({each.object.name, at_, of_, 0});
      auto one = verify(each, *known);
      if (!one && !is_its_fault(one.error())) return std::move(one).error();
      if (!one) {
        problem(each.object.name, one.error().message);
        continue;
      }
      // Only the newest one's files are wanted in the end.
      if (!one->row.quarantined_s) {
        for (Rebuilt& other : all) {
          if (!other.files.empty() && older(other, *one)) other.files = {};
          if (!other.files.empty() && older(*one, other)) one->files = {};
        }
      } else {
        one->files = {};
      }
      all.push_back(std::move(*one));
    }
    return store_rows(target, std::move(all), newest_before);
  }

  Status store_rows(const std::string& target, std::vector<Rebuilt> all, const std::string& newest_before) {
    std::sort(all.begin(), all.end(), older);
    std::vector<CatalogRow> rows;
    const std::vector<schema::Sha256>* files = nullptr;
    for (const Rebuilt& each : all) {
      rows.push_back(each.row);
      if (each.row.quarantined_s == 0) files = &each.files;
    }
    if (auto replaced = catalog_.replace_target(target, rows, newest_before); !replaced) return replaced;
    auto have = catalog_.replace_have(target, files == nullptr ? std::span<const schema::Sha256>() : *files);
    if (!have) return have;
    for (const CatalogRow& row : rows) {
      ++(row.quarantined_s == 0 ? report_.archives : report_.quarantined);
      if (row.quarantined_s == 0) report_.files += row.files, report_.bytes += row.bytes;
    }
    return {};
  }

  Status rebuild(const std::string& target) {
    for (int tries = 1;; ++tries) {
      const auto problems = report_.problems.size();
      const auto at = at_;
      auto done = rebuild_once(target);
      if (done || done.error().code != ErrorCode::kConflict || tries >= kTries) return done;
      report_.problems.resize(problems), at_ = at;
    }
  }

  ObjectStore& store_;
  CorpusCatalog& catalog_;
  const std::uint64_t now_ms_;
  const ReindexOptions options_;
  const std::function<void(const ReindexProgress&)>& progress_;
  Reindexed report_;
  std::size_t at_ = 0, of_ = 0;
};

}  // namespace

Result<Reindexed> reindex(ObjectStore& store, CorpusCatalog& catalog, std::uint64_t now_ms,
                          const ReindexOptions& options,
                          const std::function<void(const ReindexProgress&)>& progress) {
  return Reindexing(store, catalog, now_ms, options, progress).run();
}

}  // namespace fuzzmill::store
