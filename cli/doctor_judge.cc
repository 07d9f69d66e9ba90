#include "cli/doctor_judge.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "runtime/units.h"

namespace fuzzmill::cli {
namespace {

constexpr std::uint64_t kLowSpace = 1ull << 30;   // warns
constexpr std::uint64_t kNoSpace = 100ull << 20;  // fails: Redis ends on a full disk
constexpr std::int64_t kClockWarn = 2'000, kClockFail = 60'000;

// A setting of Redis that must have a value, and what happens when it has another.
struct Setting {
  const char* name;
  const char* value;
  Grade otherwise;
  const char* why;
};
constexpr Setting kSettings[] = {
    {"appendonly", "yes", Grade::kFail, "without it, acknowledged events are lost when Redis ends"},
    {"appendfsync", "always", Grade::kFail,
     "otherwise a killed Redis loses acknowledged events, and the broker refuses it"},
    {"no-appendfsync-on-rewrite", "no", Grade::kFail,
     "otherwise nothing is synced for as long as a rewrite takes"},
    {"maxmemory-policy", "noeviction", Grade::kFail,
     "otherwise Redis throws crashes away when memory is short"},
};

Finding fine(std::string check, std::string what) {
  return {std::move(check), Grade::kOk, std::move(what), {}};
}

// major * 100 + minor of "7.0.15"; 0 for what is no version.
int version_number(std::string_view version) {
  int major = 0, minor = 0;
  const char* const end = version.data() + version.size();
  const auto first = std::from_chars(version.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return 0;
  if (std::from_chars(first.ptr + 1, end, minor).ec != std::errc()) return 0;
  return major * 100 + minor;
}

std::string setting(const RedisFacts& redis, const char* name) {
  const auto it = redis.settings->find(name);
  return it == redis.settings->end() ? "not known" : it->second;
}

std::string mend_setting(const char* name, const char* value, const char* why) {
  return fmt::format("redis-cli CONFIG SET {} {}, and the same in redis.conf (deploy/redis.conf has it): {}",
                     name, value, why);
}

Finding judge_memory(const RedisFacts& redis) {
  const std::string text = setting(redis, "maxmemory");
  const auto bytes = runtime::parse_number(text);
  if (bytes && *bytes > 0) return fine("redis maxmemory", runtime::size_text(*bytes));
  return {"redis maxmemory", Grade::kWarn, "no limit",
          mend_setting("maxmemory", "2gb",
                       "at a limit Redis refuses writes and events wait in the spools; without one "
                       "the system kills it")};
}

Finding judge_redis_clock(const RedisFacts& redis) {
  const std::int64_t off = std::abs(redis.clock_ahead_ms);
  const std::string what =
      fmt::format("{} ms {} Redis's", off, redis.clock_ahead_ms > 0 ? "behind" : "ahead of");
  const Grade grade = off > kClockFail ? Grade::kFail : off > kClockWarn ? Grade::kWarn : Grade::kOk;
  return {
      "clock", grade, what,
      grade == Grade::kOk
          ? ""
          : "set both by NTP (apt install systemd-timesyncd): times of crashes and retention depend on it"};
}

void judge_redis(const RedisFacts& redis, std::vector<Finding>& out) {
  if (!redis.problem.empty()) {
    out.push_back({"redis", Grade::kFail, redis.problem,
                   redis.server_installed
                       ? "start `fuzzmill up` or name a Redis with --redis"
                       : "apt install redis-server, then start `fuzzmill up`; or name a Redis with --redis"});
    return;
  }
  out.push_back(fine("redis", redis.where));
  if (version_number(redis.version) >= 602) {
    out.push_back(fine("redis version", redis.version));
  } else {
    out.push_back({"redis version", Grade::kFail, redis.version.empty() ? "not known" : redis.version,
                   "upgrade Redis to 6.2 or later: the queue needs its streams"});
  }
  if (!redis.settings) {
    out.push_back({"redis settings", Grade::kWarn, "CONFIG GET is forbidden",
                   "allow it to this user (ACL: +config|get), or check by hand what deploy/redis.conf sets"});
  } else {
    for (const Setting& wanted : kSettings) {
      const std::string check = fmt::format("redis {}", wanted.name), is = setting(redis, wanted.name);
      if (is == wanted.value) {
        out.push_back(fine(check, is));
      } else {
        out.push_back({check, wanted.otherwise, is, mend_setting(wanted.name, wanted.value, wanted.why)});
      }
    }
    out.push_back(judge_memory(redis));
  }
  out.push_back(judge_redis_clock(redis));
}

Finding judge_folder(const FolderFacts& folder) {
  const std::string check = fmt::format("folder {}", folder.name);
  if (!folder.exists) {
    return {check, Grade::kFail, fmt::format("{} is not there", folder.path),
            fmt::format("`fuzzmill up` makes it; or: install -d -m 700 {}", folder.path)};
  }
  if (!folder.writable) {
    return {check, Grade::kFail, fmt::format("{} cannot be written", folder.path),
            fmt::format("run as its owner, or: chown $USER {}", folder.path)};
  }
  if ((folder.mode & 077) != 0) {
    return {check, Grade::kWarn, fmt::format("{} has mode {:o}", folder.path, folder.mode),
            fmt::format("chmod 700 {}: keys and crash inputs are nobody else's business", folder.path)};
  }
  const std::string space = fmt::format("{}, {} MB free", folder.path, folder.free_bytes >> 20);
  if (folder.free_bytes < kLowSpace) {
    return {check, folder.free_bytes < kNoSpace ? Grade::kFail : Grade::kWarn, space,
            "make room or move the folder: on a full disk events stay in the nodes' spools"};
  }
  return fine(check, space);
}

void judge_keys(const DoctorFacts& facts, std::vector<Finding>& out) {
  if (!facts.keys_problem.empty()) {
    out.push_back(
        {"keys", Grade::kFail, facts.keys_problem, "fuzzmill keys init --keys DIR makes what is missing"});
  } else {
    out.push_back(fine("keys", fmt::format("{} admitted", facts.authorized)));
  }
  for (const KeyFacts& key : facts.secret_keys) {
    if ((key.mode & 077) == 0) continue;
    out.push_back({"key mode", Grade::kFail, fmt::format("{} has mode {:o}", key.path, key.mode),
                   fmt::format("chmod 600 {}, and make a new key if others had access", key.path)});
  }
}

}  // namespace

std::vector<Finding> judge(const DoctorFacts& facts) {
  std::vector<Finding> out;
  judge_redis(facts.redis, out);
  judge_keys(facts, out);
  for (const FolderFacts& folder : facts.folders) out.push_back(judge_folder(folder));
  if (facts.symbolizer.empty()) {
    out.push_back({"symbolizer", Grade::kWarn, "no llvm-symbolizer in PATH",
                   "apt install llvm on each machine that fuzzes: without it reports have addresses in place "
                   "of functions"});
  } else {
    out.push_back(fine("symbolizer", facts.symbolizer));
  }
  return out;
}

}  // namespace fuzzmill::cli
