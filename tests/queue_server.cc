#include "tests/queue_server.h"

#include <chrono>
#include <random>
#include <stdexcept>
#include <thread>

namespace fuzzmill::tests {
namespace {

void require(const schema::Status& status) {
  if (!status) throw std::runtime_error(status.error().message);
}

template <class T>
T require(schema::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

}  // namespace

QueueServer::QueueServer(std::function<void(broker::ServerOptions&)> adjust) {
  require(broker::write_credential(broker::make_credential("server", broker::Role::kServer), keys()));
  options_.endpoint = "tcp://127.0.0.1:*";
  options_.keys = keys();
  options_.hold = folder_.path() / "hold";
  options_.redis = redis_.address();
  options_.broker_id = "one";
  options_.worker_timeout = std::chrono::milliseconds(3000);
  options_.retry_first = std::chrono::milliseconds(20);
  if (adjust) adjust(options_);
  start();
}

void QueueServer::start() {
  server_ = require(broker::Server::start(options_));
  endpoint_ = server_->endpoint();
  options_.endpoint = endpoint_;
}

void QueueServer::stop() { server_.reset(); }

std::unique_ptr<broker::Server> QueueServer::another(const std::string& id) {
  broker::ServerOptions options = options_;
  options.broker_id = id;
  options.endpoint = "tcp://127.0.0.1:*";
  return require(broker::Server::start(options));
}

broker::Peer QueueServer::peer(const std::string& name, broker::Role role) {
  if (!std::filesystem::exists(keys() / (name + ".key"))) {
    require(broker::write_credential(broker::make_credential(name, role), keys()));
  }
  return require(broker::read_peer(keys(), name, endpoint_));
}

std::unique_ptr<broker::Publisher> QueueServer::publisher() {
  broker::PublisherOptions options;
  options.peer = operator_peer();
  return broker::Publisher::start(options, broker::memory_spool(1u << 30, std::random_device{}()));
}

bool eventually(const std::function<bool()>& condition, int seconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace fuzzmill::tests
