#include "producers/corpus/import_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

#include "producers/evidence/artifact.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kDigits = 16;  // of the SHA-256 in AFL++'s names

schema::Error failed(const std::filesystem::path& what, int error) {
  auto message = fmt::format("{}: {}", what.string(), std::strerror(error));
  const bool denied = error == EACCES || error == EPERM || error == EROFS;
  return denied ? schema::denied(std::move(message)) : schema::unavailable(std::move(message));
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

// Under a name that fuzzers pass over, for file systems that know no files without a name.
schema::Result<bool> add_by_link(const std::filesystem::path& folder, const std::string& name,
                                 std::string_view bytes) {
  const auto beside = folder / (".fuzzmill-" + name);
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return failed(beside, errno);
  int error = write_all(fd, bytes);
  ::close(fd);
  if (error == 0 && ::link(beside.c_str(), (folder / name).c_str()) != 0) error = errno;
  ::unlink(beside.c_str());
  if (error != 0 && error != EEXIST) return failed(folder / name, error);
  return error == 0;
}

// The number and the digits of "id:000007,sha256:0123456789abcdef".
bool parse_ours(const std::string& name, std::uint64_t& number, std::string& digits) {
  constexpr std::string_view kId = "id:", kHash = ",sha256:";
  const auto comma = name.find(kHash);
  if (name.rfind(kId, 0) != 0 || comma == std::string::npos || comma - kId.size() > 12) return false;
  number = 0;
  for (const char c : name.substr(kId.size(), comma - kId.size())) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  digits = name.substr(comma + kHash.size());
  return digits.size() == kDigits && schema::unhex(digits).has_value();
}

}  // namespace

schema::Result<bool> add_whole_file(const std::filesystem::path& folder, const std::string& name,
                                    std::string_view bytes) {
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
  if (fd < 0) return add_by_link(folder, name, bytes);
  int error = write_all(fd, bytes);
  const auto self = fmt::format("/proc/self/fd/{}", fd);
  if (error == 0 &&
      ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, (folder / name).c_str(), AT_SYMLINK_FOLLOW) != 0) {
    error = errno;
  }
  ::close(fd);
  if (error == 0) return true;
  if (error == EEXIST) return false;
  if (error == ENOSPC || error == EDQUOT || error == EACCES) return failed(folder / name, error);
  return add_by_link(folder, name, bytes);  // no /proc, or a file system of its own mind
}

schema::Result<ImportFolder> ImportFolder::open(ImportKind kind, std::filesystem::path folder,
                                                ImportLimits limits) {
  std::error_code error;
  if (kind != ImportKind::kCorpus) std::filesystem::create_directories(folder, error);
  if (error) return failed(folder, error.value());
  ImportFolder opened(kind, std::move(folder), limits);
  if (kind != ImportKind::kCorpus) opened.look();
  return opened;
}

// What an earlier run of ours left; files of others are not ours to count or to remove.
void ImportFolder::look() {
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end;
       at.increment(error)) {
    struct stat info {};
    if (::lstat(at->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    auto name = at->path().filename().string();
    if (kind_ == ImportKind::kAflQueue) {
      std::uint64_t number = 0;
      std::string digits;
      if (!parse_ours(name, number, digits)) continue;
      next_ = std::max(next_, number + 1);
    } else if (name.size() != 2 * sizeof(schema::Sha256) || !schema::unhex(name)) {
      continue;
    }
    bytes_ += static_cast<std::uint64_t>(info.st_size);
    ours_.push_back({std::move(name), static_cast<std::uint64_t>(info.st_size),
                     static_cast<std::uint64_t>(std::max<std::int64_t>(0, info.st_mtim.tv_sec))});
  }
  std::sort(ours_.begin(), ours_.end(), [](const Ours& a, const Ours& b) {
    return std::tie(a.written_s, a.name) < std::tie(b.written_s, b.name);
  });
}

bool ImportFolder::has(const schema::Sha256& sha256) const {
  const auto digits = schema::hex(sha256).substr(0, kDigits);
  return std::any_of(ours_.begin(), ours_.end(),
                     [&](const Ours& file) { return file.name.find(digits) != std::string::npos; });
}

bool ImportFolder::make_room(std::uint64_t size, std::uint64_t unix_s) {
  while (!ours_.empty() && (ours_.size() >= limits_.files || bytes_ + size > limits_.bytes)) {
    const auto& oldest = ours_.front();
    if (oldest.written_s + static_cast<std::uint64_t>(limits_.kept.count()) > unix_s) return false;
    ::unlink((folder_ / oldest.name).c_str());
    bytes_ -= oldest.size;
    ours_.pop_front();
  }
  return size <= limits_.bytes;
}

bool ImportFolder::room_today(std::uint64_t size, std::uint64_t unix_s) {
  constexpr std::uint64_t kDay = 86'400;
  while (!ours_.empty() && ours_.front().written_s + kDay <= unix_s) {
    bytes_ -= ours_.front().size;
    ours_.pop_front();
  }
  return ours_.size() < limits_.files_a_day && bytes_ + size <= limits_.bytes_a_day;
}

std::string ImportFolder::name_for(const schema::Sha256& sha256, std::string_view bytes) {
  if (kind_ == ImportKind::kCorpus) return sha1_hex(bytes);
  if (kind_ == ImportKind::kFolder) return schema::hex(sha256);
  return fmt::format("id:{:06},sha256:{}", next_, schema::hex(sha256).substr(0, kDigits));
}

schema::Result<ImportFolder::Put> ImportFolder::put(const schema::Sha256& sha256, std::string_view bytes,
                                                    std::uint64_t unix_s) {
  const bool ours = kind_ != ImportKind::kCorpus;
  if (ours && has(sha256)) return Put::kHadAlready;
  const bool room = ours ? make_room(bytes.size(), unix_s) : room_today(bytes.size(), unix_s);
  if (!room) return Put::kNoRoom;
  auto name = name_for(sha256, bytes);
  const auto added = add_whole_file(folder_, name, bytes);
  if (!added) return added.error();
  if (!*added) return Put::kHadAlready;
  ++next_;
  ours_.push_back({ours ? std::move(name) : std::string(), bytes.size(), unix_s});
  bytes_ += bytes.size();
  return Put::kWritten;
}

}  // namespace fuzzmill::producers
