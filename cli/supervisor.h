// Keeps the children of `up` running: starts them one after the other, each when the one before is ready;
// starts one that dies again with back-off; ends them in reverse order.
//
// A child says READY on its standard output (`--ready-fd 1`), or a probe of its role is asked until it says
// yes. Life cycle: add() each child in order, run() until the stop token; run() returns when all have ended.
// Threads: one, that of run(), which must live as long as the children: they end with it (so that kill -9
// of us leaves none behind). Waits in poll(2): nothing to do costs nothing.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/child_process.h"
#include "schema/result.h"

namespace fuzzmill::cli {

struct ChildPlan {
  std::string name;
  // Made for each start: what one child finds out (a port) is an argument of the next.
  std::function<std::vector<std::string>()> argv;
  // Asked every 50 ms while the child starts; empty: the child says READY itself.
  std::function<bool()> probe;
  // Called when it became ready, before the next one starts. An error stops everything at the first start.
  std::function<schema::Status()> on_ready;
  std::filesystem::path log_file;  // of a probed child: where its outputs go; empty: to ours
  bool essential = true;           // up is not ready without it
  std::chrono::milliseconds start_limit{
      60'000};  // a child that is not ready by then is killed and started again
  std::chrono::milliseconds stop_grace{20'000};  // from SIGTERM to SIGKILL
};

class Supervisor {
 public:
  Supervisor();
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  void add(ChildPlan plan);

  // `on_all_ready` is called once, when every essential child has been ready and every other was tried.
  // Errors: an essential child that dies kFirstDeaths times before it was ever ready, or on_ready's error.
  schema::Status run(const std::function<void()>& on_all_ready, std::stop_token stop);

  // The names of essential children that are not ready now; any thread.
  std::string missing() const;

 private:
  struct Child;
  using Clock = std::chrono::steady_clock;

  schema::Status step(const std::function<void()>& on_all_ready);
  schema::Status start(Child& child);
  schema::Status became_ready(Child& child);
  schema::Status died(Child& child, const runtime::ExitStatus& status);
  schema::Status look_after(Child& child);
  void read_output(Child& child);
  bool may_start(std::size_t index) const;
  void wait() const;
  void stop_all();

  std::vector<std::unique_ptr<Child>> children_;
  bool all_ready_ = false;
  int wake_ = -1;  // eventfd: the stop token was triggered
};

}  // namespace fuzzmill::cli
