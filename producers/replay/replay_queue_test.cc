// The queue with attempts that are made up; sandboxed_queue_test.cc has real ones.
#include "producers/replay/replay_queue.h"

#include <condition_variable>
#include <map>
#include <mutex>

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;

constexpr auto kDeadline = 20s;

Attempt made(Outcome outcome, std::string report = {}) {
  Attempt attempt;
  attempt.outcome = outcome;
  attempt.report = std::move(report);
  attempt.duration = 10ms;
  return attempt;
}

// What came out, for a test's thread to wait for.
class Sink {
 public:
  void deliver(const ReplayRequest& request, ReplayResult result) {
    const std::lock_guard lock(mutex_);
    order_.push_back(request.key);
    results_[request.key] = std::move(result);
    changed_.notify_all();
  }
  void deliver_minimised(const ReplayRequest& request, MinimiseResult result) {
    const std::lock_guard lock(mutex_);
    minimised_[request.key] = std::move(result);
    changed_.notify_all();
  }
  bool wait_for(std::size_t results, std::size_t minimised = 0) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline,
                             [&] { return order_.size() >= results && minimised_.size() >= minimised; });
  }
  // To read once the queue is stopped.
  const std::vector<std::string>& order() const { return order_; }
  const ReplayResult& of(const std::string& key) const { return results_.at(key); }
  const MinimiseResult& minimised(const std::string& key) const { return minimised_.at(key); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> order_;
  std::map<std::string, ReplayResult> results_;
  std::map<std::string, MinimiseResult> minimised_;
};

// Holds attempts up until it is opened.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  // False: stopped.
  bool pass(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    return changed_.wait(lock, stop, [this] { return open_; });
  }
  bool wait_for_arrival() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline, [this] { return arrived_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool open_ = false;
  int arrived_ = 0;
};

struct Fixture {
  tests::TemporaryFolder folder;
  Sink sink;
  std::shared_ptr<const ReplayTarget> target = std::make_shared<ReplayTarget>(ReplayTarget{"t", {}, {}});

  ReplayQueueOptions options() {
    ReplayQueueOptions options;
    options.deliver = [this](const auto& request, auto result) { sink.deliver(request, std::move(result)); };
    options.deliver_minimised = [this](const auto& request, auto result) {
      sink.deliver_minimised(request, std::move(result));
    };
    options.identity = [](const std::string& report) { return report; };
    return options;
  }
  ReplayRequest request(const std::string& key, const std::string& bytes = "x") {
    return {key, target, folder.write(key, bytes), {}, false};
  }
};

}  // namespace

TEST_CASE("requests are tried as often as needed and delivered once, in order") {
  Fixture f;
  std::map<std::string, int> calls;
  auto options = f.options();
  options.run = [&](const ReplayRequest& request, std::string_view bytes, auto, auto) {
    const int call = ++calls[request.key];
    if (bytes == "always") return made(Outcome::kCrashed, "SUMMARY: a");
    if (bytes == "sometimes") return made(call % 2 == 0 ? Outcome::kCrashed : Outcome::kClean);
    return made(Outcome::kClean);
  };
  ReplayQueue queue(std::move(options));
  for (const char* key : {"always", "sometimes", "never"}) CHECK(queue.push(f.request(key, key)).ok());
  CHECK(f.sink.wait_for(3));
  CHECK(queue.state().waiting == 0);
  queue.stop();
  CHECK(f.sink.order() == std::vector<std::string>{"always", "sometimes", "never"});
  CHECK(f.sink.of("always").attempts.size() == 2);
  CHECK(f.sink.of("always").verdict.reproduction == Reproduction::kReproducible);
  CHECK(f.sink.of("sometimes").attempts.size() == 5);
  CHECK(f.sink.of("sometimes").verdict.reproduced == 2);
  CHECK(f.sink.of("never").verdict.reproduction == Reproduction::kUnreproducible);
  CHECK(queue.state().delivered == 3);
}

TEST_CASE("one that throws or whose input is gone is told so, and the next one runs") {
  Fixture f;
  auto options = f.options();
  options.run = [](const ReplayRequest& request, auto, auto, auto) -> Attempt {
    if (request.key == "throws") throw std::bad_alloc();
    return made(Outcome::kClean);
  };
  ReplayQueue queue(std::move(options));
  auto gone = f.request("gone");
  std::filesystem::remove(gone.input);
  CHECK(queue.push(f.request("throws")).ok());
  CHECK(queue.push(gone).ok());
  CHECK(queue.push(f.request("fine")).ok());
  CHECK(f.sink.wait_for(3));
  queue.stop();
  CHECK(f.sink.of("throws").verdict.reproduction == Reproduction::kNotKnown);
  CHECK(f.sink.of("throws").attempts.size() == 2);
  CHECK(f.sink.of("gone").verdict.reproduction == Reproduction::kNotKnown);
  CHECK(f.sink.of("gone").attempts.front().reason.find("No such file") != std::string::npos);
  CHECK(f.sink.of("fine").verdict.reproduction == Reproduction::kUnreproducible);
}

TEST_CASE("what throws around the attempts costs its own request alone, which is told so") {
  Fixture f;
  auto options = f.options();
  options.run = [](auto&, auto, auto, auto) { return made(Outcome::kCrashed, "SUMMARY: a"); };
  options.identity = [](const std::string&) -> std::string { throw std::bad_alloc(); };
  int refusals = 1;
  options.deliver = [&](const ReplayRequest& request, ReplayResult result) {
    if (request.key == "refused" && refusals-- > 0) throw std::bad_alloc();
    f.sink.deliver(request, std::move(result));
  };
  ReplayQueue queue(std::move(options));
  auto minimised = f.request("identity");
  minimised.minimise = true;
  CHECK(queue.push(minimised).ok());
  CHECK(queue.push(f.request("refused")).ok());
  CHECK(queue.push(f.request("fine")).ok());
  CHECK(f.sink.wait_for(3));
  queue.stop();
  CHECK(queue.state().running == 0);
  CHECK(queue.state().delivered == 3);
  for (const char* key : {"identity", "refused"}) {
    CHECK(f.sink.of(key).verdict.reproduction == Reproduction::kNotKnown);
    CHECK(f.sink.of(key).attempts.at(0).reason.find("bad_alloc") != std::string::npos);
  }
  CHECK(f.sink.of("fine").verdict.reproduction == Reproduction::kReproducible);
}

TEST_CASE("one that takes long makes room for others between two attempts") {
  Fixture f;
  Gate gate;
  auto options = f.options();
  options.run = [&](const ReplayRequest& request, auto, auto, std::stop_token stop) {
    gate.pass(stop);
    auto attempt = made(Outcome::kClean);
    if (request.key == "long") attempt.duration = 10s;
    return attempt;
  };
  ReplayQueue queue(std::move(options));
  CHECK(queue.push(f.request("long")).ok());
  REQUIRE(gate.wait_for_arrival());  // it runs: the others come after it
  CHECK(queue.push(f.request("b")).ok());
  CHECK(queue.push(f.request("c")).ok());
  CHECK(queue.state().running == 1);
  CHECK(queue.state().waiting == 2);
  gate.open();
  CHECK(f.sink.wait_for(3));
  queue.stop();
  CHECK(f.sink.order() == std::vector<std::string>{"b", "c", "long"});
  CHECK(f.sink.of("long").attempts.size() == 5);
}

TEST_CASE("one that was starved of CPU is tried again at our own priority") {
  Fixture f;
  std::vector<runtime::CpuPriority> priorities;
  auto options = f.options();
  options.run = [&](auto&, auto, runtime::CpuPriority priority, auto) {
    priorities.push_back(priority);
    auto attempt = made(priorities.size() == 1 ? Outcome::kTimedOut : Outcome::kCrashed);
    attempt.wall_limit = 60s;
    attempt.waiting = priorities.size() == 1 ? attempt.duration : 0ms;
    return attempt;
  };
  ReplayQueue queue(std::move(options));
  CHECK(queue.push(f.request("a")).ok());
  CHECK(f.sink.wait_for(1));
  queue.stop();
  using runtime::CpuPriority;
  CHECK(priorities == std::vector{CpuPriority::kNice, CpuPriority::kNormal, CpuPriority::kNormal});
  CHECK(f.sink.of("a").verdict.tries == 2);
}

TEST_CASE("a spent budget holds replays back, and stop does not wait for it") {
  Fixture f;
  auto options = f.options();
  options.budget = {0.001, 600s};
  options.run = [](auto&, auto, auto, auto) {
    auto attempt = made(Outcome::kClean);
    attempt.cpu = 1h;
    return attempt;
  };
  ReplayQueue queue(std::move(options));
  CHECK(queue.push(f.request("a")).ok());
  CHECK(queue.push(f.request("b")).ok());
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!queue.state().held_back && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(queue.state().held_back);
  queue.stop();
  CHECK(f.sink.order().empty());
  CHECK(queue.push(f.request("c")).error().code == schema::ErrorCode::kUnavailable);
}

TEST_CASE("stop ends what runs and delivers nothing half done") {
  Fixture f;
  Gate gate;
  auto options = f.options();
  options.concurrency = 2;
  options.run = [&](auto&, auto, auto, std::stop_token stop) {
    gate.pass(stop);
    return made(Outcome::kCrashed);
  };
  ReplayQueue queue(std::move(options));
  for (const char* key : {"a", "b", "c"}) CHECK(queue.push(f.request(key)).ok());
  REQUIRE(gate.wait_for_arrival());
  queue.stop();
  CHECK(f.sink.order().empty());
}

TEST_CASE("several threads deliver each of many requests once") {
  Fixture f;
  auto options = f.options();
  options.concurrency = 4;
  options.run = [](auto&, auto, auto, auto) { return made(Outcome::kCrashed, "SUMMARY: x"); };
  ReplayQueue queue(std::move(options));
  const auto input = f.request("input").input;
  for (int i = 0; i < 500; ++i) {
    CHECK(queue.push({std::to_string(i), f.target, input, {}, false}).ok());
  }
  CHECK(f.sink.wait_for(500));
  queue.stop();
  CHECK(f.sink.order().size() == 500);
  CHECK(f.sink.of("499").attempts.size() == 2);
}

TEST_CASE("a reproducible crash is made smaller after it is delivered, keeping its identity") {
  Fixture f;
  auto options = f.options();
  options.run = [](auto&, std::string_view bytes, auto, auto) {
    if (bytes.find("BUG") != std::string_view::npos) return made(Outcome::kCrashed, "SUMMARY: bug");
    if (bytes.find('B') != std::string_view::npos) return made(Outcome::kCrashed, "SUMMARY: another");
    return made(Outcome::kClean);
  };
  ReplayQueue queue(std::move(options));
  auto wanted = f.request("wanted", "many bytes around the BUG that is in here");
  wanted.minimise = true;
  auto clean = f.request("clean", "nothing");
  clean.minimise = true;
  CHECK(queue.push(wanted).ok());
  CHECK(queue.push(clean).ok());
  CHECK(queue.push(f.request("not asked for", "BUG")).ok());
  CHECK(f.sink.wait_for(3, 1));
  queue.stop();
  CHECK(f.sink.minimised("wanted").input == "BUG");
  CHECK(f.sink.minimised("wanted").smaller);
  CHECK(f.sink.minimised("wanted").tries > 3);
}

}  // namespace fuzzmill::producers
