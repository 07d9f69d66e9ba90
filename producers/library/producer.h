// The producer behind <fuzzmill/producer_c.h>: a publisher with its spool, for the one target of this
// process.
//
// Life cycle: open(); the destructor does not wait for the broker. A fork must not touch it, but for
// of_this_process(). Threads: all calls are safe from any thread.
#pragma once

#include <unistd.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "broker/publisher.h"
#include "producers/library/own_usage.h"
#include "runtime/file_lock.h"
#include "schema/event.h"
#include "schema/result.h"

namespace fuzzmill::producers {

struct ProducerSettings {
  std::string endpoint, keys, key_name, node, target, engine, spool;
  std::uint64_t spool_bytes = 0;
  std::uint32_t spool_slots = 1;
};

class Producer {
 public:
  static schema::Result<std::unique_ptr<Producer>> open(ProducerSettings settings);

  bool of_this_process() const { return ::getpid() == owner_; }
  pid_t owner() const { return owner_; }
  const ProducerSettings& settings() const { return settings_; }

  // Once for each kind and content, ever. `body` lacks the engine only.
  schema::Result<bool> crash(schema::CrashFound body, std::optional<std::string> input,
                             std::optional<std::string> report);
  // What `body` lacks of interval, CPU, memory and threads is measured where the flag says so.
  struct Measure {
    bool interval = true, cpu = true, rss = true, threads = true;
  };
  schema::Status sample(schema::ResourceSample body, Measure measure);
  schema::Status corpus(const std::string& folder, std::optional<std::string> build_id);

  bool drain(std::chrono::milliseconds limit) { return publisher_->drain(limit); }
  broker::PublisherState state() const { return publisher_->state(); }

 private:
  Producer(ProducerSettings settings, runtime::FileLock lock)
      : settings_(std::move(settings)), lock_(std::move(lock)) {}
  schema::Event event_of(schema::Body body) const;

  ProducerSettings settings_;
  pid_t owner_ = ::getpid();
  runtime::FileLock lock_;  // of the spool: let go after the publisher has closed it
  std::unique_ptr<broker::Publisher> publisher_;
  std::mutex meter_mutex_;
  OwnUsageMeter meter_;
};

}  // namespace fuzzmill::producers
