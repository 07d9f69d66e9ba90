#include "producers/corpus/corpus_service.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "producers/corpus/model_server.h"
#include "runtime/health.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;

constexpr auto kLimit = 30s;

struct Node {
  tests::TemporaryFolder folder;
  ModelServer server;
  std::mutex said_mutex;
  std::vector<std::string> said;
  std::unique_ptr<CorpusService> service;

  void start() {
    CorpusServiceOptions options;
    options.node = "london";
    options.orders_every = options.sharing_every = options.first_retry = 20ms;
    options.unix_ms = runtime::unix_ms;
    options.say = [this](const std::string& target, const std::string& text) {
      const std::lock_guard lock(said_mutex);
      said.push_back(target + ": " + text);
    };
    service = std::make_unique<CorpusService>(options, server, server);
  }
  CorpusTarget target(const std::string& name, std::chrono::milliseconds interval = kDaily) const {
    CorpusTarget target;
    target.snapshot.target = name;
    target.snapshot.place = {folder.path() / name};
    target.snapshot.state_file = folder.path() / (name + ".state");
    target.sharing.settings.on = false;
    target.times.interval = interval;
    return target;
  }
  // Woken by what the service asks and publishes: each passes through the model.
  bool wait(const std::function<bool()>& until) {
    const auto deadline = std::chrono::steady_clock::now() + kLimit;
    while (std::chrono::steady_clock::now() < deadline) {
      {
        const std::lock_guard lock(server.mutex);
        if (until()) return true;
      }
      std::unique_lock lock(server.news_mutex);
      server.news.wait_for(lock, 50ms);
    }
    return false;
  }
};

}  // namespace

TEST_CASE("a target that has no snapshot gets one at once, and a last one when it leaves") {
  Node node;
  node.folder.write("png/a", "1");
  node.start();
  node.service->add(node.target("png"));
  REQUIRE(node.wait([&] { return node.server.whole.size() == 1; }));
  node.folder.write("png/b", "2");
  node.service->leave("png", kLimit);
  CHECK(node.server.whole.size() == 2);
  CHECK(node.server.newest.size() == 2);
  CHECK(node.server.problems.empty());
  node.service->leave("png", kLimit);  // it is not there any more: nothing to wait for

  SECTION("the next run takes none before the next day") {
    node.service.reset();
    node.start();
    node.service->add(node.target("png"));
    node.service->add(node.target("without", 0ms));
    std::uint64_t asked = 0;
    REQUIRE(node.wait([&] { return (asked = node.server.questions) > 0; }));
    REQUIRE(node.wait([&] { return node.server.questions > asked + 3; }));
    CHECK(node.server.whole.size() == 2);
    node.service->leave("without", kLimit);
    CHECK(node.server.whole.size() == 2);
  }
}

TEST_CASE("an order is taken, followed for each target, and reported with what was done") {
  Node node;
  node.folder.write("png/a", "1"), node.folder.write("xml/b", "22");
  node.start();
  for (const auto* name : {"png", "xml"}) node.service->add(node.target(name, 0ms));
  schema::Order order;
  order.id = "0123456789abcdef", order.order = "backup";
  {
    const std::lock_guard lock(node.server.mutex);
    node.server.orders = {order};
  }
  REQUIRE(node.wait([&] { return node.server.orders.empty() && !node.server.reports.empty(); }));
  CHECK(node.server.whole.size() == 2);
  REQUIRE(node.server.reports.size() == 5);
  int taken = 0, done = 0;
  for (const auto& report : node.server.reports) {
    CHECK(report.id == order.id);
    taken += report.state == "taken";
    done += report.state == "done";
    if (!report.target.empty() && report.state == "done") {
      CHECK(report.snapshot.size() == 16);
      CHECK(report.text.find("1 of 1 files") != std::string::npos);
    }
  }
  CHECK(taken == 2);
  CHECK(done == 3);
  CHECK(node.server.reports.back().target.empty());
}

TEST_CASE("while the broker is away nothing piles up, it is said once, and leaving does not wait for it") {
  Node node;
  node.folder.write("png/a", "1");
  node.server.may_ask = [] { return schema::Status(schema::unavailable("no connection")); };
  node.start();
  node.service->add(node.target("png"));
  REQUIRE(node.wait([&] { return node.server.questions > 4; }));
  node.service->leave("png", kLimit);
  CHECK(node.server.bodies.empty());
  const std::lock_guard lock(node.said_mutex);
  CHECK(node.said == std::vector<std::string>{"png: corpus: no snapshot: no connection"});
}

TEST_CASE("a snapshot that failed is tried again, and leaving waits no longer than its limit") {
  Node node;
  node.folder.write("png/a", "1");
  int asked = 0;
  node.server.may_ask = [&] {
    return ++asked < 4 ? schema::Status(schema::unavailable("away")) : schema::Status();
  };
  node.start();
  node.service->add(node.target("png"));
  REQUIRE(node.wait([&] { return node.server.whole.size() == 1; }));
  {
    const std::lock_guard lock(node.server.mutex);
    node.server.spool_bytes = kSpoolRoom + 1;
  }
  node.service->leave("png", 10ms);
  CHECK(node.server.whole.size() == 1);
}

}  // namespace fuzzmill::producers
