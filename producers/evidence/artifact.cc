#include "producers/evidence/artifact.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "schema/digest.h"

namespace fuzzmill::producers {
namespace {

constexpr std::array<std::string_view, 5> kKinds{"crash", "leak", "timeout", "oom", "slow-unit"};
constexpr std::size_t kSha1Digits = 40;

bool is_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

schema::Error from_errno(const std::filesystem::path& path) {
  auto message = fmt::format("{}: {}", path.string(), std::strerror(errno));
  if (errno == ENOENT || errno == ENOTDIR) return schema::not_found(std::move(message));
  if (errno == EACCES || errno == EPERM) return schema::denied(std::move(message));
  if (errno == ELOOP) return schema::invalid(std::move(message));
  return schema::unavailable(std::move(message));
}

schema::Result<std::string> read_all(int fd, const std::filesystem::path& path, std::uint64_t max_bytes) {
  std::string bytes;
  std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return from_errno(path);
    if (got == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(got) > max_bytes) {
      return schema::too_large(fmt::format("{}: over the limit of {} bytes", path.string(), max_bytes));
    }
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

std::optional<ArtifactName> parse_artifact_name(std::string_view file_name, std::string_view prefix) {
  if (file_name.substr(0, prefix.size()) != prefix) return std::nullopt;
  file_name.remove_prefix(prefix.size());
  for (const auto kind : kKinds) {
    if (file_name.size() != kind.size() + 1 + kSha1Digits || file_name.substr(0, kind.size()) != kind)
      continue;
    const auto sha1 = file_name.substr(kind.size() + 1);
    if (file_name[kind.size()] != '-' || !std::all_of(sha1.begin(), sha1.end(), is_digit)) continue;
    return ArtifactName{std::string(kind), std::string(sha1)};
  }
  return std::nullopt;
}

ArtifactPlace artifact_place(std::string_view prefix, std::string_view exact_path,
                             const std::filesystem::path& base) {
  ArtifactPlace place;
  const auto slash = prefix.rfind('/');
  const bool has_folder = slash != std::string_view::npos;
  place.folder = has_folder ? base / std::filesystem::path(prefix.substr(0, slash + 1)) : base / ".";
  place.folder = place.folder.lexically_normal();
  place.name_prefix = has_folder ? prefix.substr(slash + 1) : prefix;
  if (!exact_path.empty()) {
    place.exact = (base / std::filesystem::path(exact_path)).lexically_normal();
    place.folder = place.exact->parent_path();
  }
  return place;
}

std::string sha1_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) return {};
  return schema::hex(std::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

schema::Result<std::string> read_bounded(const std::filesystem::path& path, std::uint64_t max_bytes) {
  // Non-blocking, for a fifo would hold us up before fstat can tell that it is one.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return from_errno(path);
  struct stat info {};
  schema::Result<std::string> result = schema::invalid(fmt::format("{}: no regular file", path.string()));
  if (::fstat(fd, &info) != 0) {
    result = from_errno(path);
  } else if (S_ISREG(info.st_mode)) {
    result = read_all(fd, path, max_bytes);
  }
  ::close(fd);
  return result;
}

}  // namespace fuzzmill::producers
