// One of our long-running processes (broker, worker, dashboard, up, run), from its options to its end:
// names the log, catches the signals, tells readiness and keeps the health file.
//
//   ServiceOptions options;           // declared with the command's own: options.declare(o)
//   Service service("broker", options);
//   ... start what serves ...
//   service.ready("tcp://127.0.0.1:7411");
//   service.wait_for_stop();
//   ... stop it ...                   // the destructor takes the health file away
//
// Life cycle: make it before any other thread. Threads: any thread may call.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "runtime/health.h"
#include "runtime/options.h"
#include "runtime/ready.h"

namespace fuzzmill::runtime {

struct ServiceOptions {
  std::string run;             // folder of the health files; empty: none is kept
  std::uint64_t ready_fd = 0;  // 0: nobody waits on one
  void declare(Options& options);
};

class Service {
 public:
  Service(std::string name, const ServiceOptions& options, std::function<std::string()> state = {});
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  std::stop_token stop_token() const;
  void ready(std::string_view where);  // `where` it serves, for the log and systemd
  void wait_for_stop() const;          // returns when a signal has asked for the end

 private:
  std::string name_;
  Ready ready_;
  std::stop_source& stop_;
  std::unique_ptr<HealthFile> health_;
};

}  // namespace fuzzmill::runtime
