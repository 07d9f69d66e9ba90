#include "broker/server.h"

#include <fmt/format.h>
#include <signal.h>

#include <random>

#include "broker/answerer.h"
#include "broker/front.h"
#include "broker/zap.h"
#include "runtime/log.h"

namespace fuzzmill::broker {

constexpr std::size_t kRecentBytes = 32u << 20;

// Declared in the order of dependence: the doorkeeper outlives the sockets, the context all.
class Server::Impl {
 public:
  Impl(ServerOptions options, const Credential& server)
      : options_(std::move(options)),
        context_(1),
        zap_(context_, options_.keys),
        front_(make_front(server)),
        intake_(Committer::Part::kIntake, options_, pressure_, recent_, [this] { front_.wake(); }),
        dispatch_(Committer::Part::kDispatch, options_, pressure_, recent_, [this] { front_.wake(); }),
        answerer_(options_, [this] { front_.wake(); }) {}

  ~Impl() { stop(); }

  schema::Status start() {
    if (auto started = dispatch_.start(); !started) return started;
    if (auto started = intake_.start(); !started) return started;
    answerer_.start();
    thread_ = std::thread([this] { front_.run(intake_, dispatch_, answerer_, pressure_); });
    return {};
  }

  void stop() {
    front_.stop();
    if (thread_.joinable()) thread_.join();
    answerer_.stop();
    intake_.stop();
    dispatch_.stop();
  }

  const std::string& endpoint() const { return endpoint_; }

 private:
  Front make_front(const Credential& server) {
    zmq::socket_t router(context_, zmq::socket_type::router);
    configure_router(router, server);
    router.bind(options_.endpoint);
    endpoint_ = router.get(zmq::sockopt::last_endpoint);
    std::random_device random;
    const std::uint64_t epoch = (static_cast<std::uint64_t>(random()) << 32 | random()) | 1;  // 0 means none
    return {options_, std::move(router), epoch};
  }

  ServerOptions options_;
  zmq::context_t context_;
  Zap zap_;
  std::string endpoint_;
  Front front_;
  Pressure pressure_;
  Recent recent_{kRecentBytes};
  Committer intake_;
  Committer dispatch_;
  Answerer answerer_;
  std::thread thread_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

schema::Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
  ::signal(SIGPIPE, SIG_IGN);  // hiredis 0.14 writes to sockets that may be gone
  auto credential = read_credential(options.keys / "server.key");
  if (!credential) return std::move(credential).error();
  if (auto authorized = read_authorized(options.keys); !authorized) return std::move(authorized).error();
  if (options.broker_id.empty()) options.broker_id = "broker";
  try {
    auto impl = std::make_unique<Impl>(options, *credential);
    if (auto started = impl->start(); !started) return std::move(started).error();
    runtime::log_info(
        "broker serves",
        {{"endpoint", impl->endpoint()}, {"redis", options.redis.text()}, {"id", options.broker_id}});
    return std::unique_ptr<Server>(new Server(std::move(impl)));
  } catch (const zmq::error_t& e) {
    return schema::unavailable(fmt::format("cannot bind {}: {}", options.endpoint, e.what()));
  }
}

std::string Server::endpoint() const { return impl_->endpoint(); }
void Server::stop() { impl_->stop(); }

}  // namespace fuzzmill::broker
