// The library as a program out of our tree sees it: through its two headers and the shared library.
#include <fuzzmill/producer.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "schema/keys.h"
#include "tests/catch.h"
#include "tests/queue_server.h"

using namespace fuzzmill;

namespace {

struct Node {
  tests::QueueServer queue;
  ProducerOptions options;

  Node() {
    (void)queue.peer("nyc", broker::Role::kNode);
    options.endpoint = queue.endpoint();
    options.keys = queue.keys();
    options.node = "nyc";
    options.target = "fuzz_me";
    options.spool = queue.folder() / "library" / "a.spool";
  }
  std::int64_t length(schema::Topic topic) {
    auto redis = queue.redis().connect();
    return redis.command({"XLEN", schema::keys::stream(topic)})->integer;
  }
};

Producer opened(const ProducerOptions& options) {
  auto producer = Producer::open(options);
  INFO((producer ? "" : producer.error().text));
  REQUIRE(producer);
  return std::move(*producer);
}

Crash crash_of(std::string_view input) {
  Crash crash;
  crash.input = input;
  crash.report = "==1==ERROR: AddressSanitizer: SEGV";
  return crash;
}

std::vector<std::filesystem::path> other_threads() {
  std::vector<std::filesystem::path> tasks;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    if (task.path().filename() != std::to_string(::getpid())) tasks.push_back(task.path());
  }
  return tasks;
}

// The line "SigBlk: hex" of a thread's status.
std::uint64_t blocked_signals(const std::filesystem::path& task) {
  std::ifstream status(task / "status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("SigBlk:", 0) == 0) return std::stoull(line.substr(7), nullptr, 16);
  }
  return 0;
}

bool blocks(std::uint64_t mask, int signal) { return (mask >> (signal - 1) & 1) != 0; }

}  // namespace

TEST_CASE("a crash is published once, whoever asks again, over close and open") {
  Node node;
  {
    Producer producer = opened(node.options);
    const auto first = producer.publish(crash_of("abc"));
    REQUIRE(first);
    CHECK(*first);
    CHECK_FALSE(*producer.publish(crash_of("abc")));
    CHECK(*producer.publish(crash_of("abd")));
    CHECK(*producer.publish(crash_of("")));  // an empty input crashes many a target
    REQUIRE(producer.drain(std::chrono::seconds(30)));
    CHECK(producer.state()->acknowledged == 3);
    CHECK(producer.state()->connected == 1);
  }
  Producer producer = opened(node.options);
  CHECK_FALSE(*producer.publish(crash_of("abc")));
  REQUIRE(producer.drain(std::chrono::seconds(30)));
  CHECK(node.length(schema::Topic::kCrashFound) == 3);
}

TEST_CASE("what a broker that is away does not get is there for the next open") {
  Node node;
  node.queue.stop();
  {
    Producer producer = opened(node.options);
    REQUIRE(producer.publish(crash_of("abc")));
    const auto drained = producer.drain(std::chrono::milliseconds(1));
    REQUIRE_FALSE(drained);
    CHECK(drained.error().code == FailureCode::kUnavailable);
    CHECK(producer.state()->waiting_events == 1);
  }
  node.queue.start();
  Producer producer = opened(node.options);
  REQUIRE(producer.drain(std::chrono::seconds(30)));
  CHECK(node.length(schema::Topic::kCrashFound) == 1);
}

TEST_CASE("samples and corpora arrive beside crashes") {
  Node node;
  Producer producer = opened(node.options);
  Sample sample;
  sample.executions = 1000;
  sample.exec_per_second = 12.5;
  REQUIRE(producer.publish(sample));
  const auto corpus = node.queue.folder() / "corpus";
  std::filesystem::create_directories(corpus);
  std::ofstream(corpus / "one") << "seed";
  REQUIRE(producer.publish_corpus(corpus, "0123abcd"));
  const auto missing = producer.publish_corpus(node.queue.folder() / "none");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == FailureCode::kNotFound);
  REQUIRE(producer.drain(std::chrono::seconds(30)));
  CHECK(node.length(schema::Topic::kResourceSample) == 1);
  CHECK(node.length(schema::Topic::kCorpusSnapshot) == 1);
}

TEST_CASE("what is wrong with options and crashes is said, with a code to branch on") {
  Node node;
  const auto code_of = [](const ProducerOptions& options) {
    auto producer = Producer::open(options);
    REQUIRE_FALSE(producer);
    CHECK_FALSE(producer.error().text.empty());
    return producer.error().code;
  };
  auto options = node.options;
  options.target = "../x";
  CHECK(code_of(options) == FailureCode::kInvalid);
  options = node.options;
  options.key_name = "nobody";
  CHECK(code_of(options) == FailureCode::kNotFound);
  options = node.options;
  options.spool = "";
  CHECK(code_of(options) == FailureCode::kInvalid);

  Producer producer = opened(node.options);
  CHECK(producer.publish(Crash{}).error().code == FailureCode::kInvalid);
  Crash odd = crash_of("x");
  odd.kind = "explosion";
  CHECK(producer.publish(odd).error().code == FailureCode::kInvalid);
  const std::string large((16u << 20) + 1, 'x');
  CHECK(producer.publish(crash_of(large)).error().code == FailureCode::kTooLarge);
  CHECK(fuzzmill_producer_sample(nullptr, nullptr) == FUZZMILL_INVALID);
  CHECK(std::string(fuzzmill_error_text()) == "no producer");
}

TEST_CASE("two producers on one spool are a conflict, or take a slot each where there are slots") {
  Node node;
  Producer first = opened(node.options);
  auto second = Producer::open(node.options);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == FailureCode::kConflict);
  auto options = node.options;
  options.spool_slots = 2;
  {
    Producer other = opened(options);
    REQUIRE(other.publish(crash_of("x")));
    CHECK(std::filesystem::exists(node.options.spool + ".1"));
    CHECK(Producer::open(options).error().code == FailureCode::kConflict);
  }
  CHECK(Producer::open(options));
}

TEST_CASE("no thread of the library takes a signal, and the caller's mask stays as it was") {
  Node node;  // has threads of its own, which are not the library's
  std::set<std::filesystem::path> before;
  for (const auto& task : other_threads()) before.insert(task);
  const std::uint64_t mask = blocked_signals("/proc/self");
  Producer producer = opened(node.options);
  REQUIRE(producer.publish(crash_of("x")));
  REQUIRE(producer.drain(std::chrono::seconds(30)));
  CHECK(blocked_signals("/proc/self") == mask);
  std::size_t seen = 0;
  for (const auto& task : other_threads()) {
    if (before.contains(task)) continue;
    const std::uint64_t blocked = blocked_signals(task);
    ++seen;
    for (const int signal :
         {SIGALRM, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD, SIGXFSZ, SIGPROF, SIGVTALRM}) {
      INFO(task << " signal " << signal);
      CHECK(blocks(blocked, signal));
    }
  }
  CHECK(seen >= 1);
}

TEST_CASE("in a fork every call says so, and the producer of the parent goes on") {
  Node node;
  Producer producer = opened(node.options);
  REQUIRE(producer.publish(crash_of("before")));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto published = producer.publish(crash_of("child"));
    const bool right = !published && published.error().code == FailureCode::kConflict &&
                       !producer.publish(Sample{}) && !producer.drain(std::chrono::seconds(0)) &&
                       !producer.state();
    { const Producer closed = std::move(producer); }
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  REQUIRE(producer.publish(crash_of("after")));
  REQUIRE(producer.drain(std::chrono::seconds(30)));
  CHECK(node.length(schema::Topic::kCrashFound) == 2);
}

TEST_CASE("a struct of an older header is read as far as it goes") {
  Node node;
  Producer producer = opened(node.options);
  fuzzmill_options options;
  fuzzmill_options_init(&options);
  const std::string spool = node.options.spool + "-old";
  options.endpoint = node.options.endpoint.c_str();
  options.keys = node.options.keys.c_str();
  options.node = "nyc", options.target = "t", options.spool = spool.c_str();
  options.spool_slots = 7;
  options.size = offsetof(fuzzmill_options, spool_bytes);
  fuzzmill_producer* old = nullptr;
  CHECK(fuzzmill_producer_open(&options, &old) == FUZZMILL_OK);
  fuzzmill_producer* again = nullptr;  // one slot, as before there were slots
  CHECK(fuzzmill_producer_open(&options, &again) == FUZZMILL_CONFLICT);
  CHECK(again == nullptr);
  fuzzmill_producer_close(old);
  options.size = 0;
  CHECK(fuzzmill_producer_open(&options, &again) == FUZZMILL_INVALID);
}
