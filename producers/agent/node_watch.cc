#include "producers/agent/node_watch.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "producers/monitor/node_monitor.h"
#include "producers/monitor/proc_reader.h"
#include "producers/monitor/tree_monitor.h"
#include "runtime/health.h"

namespace fuzzmill::producers {

NodeWatch::NodeWatch(const NodeServices& node, std::vector<std::filesystem::path> folders)
    : node_(node), begun_(Clock::now()) {
  heartbeat("start");
  thread_ = std::thread([this, folders = std::move(folders)]() mutable { run(std::move(folders)); });
}

NodeWatch::~NodeWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  heartbeat("stop", "stopped");
}

void NodeWatch::run(std::vector<std::filesystem::path> folders) {
  NodeMonitor machine(std::move(folders));
  TreeMonitor ourselves(*node_.processes, {10, proc_units(), true});
  schema::ResourceSample first;
  machine.fill(first);  // what the next ones are compared with
  (void)ourselves.sample(::getpid(), Clock::now());
  auto next_sample = begun_ + node_.interval, next_heartbeat = begun_ + node_.heartbeat;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_until(lock, std::min(next_sample, next_heartbeat), [this] { return stopping_; })) {
    const auto now = Clock::now();
    if (now >= next_sample) {
      auto body = ourselves.sample(::getpid(), now);
      machine.fill(body);
      publish(std::move(body));
      next_sample = now + node_.interval;
    }
    if (now >= next_heartbeat) heartbeat("hour"), next_heartbeat = now + node_.heartbeat;
  }
}

void NodeWatch::publish(schema::Body body) {
  schema::Event event;
  event.node = node_.node;
  event.time_ms = runtime::unix_ms();
  event.body = std::move(body);
  const auto published = node_.outbox->publish(std::move(event), {});
  if (!published && node_.say) node_.say({}, "not published: " + published.error().message);
}

void NodeWatch::heartbeat(const char* reason, const char* state) {
  schema::Heartbeat body;
  body.reason = reason;
  body.version = node_.version;
  body.uptime_s = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begun_).count());
  const auto spool = node_.outbox->spool();
  body.spool_events = spool.events;
  body.spool_dropped = spool.dropped;
  body.state = state;
  publish(std::move(body));
}

}  // namespace fuzzmill::producers
