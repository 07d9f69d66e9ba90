#include "producers/monitor/proc_stat.h"

#include <array>
#include <charconv>

namespace fuzzmill::producers {
namespace {

template <class T>
bool read_number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view next_word(std::string_view& rest) {
  const auto start = std::min(rest.find_first_not_of(" \n"), rest.size());
  rest.remove_prefix(start);
  const auto end = std::min(rest.find_first_of(" \n"), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

// Places after the name, as proc(5) numbers them from 3 (state).
constexpr std::size_t kState = 0, kParent = 1, kGroup = 2, kUser = 11, kSystem = 12, kChildrenUser = 13,
                      kChildrenSystem = 14, kThreads = 17, kStart = 19, kResident = 21, kWords = 22;

// cutime, cstime and rss are signed in the kernel's format; below zero counts as zero.
bool read_signed(std::string_view text, std::uint64_t& out) {
  std::int64_t value = 0;
  if (!read_number(text, value)) return false;
  out = value < 0 ? 0 : static_cast<std::uint64_t>(value);
  return true;
}

}  // namespace

std::optional<ProcStat> parse_stat(std::string_view text) {
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open || open < 2) {
    return std::nullopt;
  }
  ProcStat stat;
  if (!read_number(text.substr(0, open - 1), stat.pid)) return std::nullopt;
  stat.name = text.substr(open + 1, close - open - 1);

  std::string_view rest = text.substr(close + 1);
  std::array<std::string_view, kWords> words;
  for (auto& word : words) {
    word = next_word(rest);
    if (word.empty()) return std::nullopt;
  }
  std::uint64_t user = 0, system = 0, children_user = 0, children_system = 0;
  if (words[kState].size() != 1 || !read_number(words[kParent], stat.parent) ||
      !read_number(words[kGroup], stat.group) || !read_number(words[kUser], user) ||
      !read_number(words[kSystem], system) || !read_signed(words[kChildrenUser], children_user) ||
      !read_signed(words[kChildrenSystem], children_system) || !read_signed(words[kThreads], stat.threads) ||
      !read_number(words[kStart], stat.start_ticks) || !read_signed(words[kResident], stat.resident_pages)) {
    return std::nullopt;
  }
  stat.state = words[kState].front();
  stat.own_ticks = user + system;
  stat.children_ticks = children_user + children_system;
  return stat;
}

std::optional<std::uint64_t> parse_statm_resident(std::string_view text) {
  next_word(text);  // size
  std::uint64_t pages = 0;
  if (!read_number(next_word(text), pages)) return std::nullopt;
  return pages;
}

}  // namespace fuzzmill::producers
