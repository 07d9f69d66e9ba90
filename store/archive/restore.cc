#include "store/archive/restore.h"

#include <fmt/format.h>

#include "store/archive/folder_tree.h"
#include "store/archive/restore_record.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;

constexpr std::uint64_t kBlock = 4096;  // a small file takes one
constexpr std::uint64_t kProgressFiles = 256;
constexpr int kMostTries = 100;

class Restore {
 public:
  Restore(FolderTree tree, RestoreRecord record, const RestoreOptions& options, const Progress& progress)
      : tree_(std::move(tree)), record_(std::move(record)), options_(options), progress_(progress) {}

  Status apply(ArchiveReader& archive, const RestorePlan& plan) {
    auto planned = plan.files.begin();
    while (planned != plan.files.end()) {
      const auto file = archive.next();
      if (!file) return file.error();
      if (!*file || (*file)->sha256 > planned->sha256) {
        return schema::invalid(fmt::format("archive has no {}: it is not the one of the plan",
                                           schema::corpus_entry_name(planned->sha256)));
      }
      for (; planned != plan.files.end() && planned->sha256 == (*file)->sha256; ++planned) {
        if (auto added = add(*planned, (*file)->bytes); !added) return added;
      }
    }
    return {};
  }
  // After an error, too: what was added stays, and the record says what that is.
  Result<Restored> finish(const Status& applied) {
    const Status synced = tree_.sync();
    auto path = record_.finish(applied ? "" : applied.error().message);
    if (!applied) return applied.error();
    if (!synced) return synced.error();
    if (!path) return std::move(path).error();
    restored_.manifest = std::move(*path);
    if (progress_) progress_(restored_.files, restored_.bytes);
    return restored_;
  }

 private:
  Status add(const PlannedFile& planned, std::string_view bytes) {
    if (auto written = tree_.write(bytes, planned.mtime_ms); !written) return written;
    std::string name = planned.name;
    std::string why = planned.why_renamed;
    for (int tries = 1;; ++tries) {
      if (options_.check) {
        if (auto fine = options_.check(); !fine) return fine;
      }
      auto named = tree_.give_name(name);
      if (named) break;
      if (named.error().code != schema::ErrorCode::kConflict || tries == kMostTries) return named;
      // Somebody took it since the plan was made.
      restored_.renamed += tries == 1 ? 1 : 0;
      why = named.error().message;
      name = schema::hex(planned.sha256) + (tries == 1 ? "" : fmt::format("-{}", tries));
    }
    if (auto noted = record_.add(planned, name, why); !noted) return noted;
    restored_.bytes += bytes.size();
    if (++restored_.files % kProgressFiles == 0 && progress_) progress_(restored_.files, restored_.bytes);
    return {};
  }

  FolderTree tree_;
  RestoreRecord record_;
  const RestoreOptions& options_;
  const Progress& progress_;
  Restored restored_;
};

Status check_space(const FolderTree& tree, const RestorePlan& plan, const std::filesystem::path& to) {
  const auto free = tree.free_space();
  if (!free) return free.error();
  const std::uint64_t wanted = plan.bytes + plan.files.size() * kBlock / 2;
  if (wanted <= *free) return {};
  return schema::unavailable(
      fmt::format("{}: the files need about {} bytes, and {} are free", to.string(), wanted, *free));
}

}  // namespace

Result<Restored> restore(std::unique_ptr<ByteSource> archive, const RestorePlan& plan,
                         const RestoreOptions& options, std::uint64_t now_ms, const Progress& progress) {
  auto reader = ArchiveReader::open(std::move(archive), ArchiveReader::Manifest::kFirst);
  if (!reader) return std::move(reader).error();
  auto tree = FolderTree::open(options.to, !options.merge);
  if (!tree) return std::move(tree).error();
  if (auto fits = check_space(*tree, plan, options.to); !fits) return std::move(fits).error();
  auto record = RestoreRecord::open(options.to, (*reader)->id(), (*reader)->manifest().target, now_ms);
  if (!record) return std::move(record).error();
  Restore run(std::move(*tree), std::move(*record), options, progress);
  return run.finish(run.apply(**reader, plan));
}

}  // namespace fuzzmill::store
