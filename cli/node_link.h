// What `run` and `agent` share: who this node is, where the broker is, the spool, and the services that
// targets are given.
//
// Life cycle: declare() its options, fill() them, open(), then services() until it is destroyed; the events
// that the broker does not have by then stay in the spool for the next run.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "broker/asker.h"
#include "broker/publisher.h"
#include "cli/data_folder.h"
#include "cli/publisher_outbox.h"
#include "producers/agent/node_services.h"
#include "producers/agent/queue_replayer.h"
#include "producers/corpus/corpus_service.h"
#include "runtime/file_lock.h"
#include "runtime/options.h"

namespace fuzzmill::cli {

// What a name may not hold becomes '-': a host called "build box" is the node "build-box".
std::string as_name(std::string_view text);

class NodeLink {
 public:
  NodeLink();
  ~NodeLink();

  void declare(runtime::Options& options);
  const std::string& node() const { return services_.node; }
  const std::string& endpoint() const { return endpoint_; }

  // `stem` names the spool and the work folder where the options do not. kInvalid, kNotFound (no broker
  // named).
  schema::Status fill(const std::string& stem);
  // Takes the spool's lock. kConflict: another process of ours has it.
  schema::Status open();
  producers::NodeServices& services() { return services_; }

 private:
  class BrokerQuestions;
  schema::Status find_broker();
  std::string local_key(const std::filesystem::path& keys) const;

  producers::NodeServices services_;
  RedisOptions data_;
  std::string endpoint_, keys_, key_name_, spool_, work_;
  std::uint64_t spool_size_ = 256u << 20;
  std::uint64_t replay_share_ = 50;
  std::chrono::milliseconds drain_{10'000};

  std::optional<runtime::FileLock> lock_;
  std::unique_ptr<broker::Publisher> publisher_;
  std::unique_ptr<PublisherOutbox> outbox_;
  std::unique_ptr<producers::ProcessTable> processes_;
  std::unique_ptr<producers::QueueReplayer> replayer_;
  std::unique_ptr<broker::Asker> asker_;
  std::unique_ptr<BrokerQuestions> questions_;
  std::unique_ptr<producers::CorpusService> corpora_;
};

}  // namespace fuzzmill::cli
