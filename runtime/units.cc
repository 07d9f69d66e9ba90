#include "runtime/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace fuzzmill::runtime {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array kDurations = {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                                   Unit{"s", 1000}, Unit{"ms", 1}};
constexpr std::array kSizes = {Unit{"TB", 1ull << 40}, Unit{"GB", 1ull << 30}, Unit{"MB", 1ull << 20},
                               Unit{"KB", 1ull << 10}, Unit{"B", 1}};

std::string capitals(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

// "GiB", "G" and "gb" all become "GB".
std::string size_unit(std::string_view word) {
  std::string unit = capitals(word);
  if (unit.size() == 3 && unit[1] == 'I') unit.erase(1, 1);
  if (unit.size() == 1 && unit != "B") unit += 'B';
  return unit.empty() ? "B" : unit;
}

schema::Result<std::uint64_t> times(std::uint64_t count, std::uint64_t factor, std::string_view text) {
  // Half of the range: what is parsed must also fit in the signed count of std::chrono.
  if (count > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / factor) {
    return schema::invalid(fmt::format("'{}' is too large", text));
  }
  return count * factor;
}

// Splits "64MB" into 64 and "MB".
schema::Result<std::uint64_t> leading_number(std::string_view text, std::string_view& rest) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc()) return schema::invalid(fmt::format("'{}' is not a whole number", text));
  rest = text.substr(static_cast<std::size_t>(end - text.data()));
  return count;
}

template <std::size_t N>
std::string in_largest(std::uint64_t count, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (count != 0 && count % unit.factor == 0) return fmt::format("{}{}", count / unit.factor, unit.name);
  }
  return fmt::format("0{}", units.back().name);
}

}  // namespace

schema::Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::string_view rest;
  const auto count = leading_number(text, rest);
  if (!count) return count.error();
  if (rest.empty() && *count == 0) return std::chrono::milliseconds(0);
  for (const Unit& unit : kDurations) {
    if (rest != unit.name) continue;
    const auto total = times(*count, unit.factor, text);
    if (!total) return total.error();
    return std::chrono::milliseconds(*total);
  }
  return schema::invalid(fmt::format("'{}' is no duration: write 250ms, 5s, 10m, 2h or 7d", text));
}

schema::Result<std::uint64_t> parse_size(std::string_view text) {
  std::string_view rest;
  const auto count = leading_number(text, rest);
  if (!count) return count.error();
  const std::string wanted = size_unit(rest);
  for (const Unit& unit : kSizes) {
    if (wanted == unit.name) return times(*count, unit.factor, text);
  }
  return schema::invalid(fmt::format("'{}' is no size: write 512, 64KB, 64MB or 2GB", text));
}

schema::Result<std::uint64_t> parse_number(std::string_view text) {
  std::string_view rest;
  auto count = leading_number(text, rest);
  if (count && !rest.empty()) return schema::invalid(fmt::format("'{}' is not a whole number", text));
  return count;
}

std::string duration_text(std::chrono::milliseconds duration) {
  return in_largest(static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count()), kDurations);
}

std::string size_text(std::uint64_t bytes) { return in_largest(bytes, kSizes); }

}  // namespace fuzzmill::runtime
