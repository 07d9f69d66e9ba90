#include "producers/evidence/published.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxLine = 96;  // the longest is "slow-unit " and 64 digits

std::string key_of(std::string_view kind, const schema::Sha256& content) {
  return fmt::format("{} {}", kind, schema::hex(content));
}

// Any process of this file's size is our own; still, a line that is no key is not kept.
bool is_key(const std::string& line) {
  const auto blank = line.find(' ');
  return blank != std::string::npos && blank > 0 && line.size() <= kMaxLine && line.size() - blank - 1 == 64;
}

}  // namespace

schema::Result<PublishedSet> PublishedSet::open(const std::filesystem::path& file) {
  PublishedSet set;
  set.fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (set.fd_ < 0) {
    auto message = fmt::format("{}: {}", file.string(), std::strerror(errno));
    if (errno == EACCES || errno == EPERM || errno == EROFS) return schema::denied(std::move(message));
    return schema::unavailable(std::move(message));
  }
  std::ifstream in(file);
  std::string line;
  bool whole = true;
  while (std::getline(in, line)) {
    whole = !in.eof();  // the last line has no newline: it was cut
    if (is_key(line)) set.keys_.insert(line);
  }
  if (!whole && ::write(set.fd_, "\n", 1) != 1) {
    return schema::unavailable(fmt::format("{}: {}", file.string(), std::strerror(errno)));
  }
  return set;
}

PublishedSet::PublishedSet(PublishedSet&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), keys_(std::move(other.keys_)) {}

PublishedSet& PublishedSet::operator=(PublishedSet&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(keys_, other.keys_);
  return *this;
}

PublishedSet::~PublishedSet() {
  if (fd_ >= 0) ::close(fd_);
}

bool PublishedSet::contains(std::string_view kind, const schema::Sha256& content) const {
  return keys_.count(key_of(kind, content)) != 0;
}

schema::Status PublishedSet::add(std::string_view kind, const schema::Sha256& content) {
  auto key = key_of(kind, content);
  if (!keys_.insert(key).second) return {};
  key.push_back('\n');
  if (::write(fd_, key.data(), key.size()) != static_cast<ssize_t>(key.size()) || ::fdatasync(fd_) != 0) {
    return schema::unavailable(fmt::format("cannot remember a published artifact: {}", std::strerror(errno)));
  }
  return {};
}

}  // namespace fuzzmill::producers
