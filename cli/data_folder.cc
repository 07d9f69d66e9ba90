#include "cli/data_folder.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

namespace fuzzmill::cli {
namespace {

constexpr const char* kDefaultData = "~/.local/state/fuzzmill";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

std::filesystem::path default_data_folder() {
  const std::string state = environment("XDG_STATE_HOME");
  if (!state.empty() && state[0] == '/') return std::filesystem::path(state) / "fuzzmill";
  const std::string home = environment("HOME");
  return std::filesystem::path(home.empty() ? "/var/lib" : home + "/.local/state") / "fuzzmill";
}

schema::Result<std::string> read_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line(1024, '\0');
  in.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  line.resize(std::min(line.find('\n'), line.size()));
  if (line.empty()) return schema::not_found(fmt::format("{} is not there", file.string()));
  return line;
}

std::string loopback_of(std::string_view endpoint) {
  for (const auto& [every, loopback] :
       {std::pair<std::string_view, std::string_view>{"tcp://0.0.0.0:", "tcp://127.0.0.1:"},
        {"tcp://*:", "tcp://127.0.0.1:"},
        {"tcp://[::]:", "tcp://[::1]:"}}) {
    if (endpoint.substr(0, every.size()) == every)
      return fmt::format("{}{}", loopback, endpoint.substr(every.size()));
  }
  return std::string(endpoint);
}

schema::Result<std::string> local_endpoint(const DataFolder& folder) {
  auto endpoint = read_line(folder.endpoint());
  if (!endpoint) return endpoint;
  return loopback_of(*endpoint);
}

void RedisOptions::declare(runtime::Options& options) {
  options.text("data", data, "DIR",
               fmt::format("data folder of `fuzzmill up`; where none is given, {}", kDefaultData));
  options.text("redis", redis, "URL", "a Redis elsewhere: unix:/path, redis://[user@]host[:port]");
  options.text("redis-password", password, "TEXT", "password of Redis").secret();
}

DataFolder RedisOptions::folder() const {
  if (data.empty()) return {default_data_folder()};
  std::error_code ignored;
  const auto whole = std::filesystem::absolute(data, ignored);
  return {ignored ? std::filesystem::path(data) : whole.lexically_normal()};
}

schema::Result<store::RedisAddress> RedisOptions::address() const {
  std::string url = redis;
  if (url.empty()) {
    const auto written = read_line(folder().redis_url());
    url = written ? *written : fmt::format("unix:{}", folder().redis_socket().string());
  }
  auto address = store::parse_redis_url(url);
  if (address && !password.empty()) address->password = password;
  return address;
}

schema::Result<store::Redis> RedisOptions::connect() const {
  const auto where = address();
  if (!where) return where.error();
  auto connection = store::Redis::connect(*where);
  if (connection || !redis.empty()) return connection;
  schema::Error error = connection.error();
  error.message += fmt::format("; is `fuzzmill up --data {}` running? Name another with --data or --redis",
                               folder().root.string());
  return error;
}

}  // namespace fuzzmill::cli
