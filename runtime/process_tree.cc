#include "runtime/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <charconv>
#include <map>
#include <string>
#include <string_view>

namespace fuzzmill::runtime {
namespace {

constexpr std::size_t kMaxFile = 256 * 1024;

// A small file of /proc; nothing when the process is gone.
std::optional<std::string> read_proc(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::string text;
  char buffer[4096];
  while (text.size() < kMaxFile) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(fd);
  return text;
}

// The next number of a text, which it takes off; nothing at the end or before something else.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::vector<pid_t> numbered_entries(const std::string& path) {
  std::vector<pid_t> numbers;
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return numbers;
  while (const dirent* entry = ::readdir(folder)) {
    std::string_view name = entry->d_name;
    if (const auto number = take_number(name); number && name.empty()) {
      numbers.push_back(static_cast<pid_t>(*number));
    }
  }
  ::closedir(folder);
  return numbers;
}

// False: this kernel has no such file (CONFIG_PROC_CHILDREN).
bool add_children(pid_t pid, std::vector<pid_t>& list) {
  bool known = false;
  for (const pid_t thread : numbered_entries(fmt::format("/proc/{}/task", pid))) {
    const auto text = read_proc(fmt::format("/proc/{}/task/{}/children", pid, thread));
    if (!text) continue;
    known = true;
    std::string_view rest = *text;
    while (const auto child = take_number(rest)) list.push_back(static_cast<pid_t>(*child));
  }
  return known;
}

// What follows the state letter in /proc/PID/stat: parent, group, session, terminal, its group, flags, …
std::optional<std::string> numbers_of_stat(pid_t pid) {
  auto text = read_proc(fmt::format("/proc/{}/stat", pid));
  if (!text) return std::nullopt;
  const auto name_end = text->rfind(") ");  // the name may hold anything, parentheses too
  if (name_end == std::string::npos || name_end + 4 > text->size()) return std::nullopt;
  return text->substr(name_end + 4);
}

std::optional<pid_t> parent_of(pid_t pid) {
  const auto text = numbers_of_stat(pid);
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  const auto parent = take_number(rest);
  return parent ? std::optional(static_cast<pid_t>(*parent)) : std::nullopt;
}

std::vector<pid_t> descendants_by_parents(pid_t root, std::size_t max_processes) {
  std::multimap<pid_t, pid_t> children;
  for (const pid_t pid : numbered_entries("/proc")) {
    if (const auto parent = parent_of(pid)) children.emplace(*parent, pid);
  }
  std::vector<pid_t> found;
  pid_t current = root;
  for (std::size_t next = 0;; current = found[next++]) {
    const auto [from, to] = children.equal_range(current);
    for (auto child = from; child != to && found.size() < max_processes; ++child) {
      found.push_back(child->second);
    }
    if (next >= found.size()) return found;
  }
}

}  // namespace

std::vector<pid_t> descendants(pid_t root, std::size_t max_processes) {
  std::vector<pid_t> found;
  if (!add_children(root, found)) return descendants_by_parents(root, max_processes);
  for (std::size_t next = 0; next < found.size() && found.size() < max_processes; ++next) {
    add_children(found[next], found);
  }
  if (found.size() > max_processes) found.resize(max_processes);
  return found;
}

std::uint64_t resident_bytes(pid_t pid) {
  const auto text = read_proc(fmt::format("/proc/{}/statm", pid));
  if (!text) return 0;
  std::string_view rest = *text;
  take_number(rest);  // the whole size
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return take_number(rest).value_or(0) * page;
}

std::optional<std::uint64_t> proportional_bytes(pid_t pid) {
  const auto text = read_proc(fmt::format("/proc/{}/smaps_rollup", pid));
  if (!text) return std::nullopt;
  const auto at = text->find("\nPss:");
  if (at == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(*text).substr(at + 5);
  const auto kilobytes = take_number(rest);
  return kilobytes ? std::optional(*kilobytes * 1024) : std::nullopt;
}

bool is_bare_fork(pid_t pid) {
  constexpr std::uint64_t kForkNoExec = 0x40;  // PF_FORKNOEXEC of the kernel
  const auto text = numbers_of_stat(pid);
  if (!text) return false;
  std::string_view rest = *text;
  for (int skipped = 0; skipped < 5; ++skipped) {
    if (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    if (!rest.empty() && rest.front() == '-') rest.remove_prefix(1);  // "-1": no terminal's group
    take_number(rest);
  }
  return (take_number(rest).value_or(0) & kForkNoExec) != 0;
}

std::chrono::nanoseconds waited_for_cpu(pid_t pid) {
  const auto text = read_proc(fmt::format("/proc/{}/schedstat", pid));
  if (!text) return {};
  std::string_view rest = *text;
  take_number(rest);  // time on the CPU
  return std::chrono::nanoseconds(take_number(rest).value_or(0));
}

}  // namespace fuzzmill::runtime
