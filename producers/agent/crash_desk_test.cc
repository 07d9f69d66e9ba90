#include "producers/agent/crash_desk.h"

#include <algorithm>

#include "producers/agent/vector_outbox.h"
#include "tests/catch.h"
#include "tests/few_files.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;

// An outbox that can refuse, and replays that answer when told to.
class Refusing final : public Outbox {
 public:
  schema::Result<schema::EventId> publish(schema::Event event,
                                          std::vector<broker::Attachment> attachments) override {
    return inner.publish(std::move(event), std::move(attachments));
  }
  schema::Result<bool> publish_once(const std::string& key, schema::Event event,
                                    std::vector<broker::Attachment> attachments) override {
    if (full) return schema::unavailable("the spool is full");
    std::size_t bytes = 0;
    for (const auto& attachment : attachments) bytes += attachment.bytes.size();
    if (bytes > most_bytes) return schema::too_large("too large");
    return inner.publish_once(key, std::move(event), std::move(attachments));
  }
  bool published(const std::string& key) override { return inner.published(key); }
  broker::SpoolState spool() override { return {}; }

  VectorOutbox inner;
  bool full = false;
  std::size_t most_bytes = 1000;
};

struct Bench {
  tests::TemporaryFolder folder;
  Refusing outbox;
  std::vector<std::function<void(Replayed)>> orders;
  std::vector<std::string> warnings;
  int woken = 0;
  CrashDesk::Time now{1h};
  CrashDesk desk{options(), outbox, std::move(*PendingCrashes::open(folder.path() / "pending", 1 << 20))};

  CrashDeskOptions options() {
    CrashDeskOptions options;
    options.node = "london", options.target = "t", options.engine = "afl";
    options.replay = [this](const std::filesystem::path&, const std::string&,
                            std::function<void(Replayed)> done) {
      orders.push_back(std::move(done));
      return true;
    };
    options.unix_ms = [] { return 7u; };
    options.warn = [this](const std::string& text) { warnings.push_back(text); };
    options.wake = [this] { ++woken; };
    return options;
  }
  bool take(const std::string& input, std::optional<std::string> report = std::nullopt) {
    Finding finding;
    finding.artifact = "id:000000", finding.kind = "crash", finding.signal = 6;
    finding.input = input, finding.content = schema::sha256(input), finding.report = std::move(report);
    return desk.take(finding, std::nullopt, std::nullopt);
  }
  const schema::CrashFound& crash(std::size_t at) {
    return *outbox.inner.events.at(at).as<schema::CrashFound>();
  }
};

}  // namespace

TEST_CASE("a crash with its report is published at once; one without waits for its replay") {
  Bench bench;
  CHECK(bench.take("with", "the report"));
  REQUIRE(bench.outbox.inner.events.size() == 1);
  CHECK(bench.crash(0).report_source == "log");
  CHECK(bench.take("without"));
  CHECK(bench.outbox.inner.events.size() == 1);
  CHECK(bench.desk.known("crash", schema::sha256("without")));
  REQUIRE(bench.orders.size() == 1);
  bench.orders[0]({5, 2, runtime::ExitStatus{1, {}}, {"best", "second"}});
  CHECK(bench.woken == 1);
  bench.desk.collect(bench.now);
  REQUIRE(bench.outbox.inner.events.size() == 2);
  CHECK(bench.crash(1).report_source == "replay");
  CHECK(bench.crash(1).replays == 5);
  CHECK(bench.crash(1).reproduced == 2);
  CHECK(bench.crash(1).signal == 6);  // as the fuzzer saw it
  CHECK(bench.outbox.inner.events[1].attachment("report") == "best");
  CHECK(bench.outbox.inner.events[1].attachment("replay-2") == "second");
  CHECK(bench.desk.known("crash", schema::sha256("without")));
  CHECK(std::filesystem::is_empty(bench.folder.path() / "pending"));
}

TEST_CASE("what waited for a replay that is not wanted any more is published without one") {
  Bench bench;
  for (int i = 0; i < 40; ++i) CHECK(bench.take(std::to_string(i)));
  CHECK(bench.outbox.inner.events.empty());
  auto options = bench.options();
  options.replay = nullptr;
  CrashDesk desk(options, bench.outbox,
                 std::move(*PendingCrashes::open(bench.folder.path() / "pending", 1 << 20)));
  desk.resume();
  for (int rounds = 0; rounds < 3; ++rounds) desk.collect(bench.now += 2s);
  CHECK(bench.outbox.inner.events.size() == 40);
  CHECK(bench.crash(0).report_source == "none");
  CHECK_FALSE(bench.crash(0).replays.has_value());
  CHECK(std::filesystem::is_empty(bench.folder.path() / "pending"));
}

TEST_CASE("a full spool keeps crashes where they are until it has room") {
  Bench bench;
  bench.outbox.full = true;
  CHECK_FALSE(bench.take("with", "the report"));
  CHECK(bench.take("without"));
  bench.orders.at(0)({1, 1, {}, {"report"}});
  bench.desk.collect(bench.now);
  CHECK(bench.outbox.inner.events.empty());
  REQUIRE(bench.desk.next());
  bench.outbox.full = false;
  bench.desk.collect(*bench.desk.next());
  CHECK(bench.outbox.inner.events.size() == 1);
  CHECK(bench.take("with", "the report"));
  CHECK(bench.outbox.inner.events.size() == 2);
}

TEST_CASE("why a crash could not be replayed is said once") {
  Bench bench;
  CHECK(bench.take("without"));
  Replayed none;
  none.problem = "the target is gone";
  bench.orders.at(0)(none);
  bench.outbox.full = true;
  bench.desk.collect(bench.now);
  bench.outbox.full = false;
  bench.desk.collect(*bench.desk.next());
  CHECK(bench.outbox.inner.events.size() == 1);
  const std::string said = "id:000000: could not be replayed: the target is gone";
  CHECK(std::count(bench.warnings.begin(), bench.warnings.end(), said) == 1);
}

TEST_CASE("nothing is replayed while what came back cannot be published") {
  Bench bench;
  CHECK(bench.take("first"));
  bench.orders.at(0)({1, 1, {}, {"report"}});
  bench.outbox.full = true;
  bench.desk.collect(bench.now);
  for (int i = 0; i < 10; ++i) CHECK(bench.take(std::to_string(i)));
  bench.desk.collect(bench.now += 2s);
  CHECK(bench.orders.size() == 1);
  bench.outbox.full = false;
  bench.desk.collect(bench.now += 2s);
  CHECK(bench.orders.size() == 11);
}

TEST_CASE("a crash whose files cannot be read now waits until they can") {
  Bench bench;
  CHECK(bench.take("without"));
  const auto bound = tests::FewFiles();
  bench.orders.at(0)({1, 1, {}, {"report"}});
  bench.desk.collect(bench.now);
  bound.lift();
  CHECK(bench.outbox.inner.events.empty());
  bench.desk.collect(*bench.desk.next());
  REQUIRE(bench.outbox.inner.events.size() == 1);
  CHECK(bench.outbox.inner.events[0].attachment("input") == "without");
}

TEST_CASE("what is too large for one event goes without its largest part") {
  Bench bench;
  CHECK(bench.take(std::string(600, 'i'), std::string(600, 'r')));
  REQUIRE(bench.outbox.inner.events.size() == 1);
  CHECK(bench.outbox.inner.events[0].attachments.size() == 1);
}

TEST_CASE("more crashes than the queue takes wait on disk and are replayed in their turn") {
  Bench bench;
  for (int i = 0; i < 100; ++i) CHECK(bench.take(std::to_string(i)));
  CHECK(bench.orders.size() == 32);
  std::size_t answered = 0;
  for (int rounds = 0; rounds < 1000 && bench.outbox.inner.events.size() < 100; ++rounds) {
    for (; answered < bench.orders.size(); ++answered) bench.orders[answered]({1, 0, {}, {}});
    bench.desk.collect(bench.now += 2s);
    CHECK(bench.desk.in_replay() <= 32);
  }
  CHECK(bench.outbox.inner.events.size() == 100);
  CHECK(bench.desk.crashes() == 100);
}

}  // namespace fuzzmill::producers
