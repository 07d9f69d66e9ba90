// Inputs that a minimisation set aside, published as crashes through a spool as an agent does.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/data_folder.h"
#include "producers/engine/engine.h"
#include "producers/outbox.h"
#include "runtime/options.h"

namespace fuzzmill::cli {

struct SetAside {
  std::string sha256, kind;  // crash, timeout, oom
  std::filesystem::path input, report;
};

// What lies in OUTPUT/crashers, sorted by name. The engine that OUTPUT/minimize.json names, or nothing.
std::vector<SetAside> read_crashers(const std::filesystem::path& output);
std::string engine_in(const std::filesystem::path& output);

// Each target, kind and content once, ever. How many were new. kUnavailable: not kept by the outbox.
schema::Result<std::size_t> publish_crashers(producers::Outbox& outbox, const std::string& node,
                                             const std::string& target, producers::Engine engine,
                                             const std::vector<SetAside>& crashers, std::uint64_t now_ms);

class CrasherPublisher {
 public:
  void declare(runtime::Options& options);
  bool asked() const { return !spool_.empty(); }
  // Opens the spool, publishes, and waits for the broker for a while; what it does not have by then stays in
  // the spool.
  schema::Result<std::size_t> publish(const std::string& target, producers::Engine engine,
                                      const std::vector<SetAside>& crashers);

 private:
  RedisOptions data_;
  std::string node_, spool_, endpoint_, keys_;
};

}  // namespace fuzzmill::cli
