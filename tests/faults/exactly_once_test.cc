// Nothing lost, nothing counted twice: three publishers send 21,000 crashes of 200 known signatures while
// broker, workers and redis-server are killed with -9 and started again, each at least three times.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <deque>
#include <fstream>
#include <map>
#include <thread>

#include "broker/publisher.h"
#include "runtime/child_process.h"
#include "store/crash_index.h"
#include "store/event_log.h"
#include "tests/catch.h"
#include "tests/queue_server.h"
#include "workers/fingerprint/fingerprint.h"

using namespace fuzzmill;

namespace {

constexpr std::size_t kPublishers = 3;
constexpr std::size_t kEventsEach = 7000;
constexpr std::size_t kSignatures = 200;
constexpr int kRounds = 3;  // each kills all three

// A process of ours that says READY on its standard output.
class Program {
 public:
  explicit Program(std::vector<std::string> argv) : argv_(std::move(argv)) { start(); }

  void start() {
    runtime::SpawnOptions options;
    options.argv = argv_;
    options.out = runtime::Output::pipe();
    options.err = runtime::Output::null();
    auto child = runtime::ChildProcess::spawn(options);
    REQUIRE(child);
    child_.emplace(std::move(child).value());
    std::string said;
    REQUIRE(tests::eventually([&] {
      char buffer[256];
      const ssize_t count = ::read(child_->out(), buffer, sizeof buffer);
      if (count > 0) said.append(buffer, static_cast<std::size_t>(count));
      return said.find("READY") != std::string::npos;
    }));
  }
  void kill_9() {
    ::kill(child_->pid(), SIGKILL);
    REQUIRE(child_->wait(std::chrono::seconds(10)));
  }
  void set_last(std::string word) { argv_.back() = std::move(word); }

 private:
  std::vector<std::string> argv_;
  std::optional<runtime::ChildProcess> child_;
};

std::string report_of(std::size_t signature) {
  return fmt::format(
      "==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000011 at pc 0x4f2b31 bp 0x7ffd sp 0x7ffc\n"
      "READ of size 4 at 0x602000000011 thread T0\n"
      "    #0 0x4f2b30 in parse_field_{0} /src/parser.cc:{0}:7\n"
      "    #1 0x4f2c10 in parse_record /src/parser.cc:20:3\n"
      "    #2 0x4f2d00 in LLVMFuzzerTestOneInput /src/fuzz.cc:9:3\n"
      "SUMMARY: AddressSanitizer: heap-buffer-overflow /src/parser.cc:{0}:7 in parse_field_{0}\n",
      signature);
}

// Uneven on purpose: every group has a count of its own kind.
std::size_t signature_of(std::size_t publisher, std::size_t event) {
  const std::size_t n = publisher * kEventsEach + event;
  return n % 3 == 0 ? n % 7 : n % kSignatures;
}

schema::Event crash(const std::string& node) {
  schema::Event event;
  event.node = node;
  event.target = "fuzz_parser";
  event.time_ms = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                                 std::chrono::system_clock::now().time_since_epoch())
                                                 .count());
  event.body = schema::CrashFound{"libfuzzer", "crash-1", "crash", "log", {}, {}, {}, {}, {}, {}, {}};
  return event;
}

class System {
 public:
  System() {
    for (const auto& [name, role] :
         {std::pair{"server", broker::Role::kServer}, {"fingerprint", broker::Role::kStage},
          {"classify", broker::Role::kStage}, {"n0", broker::Role::kNode}, {"n1", broker::Role::kNode},
          {"n2", broker::Role::kNode}}) {
      REQUIRE(broker::write_credential(broker::make_credential(name, role), keys()));
    }
    const std::string redis_url = "unix:" + redis.address().unix_path;
    broker.emplace(std::vector<std::string>{
        FUZZMILL_PROGRAM, "broker", "--redis", redis_url, "--keys", keys().string(), "--hold",
        (folder.path() / "hold").string(), "--run", folder.path().string(), "--ready-fd", "1", "--worker-timeout", "1s",
        "--retry-first", "50ms", "--max-attempts", "50", "--endpoint", "tcp://127.0.0.1:0"});
    std::ifstream(folder.path() / "broker.endpoint") >> endpoint;
    broker->set_last(endpoint);  // from now on this very port
    for (int i = 0; i < 2; ++i) {
      workers.emplace_back(std::vector<std::string>{FUZZMILL_PROGRAM, "worker", "--redis", redis_url, "--keys",
                                                    keys().string(), "--endpoint", endpoint, "--ready-fd", "1",
                                                    "fingerprint", "classify"});
    }
  }

  std::filesystem::path keys() const { return folder.path() / "keys"; }

  std::map<std::string, store::GroupRow> groups() {
    std::map<std::string, store::GroupRow> rows;
    try {
      auto connection = redis.connect();
      store::CrashIndex index(connection);
      const auto page = index.list({}, 1000);
      if (page) {
        for (const auto& row : page->rows) rows[row.group] = row;
      }
    } catch (const std::exception&) {  // it is starting
    }
    return rows;
  }
  std::uint64_t counted() {
    std::uint64_t sum = 0;
    for (const auto& [id, row] : groups()) sum += row.count;
    return sum;
  }
  // What our two stages have not finished, in words; empty when they have.
  std::string unfinished() {
    auto connection = redis.connect();
    const auto states = store::stage_states(connection);
    if (!states) return states.error().message;
    std::string text;
    for (const auto& state : *states) {
      const bool ours = state.stage == schema::Stage::kFingerprint || state.stage == schema::Stage::kClassify;
      if (!ours || state.waiting + state.in_flight == 0) continue;
      text += fmt::format("{}: {} wait, {} in flight, oldest {}; ", name(state.stage), state.waiting, state.in_flight,
                          state.oldest);
    }
    return text;
  }

  tests::RedisServer redis;
  tests::TemporaryFolder folder;
  std::string endpoint;
  std::optional<Program> broker;
  std::deque<Program> workers;
};

}  // namespace

TEST_CASE("every group's count is exact after broker, workers and Redis were killed again and again") {
  System system;
  std::map<std::string, std::uint64_t> expected;
  std::vector<std::string> reports;
  std::vector<std::string> group_of;
  for (std::size_t s = 0; s < kSignatures; ++s) {
    reports.push_back(report_of(s));
    group_of.push_back(workers::fingerprint({reports.back(), {}, {}}).group);
  }
  for (std::size_t p = 0; p < kPublishers; ++p) {
    for (std::size_t e = 0; e < kEventsEach; ++e) ++expected[group_of[signature_of(p, e)]];
  }
  REQUIRE(expected.size() == kSignatures);

  std::vector<std::unique_ptr<broker::Publisher>> publishers;
  std::vector<std::jthread> threads;
  std::atomic<std::size_t> failed{0};
  for (std::size_t p = 0; p < kPublishers; ++p) {
    const std::string node = fmt::format("n{}", p);
    auto spool = broker::open_spool(system.folder.path() / (node + ".spool"), 1u << 30);
    REQUIRE(spool);
    auto peer = broker::read_peer(system.keys(), node, system.endpoint);
    REQUIRE(peer);
    broker::PublisherOptions options;
    options.peer = *peer;
    options.resend = std::chrono::milliseconds(1000);
    publishers.push_back(broker::Publisher::start(options, std::move(spool).value()));
    threads.emplace_back([&, p, node] {
      for (std::size_t e = 0; e < kEventsEach; ++e) {
        const auto put = publishers[p]->publish(crash(node), {{"input", fmt::format("{}/{}", p, e % 50)},
                                                              {"report", reports[signature_of(p, e)]}});
        if (!put) ++failed;
      }
    });
  }

  // A kill each time that another share has been counted, so that each falls into the middle of work.
  const std::uint64_t share = kPublishers * kEventsEach / (kRounds * 3 + 2);
  std::uint64_t mark = share;
  for (int round = 0; round < kRounds; ++round) {
    REQUIRE(tests::eventually([&] { return system.counted() >= mark; }, 120));
    system.broker->kill_9();
    system.broker->start();
    mark += share;
    REQUIRE(tests::eventually([&] { return system.counted() >= mark; }, 120));
    Program& worker = system.workers[static_cast<std::size_t>(round) % 2];
    worker.kill_9();
    worker.start();
    mark += share;
    REQUIRE(tests::eventually([&] { return system.counted() >= mark; }, 120));
    system.redis.kill_9();
    system.redis.restart();
    mark += share;
    std::fprintf(stderr, "round %d: %llu of %zu counted\n", round + 1,
                 static_cast<unsigned long long>(system.counted()), kPublishers * kEventsEach);
  }
  threads.clear();
  CHECK(failed.load() == 0);
  for (auto& publisher : publishers) REQUIRE(publisher->drain(std::chrono::seconds(120)));
  const bool all_done = tests::eventually([&] { return system.unfinished().empty(); }, 60);
  INFO(system.unfinished());
  REQUIRE(all_done);

  const auto groups = system.groups();
  CHECK(groups.size() == kSignatures);
  std::size_t wrong = 0;
  for (const auto& [group, count] : expected) {
    const auto found = groups.find(group);
    if (found == groups.end() || found->second.count != count || found->second.severity.empty()) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(system.counted() == kPublishers * kEventsEach);
  auto connection = system.redis.connect();
  const auto dead = store::dead_letters(connection, 10);
  REQUIRE(dead);
  CHECK(dead->empty());
}
