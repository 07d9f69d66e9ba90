#include "runtime/service.h"

#include <condition_variable>
#include <mutex>
#include <optional>

#include "runtime/log.h"
#include "runtime/stop.h"

namespace fuzzmill::runtime {

void ServiceOptions::declare(Options& options) {
  options.text("run", run, "DIR", "folder for the health file of this process; none is kept when empty");
  options.number("ready-fd", ready_fd, "write READY and a line break to this file descriptor once it serves")
      .only_flag();
}

Service::Service(std::string name, const ServiceOptions& options, std::function<std::string()> state)
    : name_(std::move(name)),
      ready_(options.ready_fd == 0 ? std::nullopt : std::optional<int>(static_cast<int>(options.ready_fd))),
      stop_(catch_stop_signals()) {
  if (options.run.empty()) return;
  // The beat is systemd's watchdog, too: both mean that this process still gets to run.
  health_ = std::make_unique<HealthFile>(options.run, name_, [this, state = std::move(state)] {
    ready_.watchdog();
    return state ? state() : std::string();
  });
  if (const auto written = health_->written(); !written) {
    log_warn("no health file", {{"error", written.error().message}});
  }
}

Service::~Service() {
  ready_.stopping();
  log_info("stopped");
}

std::stop_token Service::stop_token() const { return stop_.get_token(); }

void Service::ready(std::string_view where) {
  if (health_) health_->set_state("ready");
  log_info("ready", {{"at", where}});
  ready_.status(where);
  ready_.ready();
}

void Service::wait_for_stop() const {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop_.get_token(), [] { return false; });
  log_info("stopping");
}

}  // namespace fuzzmill::runtime
