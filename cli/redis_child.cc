#include "cli/redis_child.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "runtime/log.h"
#include "runtime/units.h"

namespace fuzzmill::cli {
namespace {

struct Setting {
  const char* name;
  const char* value;
};

// deploy/redis.conf says why each; this is for a program that was copied somewhere without it.
constexpr std::array kSettings = {
    Setting{"appendonly", "yes"},
    Setting{"appendfsync", "always"},
    Setting{"no-appendfsync-on-rewrite", "no"},
    Setting{"auto-aof-rewrite-percentage", "100"},
    Setting{"auto-aof-rewrite-min-size", "1gb"},
    Setting{"aof-load-truncated", "yes"},
    Setting{"aof-use-rdb-preamble", "yes"},
    Setting{"save", ""},
    Setting{"maxmemory-policy", "noeviction"},
    Setting{"stream-node-max-bytes", "16384"},
    Setting{"lazyfree-lazy-expire", "yes"},
    Setting{"lazyfree-lazy-server-del", "yes"},
    Setting{"lazyfree-lazy-user-del", "yes"},
    Setting{"port", "0"},
    Setting{"protected-mode", "yes"},
    Setting{"daemonize", "no"},
    Setting{"databases", "1"},
};

}  // namespace

std::vector<std::string> redis_arguments(const RedisChild& child, const DataFolder& folder) {
  std::vector<std::string> argv = {child.program.string()};
  const auto set = [&](const std::string& name, const std::string& value) {
    argv.push_back("--" + name);
    argv.push_back(value);
  };
  if (!child.conf.empty()) {
    argv.push_back(child.conf.string());
  } else {
    for (const Setting& setting : kSettings) set(setting.name, setting.value);
  }
  set("unixsocket", folder.redis_socket().string());
  set("unixsocketperm", "700");
  set("dir", folder.redis().string());
  set("pidfile", folder.redis_pid().string());
  if (child.maxmemory > 0) set("maxmemory", std::to_string(child.maxmemory));
  return argv;
}

schema::Status check_socket_path(const std::filesystem::path& socket) {
  const std::size_t size = socket.string().size();
  if (size < sizeof(sockaddr_un::sun_path)) return {};
  return schema::invalid(
      fmt::format("{} has {} bytes and a unix socket's path at most {}: choose a shorter --data",
                  socket.string(), size, sizeof(sockaddr_un::sun_path) - 1));
}

std::optional<pid_t> leftover_redis(const DataFolder& folder) {
  const auto line = read_line(folder.redis_pid());
  const auto pid = line ? runtime::parse_number(*line) : schema::Result<std::uint64_t>(line.error());
  if (!pid || *pid == 0 || *pid > 0x7fffffff) return std::nullopt;
  // Redis works in its `dir`: a process that got the pid since does not.
  std::error_code error;
  const auto works_in = std::filesystem::read_symlink(fmt::format("/proc/{}/cwd", *pid), error);
  if (error || works_in != std::filesystem::weakly_canonical(folder.redis(), error)) return std::nullopt;
  return static_cast<pid_t>(*pid);
}

schema::Status wait_for_leftover(const DataFolder& folder, int limit_ms) {
  const auto pid = leftover_redis(folder);
  if (!pid) return {};
  runtime::log_warn("waiting for the redis-server that an earlier run left to end", {{"pid", *pid}});
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, *pid, 0));
  if (descriptor < 0) return {};  // it has ended just now
  pollfd watched = {descriptor, POLLIN, 0};
  const bool ended = poll(&watched, 1, limit_ms) > 0;
  close(descriptor);
  if (ended) return {};
  return schema::conflict(fmt::format("redis-server {} still works in {}: end it first (kill {})", *pid,
                                      folder.redis().string(), *pid));
}

}  // namespace fuzzmill::cli
