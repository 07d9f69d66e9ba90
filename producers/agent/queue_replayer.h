// The replays of a node, in the product: a ReplayQueue with a sandbox, behind the face that targets know.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "producers/agent/replayer.h"
#include "producers/replay/replay_queue.h"
#include "runtime/file_lock.h"

namespace fuzzmill::producers {

class QueueReplayer final : public Replayer {
 public:
  // `base`: working folders are made and removed there, those of a process that was killed too, unless
  // another one uses it now. Probes the sandbox, which takes some milliseconds.
  explicit QueueReplayer(const std::filesystem::path& base, std::size_t concurrency = 1,
                         double cpu_share = 0.5);
  ~QueueReplayer() override;

  bool order(ReplayOrder order, std::function<void(Replayed)> done) override;

  // What the sandbox lacks on this machine, for people; empty: every wall stands.
  const std::vector<std::string>& missing_walls() const { return missing_; }

 private:
  void deliver(const ReplayRequest& request, ReplayResult result);

  std::optional<runtime::FileLock> lock_;  // of the folder
  std::mutex mutex_;
  std::map<std::string, std::function<void(Replayed)>> waiting_;  // by the request's key
  std::uint64_t orders_ = 0;
  std::vector<std::string> missing_;
  std::unique_ptr<ReplayQueue> queue_;  // last: its threads use the others
};

// What goes out with a crash, of all that the replays showed. Pure.
Replayed replayed_of(ReplayResult result, const Expectation& expected);

}  // namespace fuzzmill::producers
