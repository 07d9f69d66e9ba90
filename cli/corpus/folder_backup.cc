#include "cli/corpus/folder_backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "runtime/fd.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

// Small files are kept from the hashing to the packing, so that they are read once.
constexpr std::uint64_t kKeptBytes = 48u << 20;
constexpr std::size_t kReaders = 8;  // at most, and no more than cores

schema::Result<std::string> read_bytes(const fs::path& file, std::uint64_t limit) {
  const runtime::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.open()) return runtime::from_errno(errno, file.string());
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return runtime::from_errno(errno, file.string());
  if (!S_ISREG(status.st_mode)) return schema::invalid(file.string() + " is no regular file");
  std::string bytes(static_cast<std::size_t>(status.st_size) + 1, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const auto got = ::read(fd.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return runtime::from_errno(errno, file.string());
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
    if (have > limit) return schema::too_large(file.string() + " grew over the limit");
    if (have == bytes.size()) bytes.resize(bytes.size() * 2);
  }
  bytes.resize(have);
  return bytes;
}

struct Read {
  schema::ListedFile listed;
  std::string path;   // relative to the folder
  std::string bytes;  // when it was kept
  bool kept = false;
};

// Side by side: with small files the most of the time goes into opening them. Nothing where a file could not
// be read.
std::vector<std::optional<Read>> read_all(const FolderBackup& backup,
                                          const std::vector<producers::ChosenFile>& chosen) {
  std::vector<std::optional<Read>> out(chosen.size());
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> kept{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < chosen.size();) {
      const auto& one = chosen[i];
      auto bytes = read_bytes(backup.place.folder / one.file.name, backup.policy.max_file_bytes);
      if (!bytes) continue;
      Read& file = out[i].emplace();
      file.path = one.file.name;
      file.listed = {
          schema::sha256(*bytes),       bytes->size(), one.file.name, one.file.mtime_ns / 1'000'000, 0,
          std::string(one.worth.reason)};
      file.kept = kept.fetch_add(bytes->size()) + bytes->size() <= kKeptBytes;
      if (file.kept) file.bytes = std::move(*bytes);
    }
  };
  std::vector<std::jthread> others;
  const auto cores = std::min<std::size_t>(std::thread::hardware_concurrency(), kReaders);
  for (std::size_t i = 1; i < cores; ++i) others.emplace_back(work);
  work();
  others.clear();  // joins
  return out;
}

// The files in rising order of SHA-256, each content once.
class FolderFiles final : public store::FileSource {
 public:
  FolderFiles(std::shared_ptr<const std::vector<Read>> files, fs::path folder)
      : files_(std::move(files)), folder_(std::move(folder)) {}

  schema::Result<std::optional<store::ReadFile>> next() override {
    while (at_ < files_->size() && at_ > 0 && (*files_)[at_].listed.sha256 == last_) ++at_;
    if (at_ == files_->size()) return std::optional<store::ReadFile>();
    const Read& file = (*files_)[at_++];
    last_ = file.listed.sha256;
    if (file.kept) return std::optional(store::ReadFile{last_, file.bytes});
    auto bytes = read_bytes(folder_ / file.path, file.listed.size);
    if (!bytes) return std::move(bytes).error();
    bytes_ = std::move(*bytes);
    if (schema::sha256(bytes_) != last_)
      return schema::unavailable(
          fmt::format("{} changed while it was read: try again", (folder_ / file.path).string()));
    return std::optional(store::ReadFile{last_, bytes_});
  }

 private:
  std::shared_ptr<const std::vector<Read>> files_;
  fs::path folder_;
  std::size_t at_ = 0;
  schema::Sha256 last_{};
  std::string bytes_;
};

}  // namespace

schema::Result<workers::Incoming> read_folder(const FolderBackup& backup, const std::string& snapshot,
                                              std::uint64_t now_ms) {
  std::error_code failed;
  if (!fs::is_directory(backup.place.folder, failed))
    return schema::not_found(fmt::format("{} is no folder", backup.place.folder.string()));
  producers::Selection selection(backup.policy);
  const producers::Worth worth{backup.policy.all ? "all" : "newest", 0};
  const auto count = producers::scan_corpus(
      backup.place, [&](producers::CorpusEntry entry) { selection.offer(std::move(entry), worth); });
  workers::Incoming incoming;
  incoming.snapshot.node = backup.node, incoming.snapshot.snapshot = snapshot,
  incoming.snapshot.engine = backup.engine;
  incoming.snapshot.selection = producers::selection_rule(backup.policy), incoming.snapshot.time_ms = now_ms;
  incoming.snapshot.corpus_files = count.files, incoming.snapshot.corpus_bytes = count.bytes;
  const auto chosen = selection.take();
  std::uint64_t lost_files = count.unnamed_files, lost_bytes = count.unnamed_bytes;
  auto files = std::make_shared<std::vector<Read>>();
  files->reserve(chosen.size());
  auto read = read_all(backup, chosen);
  std::uint32_t rank = 0;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (!read[i]) {
      ++lost_files, lost_bytes += chosen[i].file.size;
      continue;
    }
    read[i]->listed.rank = ++rank;
    files->push_back(std::move(*read[i]));
  }
  std::sort(files->begin(), files->end(), [](const Read& a, const Read& b) {
    return std::tie(a.listed.sha256, a.listed.name) < std::tie(b.listed.sha256, b.listed.name);
  });
  incoming.snapshot.files_left_out = selection.left_out_files() + lost_files;
  incoming.snapshot.bytes_left_out = selection.left_out_bytes() + lost_bytes;
  for (std::size_t at = 0; at < files->size() || at == 0; at += schema::kMaxListingFiles) {
    schema::CorpusListing page;
    for (std::size_t i = at; i < std::min(at + schema::kMaxListingFiles, files->size()); ++i)
      page.files.push_back((*files)[i].listed);
    incoming.listings.push_back(std::move(page));
  }
  incoming.files = [files,
                    folder = backup.place.folder]() -> schema::Result<std::unique_ptr<store::FileSource>> {
    return std::unique_ptr<store::FileSource>(std::make_unique<FolderFiles>(files, folder));
  };
  return incoming;
}

}  // namespace fuzzmill::cli
