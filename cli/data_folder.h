// The data folder of `fuzzmill up`: where everything lies in it, so that other commands find it by --data.
//   DIR/run/          redis.sock, redis.url, broker.endpoint, *.health     DIR/keys/    keys
//   DIR/redis/        Redis's append-only file                             DIR/hold/    waiting attachments
//   DIR/archive/      archived crashes and corpora                         DIR/spool/   of `run --data`
//   DIR/alerts.log    one line an alert                                    DIR/up.lock  one `up` at a time
//   DIR/redis.log     what Redis says of itself
#pragma once

#include <filesystem>
#include <string>

#include "runtime/options.h"
#include "schema/result.h"
#include "store/redis.h"

namespace fuzzmill::cli {

struct DataFolder {
  std::filesystem::path root;

  std::filesystem::path run() const { return root / "run"; }
  std::filesystem::path redis_socket() const { return run() / "redis.sock"; }
  std::filesystem::path redis_url() const { return run() / "redis.url"; }
  std::filesystem::path endpoint() const { return run() / "broker.endpoint"; }
  std::filesystem::path dashboard_url() const { return run() / "dashboard.url"; }
  std::filesystem::path redis() const { return root / "redis"; }
  std::filesystem::path redis_pid() const { return run() / "redis.pid"; }
  std::filesystem::path redis_log() const { return root / "redis.log"; }
  std::filesystem::path keys() const { return root / "keys"; }
  std::filesystem::path hold() const { return root / "hold"; }
  std::filesystem::path archive() const { return root / "archive"; }
  std::filesystem::path spool() const { return root / "spool"; }
  std::filesystem::path alerts_log() const { return root / "alerts.log"; }
  std::filesystem::path lock() const { return root / "up.lock"; }
};

// $XDG_STATE_HOME/fuzzmill, or ~/.local/state/fuzzmill.
std::filesystem::path default_data_folder();

// The first line of a small file of ours; kNotFound when it is not there or empty.
schema::Result<std::string> read_line(const std::filesystem::path& file);

// The broker of `up`, as this machine reaches it: one that listens on every address is at loopback, too.
schema::Result<std::string> local_endpoint(const DataFolder& folder);
std::string loopback_of(std::string_view endpoint);

// --data, and --redis with its password: how the commands that read find Redis.
struct RedisOptions {
  std::string data;
  std::string redis;
  std::string password;

  void declare(runtime::Options& options);
  DataFolder folder() const;
  // --redis, else what `up` wrote into --data, else the socket there.
  schema::Result<store::RedisAddress> address() const;
  // Says in an error how to name another Redis.
  schema::Result<store::Redis> connect() const;
};

}  // namespace fuzzmill::cli
