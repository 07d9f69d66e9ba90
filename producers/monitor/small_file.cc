#include "producers/monitor/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace fuzzmill::producers {
namespace {

constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;

std::optional<std::string> read_and_close(int fd, std::size_t most) {
  if (fd < 0) return std::nullopt;
  std::string text;
  bool failed = false;
  while (text.size() < most) {
    char buffer[4096];
    const ssize_t got = ::read(fd, buffer, std::min(sizeof buffer, most - text.size()));
    if (got < 0 && errno == EINTR) continue;
    failed = got < 0 && text.empty();
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(fd);
  if (failed) return std::nullopt;
  return text;
}

}  // namespace

std::optional<std::string> read_small_file(const std::filesystem::path& path, std::size_t most) {
  return read_and_close(::open(path.c_str(), kFlags), most);
}

std::optional<std::string> read_small_file_at(int folder, const char* name, std::size_t most) {
  return read_and_close(::openat(folder, name, kFlags), most);
}

std::optional<std::uint64_t> number_after(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.substr(0, key.size()) != key) continue;
    const auto start = line.find_first_not_of(" \t", key.size());
    if (start == std::string_view::npos || (start == key.size() && key.back() != ':')) continue;
    std::uint64_t value = 0;
    if (std::from_chars(line.data() + start, line.data() + line.size(), value).ec == std::errc())
      return value;
  }
  return std::nullopt;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(" \t\n") + 1 - first);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace fuzzmill::producers
