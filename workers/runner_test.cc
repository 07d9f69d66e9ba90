#include "workers/runner.h"

#include <httplib.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "broker/publisher.h"
#include "broker/server.h"
#include "schema/event_codec.h"
#include "schema/keys.h"
#include "store/crash_index.h"
#include "tests/catch.h"
#include "tests/redis_server.h"
#include "workers/deliveries.h"

namespace fuzzmill::workers {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::seconds kLimit{60};

// Tells the test when an alert has come all the way.
struct Receiver {
  httplib::Server server;
  int port = 0;
  std::thread thread;
  std::mutex mutex;
  std::condition_variable came;
  std::vector<std::string> bodies;

  Receiver() {
    server.Post("/", [this](const httplib::Request& request, httplib::Response&) {
      const std::lock_guard lock(mutex);
      bodies.push_back(request.body);
      came.notify_all();
    });
    port = server.bind_to_any_port("127.0.0.1");
    thread = std::thread([this] { server.listen_after_bind(); });
  }
  ~Receiver() {
    server.stop();
    thread.join();
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    return came.wait_for(lock, kLimit, [&] { return bodies.size() >= count; });
  }
};

void make_keys(const fs::path& folder) {
  fs::create_directories(folder / "authorized");
  REQUIRE(broker::write_credential(broker::make_credential("server", broker::Role::kServer), folder).ok());
  REQUIRE(broker::write_credential(broker::make_credential("nyc", broker::Role::kNode), folder).ok());
  for (const schema::Stage stage : schema::all_stages()) {
    REQUIRE(
        broker::write_credential(broker::make_credential(schema::name(stage), broker::Role::kStage), folder)
            .ok());
  }
}

RunnerOptions options_for(const fs::path& folder) {
  RunnerOptions options;
  options.stages = {schema::all_stages().begin(), schema::all_stages().end()};
  options.endpoint = "tcp://127.0.0.1:1";
  options.keys = folder / "keys";
  options.archive = folder / "archive";
  options.alert_log = folder / "log/alerts.log";
  return options;
}

std::uint64_t now_ms() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

TEST_CASE("Options that cannot work are refused at once, naming the stage") {
  tests::TemporaryFolder folder;
  const auto refused = [&](const RunnerOptions& options) {
    const auto status = run_stages(options, {});
    REQUIRE_FALSE(status.ok());
    return status.error();
  };
  auto options = options_for(folder.path());
  CHECK(refused(options).message.find("stage fingerprint") != std::string::npos);  // no keys yet
  make_keys(options.keys);
  options.webhook_url = "file:///etc/passwd";
  CHECK(refused(options).code == schema::ErrorCode::kInvalid);
  options.webhook_url.clear();
  options.archive.clear();
  CHECK(refused(options).message.find("stage archive") != std::string::npos);
  options.stages = {schema::Stage::kAlert, schema::Stage::kAlert};
  CHECK(refused(options).code == schema::ErrorCode::kInvalid);
  options.stages.clear();
  CHECK(refused(options).code == schema::ErrorCode::kInvalid);
}

TEST_CASE("A crash that a node publishes goes through broker and stages and comes out as an alert") {
  tests::RedisServer redis;
  tests::TemporaryFolder folder;
  Receiver receiver;
  auto options = options_for(folder.path());
  make_keys(options.keys);
  broker::ServerOptions serving;
  serving.endpoint = "tcp://127.0.0.1:*", serving.keys = options.keys, serving.hold = folder.path() / "hold";
  serving.redis = redis.address(), serving.broker_id = "test";
  auto server = broker::Server::start(serving);
  if (!server) FAIL(server.error().message);
  options.endpoint = (*server)->endpoint();
  options.redis = redis.address();
  options.webhook_url = fmt::format("http://127.0.0.1:{}/", receiver.port);

  // What a worker that died had found out: no delivery will bring it again.
  store::Redis connection = redis.connect();
  const auto orphan = schema::encode(silent_alert({"lost", "", kTestNow, 0}, now_ms()));
  REQUIRE(connection.command({"ZADD", schema::keys::outbox(), "1", orphan}).ok());

  schema::Status ended;
  std::jthread runner([&](std::stop_token stop) { ended = run_stages(options, stop); });
  auto peer = broker::read_peer(options.keys, "nyc", options.endpoint);
  REQUIRE(peer.ok());
  auto publisher = broker::Publisher::start({*peer}, broker::memory_spool(64 << 20, 1));
  for (std::uint64_t number = 0; number < 6; ++number) {
    auto crash = found(number, static_cast<int>(number % 2));
    REQUIRE(publisher->publish(crash.event, crash.attachments).ok());
  }
  CHECK(publisher->drain(kLimit));
  REQUIRE(receiver.wait_for(3));
  runner.request_stop();
  runner.join();
  CHECK(ended.ok());

  const auto page = store::CrashIndex(connection).list({}, 10);
  REQUIRE(page.ok());
  REQUIRE(page->rows.size() == 2);
  for (const store::GroupRow& row : page->rows) {
    CHECK(row.alerted == "group.new");
    CHECK(row.count >= 1);
    CHECK(row.count <= 3);
  }
  std::map<std::string, int> alerts;
  for (const std::string& body : receiver.bodies) ++alerts[nlohmann::json::parse(body)["alert"]];
  CHECK(alerts == std::map<std::string, int>{{"group.new", 2}, {"node.silent", 1}});
  CHECK(connection.command({"ZCARD", schema::keys::outbox()})->integer == 0);
  std::ifstream log(options.alert_log);
  CHECK(std::distance(std::istreambuf_iterator<char>(log), {}) > 0);
}

}  // namespace fuzzmill::workers
