// What the tests of faults work on: a real redis-server, our broker and workers as processes that can be
// killed, keys for all, and crashes of as many bugs as it takes. Setting up throws when it fails.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/publisher.h"
#include "store/crash_index.h"
#include "tests/program.h"
#include "tests/queue_server.h"

namespace fuzzmill::tests {

// An AddressSanitizer report; each bug has a signature of its own.
std::string report_of(std::size_t bug);
std::string group_of(const std::string& report);

// A crash.found event of now.
schema::Event crash_of(const std::string& node);

class System {
 public:
  // `nodes` get keys; the broker runs from now on, always on one port.
  explicit System(const std::vector<std::string>& nodes, std::vector<std::string> broker_options = {});

  std::filesystem::path keys() const { return folder.path() / "keys"; }

  // A worker process of some stages; `words` follow the options that every worker has.
  Program worker(const std::vector<std::string>& words, Program::Environment environment = {}) const;
  // With a spool in the folder.
  std::unique_ptr<broker::Publisher> publisher(const std::string& node) const;

  // Every group; none while Redis is away.
  std::map<std::string, store::GroupRow> groups();
  // What these stages have not finished, in words; empty when they have.
  std::string unfinished(const std::vector<schema::Stage>& stages);

  RedisServer redis;
  TemporaryFolder folder;
  std::string endpoint;
  std::optional<Program> broker;

 private:
  std::string redis_url() const { return "unix:" + redis.address().unix_path; }
};

}  // namespace fuzzmill::tests
