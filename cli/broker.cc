#include <fmt/format.h>
#include <unistd.h>

#include "broker/server.h"
#include "cli/commands.h"
#include "cli/data_folder.h"
#include "cli/key_folder.h"
#include "runtime/log.h"
#include "runtime/service.h"

namespace fuzzmill::cli {
namespace {

class Broker final : public Command {
 public:
  void declare(runtime::Options& options) override {
    redis_.declare(options);
    service_.declare(options);
    options.text("endpoint", server_.endpoint, "URL",
                 "where to listen: tcp://address:port (port 0 takes a free one) or ipc:///path");
    options.text("keys", keys_, "DIR", "folder of the keys; where none is given, keys/ of --data");
    options.text("hold", hold_, "DIR", "where large attachments wait; where none is given, hold/ of --data");
    options.text(
        "broker-id", server_.broker_id, "NAME",
        "tells this broker from others of the same Redis; host name and run folder, where none is given");
    options.number("max-depth", server_.max_depth,
                   "events of a topic that wait at most; past it nodes are told to keep theirs");
    options.number("max-attempts", server_.max_attempts,
                   "deliveries of an event before it becomes a dead letter");
    options.duration("worker-timeout", server_.worker_timeout, "a worker that is silent for so long is dead");
    options.duration("lease", server_.lease,
                     "a delivery that is not answered for so long goes to another worker");
    options.duration("retry-first", server_.retry_first,
                     "delay before an event is tried again; doubles each time");
    options.duration("retry-most", server_.retry_most, "the longest such delay");
  }

  schema::Result<ExitCode> run() override {
    if (auto filled = fill(); !filled) return filled.error();
    runtime::Service service("broker", service_);
    auto server = broker::Server::start(server_);
    if (!server) return server.error();
    const std::string endpoint = (*server)->endpoint();
    if (!service_.run.empty()) {
      const auto written =
          runtime::write_atomically(std::filesystem::path(service_.run) / "broker.endpoint", endpoint + "\n");
      if (!written) return written.error();
    }
    service.ready(endpoint);
    service.wait_for_stop();
    (*server)->stop();
    return ExitCode::kOk;
  }

 private:
  schema::Status fill() {
    const DataFolder data = redis_.folder();
    server_.keys = keys_.empty() ? data.keys() : std::filesystem::path(keys_);
    server_.hold = hold_.empty() ? data.hold() : std::filesystem::path(hold_);
    const auto address = redis_.address();
    if (!address) return address.error();
    server_.redis = *address;
    if (server_.broker_id.empty()) server_.broker_id = host_and_endpoint();
    return {};
  }

  // Stays the same when this broker is restarted, so that it takes up what it left, and differs from that
  // of another broker on this host.
  std::string host_and_endpoint() const {
    char host[65] = {};
    gethostname(host, sizeof host - 1);
    std::string id = fmt::format("{}-{}", host, service_.run.empty() ? server_.endpoint : service_.run);
    for (char& c : id) {
      const bool fine =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
      if (!fine) c = '-';
    }
    // The beginning of a path differs less than its end.
    return id.size() <= 64 ? id
                           : fmt::format("{}-{}", std::string(host).substr(0, 20), id.substr(id.size() - 43));
  }

  RedisOptions redis_;
  runtime::ServiceOptions service_;
  broker::ServerOptions server_;
  std::string keys_, hold_;
};

}  // namespace

CommandRow broker_command() {
  return {{"broker", "Serves the queue: takes events in, makes them durable, hands them to workers",
           "With --run the endpoint, as bound, is written to DIR/broker.endpoint.",
           "fuzzmill broker --redis unix:/run/fuzzmill-redis/redis.sock --endpoint tcp://0.0.0.0:7411 --keys "
           "/var/lib/fuzzmill/keys"},
          make_command<Broker>};
}

}  // namespace fuzzmill::cli
