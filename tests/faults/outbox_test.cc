// The outbox of alerts survives kill -9: while a webhook is down, hangs, or hears and does not answer,
// workers and the broker are killed; when it answers at last, every group's alert has arrived under one key.
#include <httplib.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "store/event_log.h"
#include "tests/catch.h"
#include "tests/faults/system.h"

using namespace fuzzmill;

namespace {

constexpr std::size_t kBugs = 10;
constexpr std::size_t kCrashesEach = 3;

// How the receiver meets a request: says 503; holds it until it is told otherwise; takes it and holds the
// answer; takes it.
enum class Manner { kFails, kHangs, kTakesAndHangs, kTakes };

// An HTTP server on a port of its own that remembers what it was sent.
class Receiver {
 public:
  using Keys = std::map<std::string, std::multiset<std::string>>;  // group to Idempotency-Key of each request

  Receiver() {
    server_.Post("/hook", [this](const httplib::Request& request, httplib::Response& response) {
      response.status = meet(request) ? 200 : 503;
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~Receiver() {
    set(Manner::kFails);
    server_.stop();
    thread_.join();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/hook?token=secret"; }

  // Requests that hang are let go with a 503, which their worker may no longer be there to hear.
  void set(Manner manner) {
    const std::lock_guard lock(mutex_);
    manner_ = manner;
    ++manners_;
    met_ = 0;
    changed_.notify_all();
  }
  // Requests since the manner was set.
  std::size_t met() {
    const std::lock_guard lock(mutex_);
    return met_;
  }
  Keys sent() {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  Keys taken() {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  std::size_t malformed() {
    const std::lock_guard lock(mutex_);
    return malformed_;
  }

 private:
  // True when it was taken and that may be said.
  bool meet(const httplib::Request& request) {
    const auto body = nlohmann::json::parse(request.body, nullptr, false);
    const std::string key = request.get_header_value("Idempotency-Key");
    std::unique_lock lock(mutex_);
    if (!body.is_object() || key.empty() || body.value("id", "") != key ||
        body.value("alert", "") != "group.new") {
      ++malformed_;
      return false;
    }
    const std::string group = body.value("subject", "");
    sent_[group].insert(key);
    const Manner manner = manner_;
    if (manner == Manner::kTakes || manner == Manner::kTakesAndHangs) taken_[group].insert(key);
    ++met_;
    if (manner == Manner::kHangs || manner == Manner::kTakesAndHangs) {
      changed_.wait(lock, [this, then = manners_] { return manners_ != then; });
      return false;
    }
    return manner == Manner::kTakes;
  }

  httplib::Server server_;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  Manner manner_ = Manner::kFails;
  std::uint64_t manners_ = 0;
  std::size_t met_ = 0, malformed_ = 0;
  Keys sent_, taken_;
  std::thread thread_;
};

// The keys of each group's lines in the alert log.
Receiver::Keys logged(const std::string& text) {
  Receiver::Keys keys;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string time, severity, alert, group;
    words >> time >> severity >> alert >> group;
    const auto id = line.rfind(" id=");
    if (alert == "group.new" && id != std::string::npos) keys[group].insert(line.substr(id + 4));
  }
  return keys;
}

// One key to a group, and the same as in `others`.
bool one_key_each(const Receiver::Keys& keys, const Receiver::Keys& others) {
  for (const auto& [group, all] : keys) {
    const auto other = others.find(group);
    if (std::set(all.begin(), all.end()).size() != 1) return false;
    if (other == others.end() || *other->second.begin() != *all.begin()) return false;
  }
  return keys.size() == others.size();
}

}  // namespace

TEST_CASE("every group's alert reaches the webhook under one key, whoever is killed while it fails") {
  Receiver receiver;
  tests::System system({"n0"}, {"--max-attempts", "10000"});
  auto worker = system.worker({"--alert-log", (system.folder.path() / "alerts.log").string(),
                               "--alert-retry-first", "5ms", "fingerprint", "classify", "alert"},
                              {{"FUZZMILL_WEBHOOK_URL", receiver.url()}});
  std::set<std::string> groups;
  {
    const auto publisher = system.publisher("n0");
    for (std::size_t i = 0; i < kBugs * kCrashesEach; ++i) {
      const std::string report = tests::report_of(i % kBugs);
      groups.insert(tests::group_of(report));
      REQUIRE(publisher->publish(tests::crash_of("n0"), {{"input", std::to_string(i)}, {"report", report}}));
    }
    REQUIRE(publisher->drain(std::chrono::seconds(60)));
  }
  REQUIRE(groups.size() == kBugs);

  // Each manner is met at least so often before somebody dies of it.
  struct Round {
    Manner manner;
    std::size_t requests;
    bool broker_too;
  };
  for (const Round& round : {Round{Manner::kFails, 3, false},
                             {Manner::kHangs, 1, false},
                             {Manner::kFails, 3, true},
                             {Manner::kTakesAndHangs, 1, false},
                             {Manner::kTakesAndHangs, 1, true}}) {
    receiver.set(round.manner);
    REQUIRE(tests::eventually([&] { return receiver.met() >= round.requests; }, 60));
    worker.kill_9();
    if (round.broker_too) {
      system.broker->kill_9();
      system.broker->start();
    }
    worker.start();
  }
  CHECK(receiver.taken().size() < kBugs);  // else nothing was left to lose

  receiver.set(Manner::kTakes);
  const std::vector ours = {schema::Stage::kFingerprint, schema::Stage::kClassify, schema::Stage::kAlert};
  const bool all_done = tests::eventually(
      [&] { return receiver.taken().size() >= kBugs && system.unfinished(ours).empty(); }, 120);
  INFO(system.unfinished(ours));
  REQUIRE(all_done);

  const auto taken = receiver.taken(), sent = receiver.sent();
  const auto lines = logged(system.folder.read("alerts.log"));
  for (const std::string& group : groups) {
    INFO(group);
    CHECK(taken.count(group) == 1);
    CHECK(lines.count(group) == 1);
  }
  CHECK(one_key_each(sent, taken));
  CHECK(one_key_each(lines, taken));
  std::set<std::string> keys;
  for (const auto& [group, all] : taken) keys.insert(all.begin(), all.end());
  CHECK(keys.size() == kBugs);  // no two groups share one
  CHECK(receiver.malformed() == 0);
  for (const auto& [group, row] : system.groups()) CHECK(row.count == kCrashesEach);
  auto connection = system.redis.connect();
  const auto dead = store::dead_letters(connection, 10);
  REQUIRE(dead);
  CHECK(dead->empty());
}
