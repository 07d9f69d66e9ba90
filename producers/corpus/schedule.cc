#include "producers/corpus/schedule.h"

#include <fmt/format.h>

#include <cstring>

#include "schema/digest.h"

namespace fuzzmill::producers {
namespace {

std::int64_t day_of(const SnapshotTimes& times, std::chrono::milliseconds jitter, std::uint64_t unix_ms) {
  const auto start = (std::chrono::milliseconds(times.at) + jitter).count();
  const auto since = static_cast<std::int64_t>(unix_ms) - start;
  return since >= 0 ? since / kDaily.count() : -1;
}

}  // namespace

schema::Result<std::chrono::minutes> parse_time_of_day(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : 99; };
  if (text.size() == 5 && text[2] == ':') {
    const int hours = digit(0) * 10 + digit(1), minutes = digit(3) * 10 + digit(4);
    if (hours < 24 && minutes < 60) return std::chrono::minutes(hours * 60 + minutes);
  }
  return schema::invalid(fmt::format("'{}' is no time of day (UTC), 00:00 to 23:59", text));
}

std::string time_of_day_text(std::chrono::minutes at) {
  return fmt::format("{:02}:{:02}", at.count() / 60, at.count() % 60);
}

std::chrono::milliseconds jitter_of(std::string_view node, std::string_view target,
                                    std::chrono::milliseconds spread) {
  if (spread.count() <= 0) return {};
  const auto digest = schema::sha256(fmt::format("{}/{}", node, target));
  std::uint64_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  return std::chrono::milliseconds(number % static_cast<std::uint64_t>(spread.count()));
}

bool snapshot_due(const SnapshotTimes& times, std::chrono::milliseconds jitter, std::uint64_t last_ms,
                  std::uint64_t now_ms) {
  if (times.interval.count() <= 0) return false;
  if (last_ms == 0) return true;
  if (times.interval != kDaily) {
    const auto interval = static_cast<std::uint64_t>(times.interval.count());
    // A clock that went back by more than an interval would keep us waiting for as long.
    return now_ms >= last_ms + interval || now_ms + interval <= last_ms;
  }
  const auto now = day_of(times, jitter, now_ms), last = day_of(times, jitter, last_ms);
  return now > last || now < last - 1;
}

}  // namespace fuzzmill::producers
