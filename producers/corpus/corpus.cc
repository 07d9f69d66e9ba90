#include "producers/corpus/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "producers/evidence/artifact.h"

namespace fuzzmill::producers {
namespace {

bool newer(const CorpusFile& a, const CorpusFile& b) {
  return std::tie(b.modified, a.path) < std::tie(a.modified, b.path);
}

}  // namespace

void NewestFiles::offer(CorpusFile file) {
  ++files_;
  bytes_ += file.size;
  if (file.size > limits_.file_bytes || limits_.files == 0) return;
  heap_.push_back(std::move(file));
  std::push_heap(heap_.begin(), heap_.end(), newer);
  if (heap_.size() <= limits_.files) return;
  std::pop_heap(heap_.begin(), heap_.end(), newer);
  heap_.pop_back();
}

std::vector<CorpusFile> NewestFiles::take() {
  std::sort(heap_.begin(), heap_.end(), newer);
  std::vector<CorpusFile> chosen;
  std::uint64_t total = 0;
  for (auto& file : heap_) {
    if (total + file.size > limits_.bytes) continue;
    total += file.size;
    chosen.push_back(std::move(file));
  }
  heap_.clear();
  return chosen;
}

Snapshot take_snapshot(const std::filesystem::path& folder, const CorpusLimits& limits) {
  NewestFiles newest(limits);
  std::error_code failed;
  const auto options = std::filesystem::directory_options::skip_permission_denied;
  for (std::filesystem::recursive_directory_iterator entry(folder, options, failed), end;
       !failed && entry != end; entry.increment(failed)) {
    std::error_code gone;  // the fuzzer removes files while we look
    // AFL++ keeps notes in queue/.state, by the names of its inputs.
    if (entry->path().filename().native().front() == '.' && entry->is_directory(gone)) {
      entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_regular_file(gone) || entry->is_symlink(gone)) continue;
    const auto size = entry->file_size(gone);
    const auto modified = entry->last_write_time(gone);
    if (!gone) newest.offer({entry->path(), size, modified.time_since_epoch().count()});
  }
  Snapshot snapshot;
  std::set<std::string> names;
  for (const auto& file : newest.take()) {
    auto bytes = read_bounded(file.path, limits.file_bytes);
    if (!bytes) continue;
    auto name = file.path.filename().string();
    // Names of the user's own seeds can be anything, and the same in two sub-folders.
    if (!schema::valid_name(name) || names.count(name) != 0) name = schema::sha256_hex(*bytes);
    if (names.insert(name).second) snapshot.files.push_back({std::move(name), std::move(*bytes)});
  }
  snapshot.body.engine = "libfuzzer";
  snapshot.body.files = newest.seen_files();
  snapshot.body.bytes = newest.seen_bytes();
  snapshot.body.files_left_out =
      newest.seen_files() - std::min<std::uint64_t>(newest.seen_files(), snapshot.files.size());
  snapshot.body.selection = fmt::format("newest {} files of at most {} bytes, {} bytes in all", limits.files,
                                        limits.file_bytes, limits.bytes);
  return snapshot;
}

}  // namespace fuzzmill::producers
