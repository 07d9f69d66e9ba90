#include "store/hold.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <system_error>

namespace fuzzmill::store {
namespace {

namespace fs = std::filesystem;
using schema::Result;
using schema::Status;

schema::Error failed(const char* what, const fs::path& path, int error) {
  return schema::unavailable(
      fmt::format("hold: cannot {} {}: {}", what, path.string(), std::strerror(error)));
}

Status sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("open", folder, errno);
  const bool synced = ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!synced) return failed("sync", folder, error);
  return {};
}

Status write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) return failed("sync", path, errno);
  return {};
}

}  // namespace

fs::path Hold::file(std::uint64_t bucket, const std::string& sha256) const {
  return folder_ / std::to_string(bucket) / sha256;
}

Status Hold::open_bucket(std::uint64_t bucket) const {
  std::error_code error;
  const fs::path path = folder_ / std::to_string(bucket);
  if (!fs::create_directories(path, error)) {
    if (error) return failed("make", path, error.value());
    return {};
  }
  return sync_folder(folder_);
}

Status Hold::put(std::uint64_t bucket, const std::string& sha256, std::string_view bytes) const {
  static std::atomic<unsigned> unique{0};
  const fs::path path = file(bucket, sha256);
  std::error_code error;
  if (fs::file_size(path, error) == bytes.size() && !error) return {};
  if (auto status = open_bucket(bucket); !status) return status;
  const fs::path temporary = path.string() + fmt::format(".{}.{}", ::getpid(), unique++);
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return failed("create", temporary, errno);
  Status written = write_all(fd, bytes, temporary);
  ::close(fd);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = failed("rename", temporary, errno);
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  return sync_folder(path.parent_path());
}

Result<std::string> Hold::get(std::uint64_t bucket, const std::string& sha256) const {
  const fs::path path = file(bucket, sha256);
  std::ifstream in(path, std::ios::binary);
  if (!in) return schema::not_found(fmt::format("hold: {} is not there", path.string()));
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  if (in.bad()) return failed("read", path, EIO);
  return bytes;
}

Status Hold::keep(std::uint64_t from, std::uint64_t to, const std::string& sha256) const {
  if (auto status = open_bucket(to); !status) return status;
  const fs::path target = file(to, sha256);
  if (::link(file(from, sha256).c_str(), target.c_str()) != 0 && errno != EEXIST) {
    return failed("link", target, errno);
  }
  return sync_folder(target.parent_path());
}

std::vector<std::uint64_t> Hold::buckets() const {
  std::vector<std::uint64_t> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    std::uint64_t bucket = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), bucket);
    if (parsed.ec == std::errc{} && parsed.ptr == name.data() + name.size()) found.push_back(bucket);
  }
  return found;
}

Status Hold::drop(std::uint64_t bucket) const {
  std::error_code error;
  fs::remove_all(folder_ / std::to_string(bucket), error);
  if (error) return failed("remove", folder_ / std::to_string(bucket), error.value());
  return {};
}

}  // namespace fuzzmill::store
