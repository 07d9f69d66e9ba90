// The way of a crash through the four stages, against a real Redis, without a broker.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "schema/event_codec.h"
#include "schema/limits.h"
#include "store/crash_index.h"
#include "tests/catch.h"
#include "tests/redis_server.h"
#include "workers/alert/alert_log.h"
#include "workers/alert/stage.h"
#include "workers/archive/stage.h"
#include "workers/classify/stage.h"
#include "workers/deliveries.h"
#include "workers/fingerprint/stage.h"

namespace fuzzmill::workers {
namespace {

namespace fs = std::filesystem;
using schema::OutcomeKind;

std::vector<std::string> read_lines(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

struct Mill {
  tests::RedisServer server;
  tests::TemporaryFolder folder;
  Clock now = [] { return kTestNow; };
  FingerprintStage fingerprint{server.address(), now};
  ClassifyStage classify{server.address()};
  ArchiveStage archive{server.address(), now, {folder.path(), 5}};
  std::unique_ptr<AlertStage> alert = make_alert();

  std::unique_ptr<AlertStage> make_alert() {
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<AlertLog>(folder.path() / "alerts.log"));
    return std::make_unique<AlertStage>(server.address(), now, 1000, std::move(sinks));
  }

  // What a stage makes of a batch, ready for the next. Every outcome must be done.
  Deliveries through(Stage& stage, Deliveries batch) {
    const Outcomes outcomes = stage.handle(batch);
    REQUIRE(outcomes.size() == batch.size());
    Deliveries outputs;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      INFO(outcomes[i].reason);
      REQUIRE(outcomes[i].kind == OutcomeKind::kDone);
      for (const schema::Event& event : outcomes[i].outputs) outputs.push_back(next(event, batch[i]));
    }
    return outputs;
  }

  std::vector<store::GroupRow> groups() {
    store::Redis redis = server.connect();
    auto page = store::CrashIndex(redis).list({}, 1000);
    if (!page) FAIL(page.error().message);
    return page->rows;
  }
};

}  // namespace

TEST_CASE("Crashes of 200 bugs from three nodes become 200 exact groups, archived and alerted once each") {
  Mill mill;
  constexpr int kBugs = 200, kEach = 5;
  const std::string nodes[] = {"nyc", "london", "singapore"};
  Deliveries crashes;
  for (int i = 0; i < kBugs * kEach; ++i) {
    crashes.push_back(found(static_cast<std::uint64_t>(i), i % kBugs, nodes[i % 3]));
  }
  // A third of them is delivered twice, and in no order.
  const Deliveries twice(crashes.begin(), crashes.begin() + kBugs * kEach / 3);
  crashes.insert(crashes.end(), twice.begin(), twice.end());
  std::shuffle(crashes.begin(), crashes.end(), std::mt19937(42));

  std::map<std::string, int> raised;
  for (std::size_t at = 0; at < crashes.size(); at += 128) {
    const auto end = std::min(at + 128, crashes.size());
    const Deliveries prints = mill.through(mill.fingerprint, {crashes.begin() + static_cast<long>(at),
                                                              crashes.begin() + static_cast<long>(end)});
    CHECK(prints.size() == end - at);
    const Deliveries classified = mill.through(mill.classify, prints);
    CHECK(mill.through(mill.archive, classified).empty());
    const Deliveries alerts = mill.through(*mill.alert, classified);
    for (const auto& alert : alerts) ++raised[std::get<schema::AlertRaised>(alert.event.body).subject];
    mill.through(*mill.alert, alerts);
  }

  const auto groups = mill.groups();
  CHECK(groups.size() == kBugs);
  for (const store::GroupRow& group : groups) {
    INFO(group.group << " " << group.title);
    CHECK(group.count == kEach);
    CHECK(group.kind == "heap-buffer-overflow");
    CHECK_FALSE(group.severity.empty());
    CHECK(group.security);
    CHECK(group.alerted == "group.new");
    CHECK(fs::exists(fs::path(group.archive) / "meta.json"));
    CHECK(raised[group.group] >= 1);
  }
  const auto lines = read_lines(mill.folder.path() / "alerts.log");
  CHECK(lines.size() == kBugs);
  for (const store::GroupRow& group : groups) {
    CHECK(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
            return line.find(group.group) != std::string::npos;
          }) == 1);
  }
}

TEST_CASE("What a report says beside its kind reaches the severity") {
  Mill mill;
  const auto security_of = [&](std::uint64_t number, const std::string& said) {
    broker::Delivery crash = found(number, static_cast<int>(number));
    crash.attachments.back().bytes =
        asan_report(static_cast<int>(number), "heap-use-after-free", "READ") + said;
    const auto classified = mill.through(mill.classify, mill.through(mill.fingerprint, {crash}));
    REQUIRE(classified.size() == 1);
    return std::get<schema::CrashClassified>(classified[0].event.body).security;
  };
  CHECK(security_of(1, ""));
  CHECK_FALSE(security_of(2, "MiraclePtr Status: PROTECTED\n"));
}

TEST_CASE("A repeated delivery derives the same events, so that nothing downstream counts twice") {
  Mill mill;
  const Deliveries crash = {found(1, 1)};
  const auto first = mill.through(mill.fingerprint, crash), again = mill.through(mill.fingerprint, crash);
  REQUIRE((first.size() == 1 && again.size() == 1));
  CHECK(first[0].event.id == again[0].event.id);
  CHECK(first[0].event.attachments == crash[0].event.attachments);
  CHECK(std::get<schema::CrashFingerprinted>(first[0].event.body).found == crash[0].event.id.hex());
  const auto classified = mill.through(mill.classify, first),
             classified_again = mill.through(mill.classify, again);
  CHECK(classified[0].event.id == classified_again[0].event.id);
  // The worker died after the claim and before the log had its alert: the next one raises the same.
  const auto alert = mill.through(*mill.alert, classified);
  mill.alert = mill.make_alert();
  const auto alert_again = mill.through(*mill.alert, classified_again);
  REQUIRE((alert.size() == 1 && alert_again.size() == 1));
  CHECK(alert[0].event.id == alert_again[0].event.id);
  CHECK(std::get<schema::AlertRaised>(alert[0].event.body).text ==
        std::get<schema::AlertRaised>(alert_again[0].event.body).text);
  CHECK(mill.groups().at(0).count == 1);
}

TEST_CASE("While Redis is away every stage says later, and goes on when it is back") {
  Mill mill;
  Deliveries crash = {found(1, 1), found(2, 2)};
  Deliveries prints = mill.through(mill.fingerprint, crash);
  Deliveries classified = mill.through(mill.classify, prints);
  mill.through(mill.archive, classified);
  mill.through(*mill.alert, classified);

  mill.server.kill_9();
  const auto all_later = [](Stage& stage, Deliveries batch) {
    const Outcomes outcomes = stage.handle(batch);
    return outcomes.size() == batch.size() &&
           std::all_of(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
             return outcome.kind == OutcomeKind::kLater && !outcome.reason.empty() && outcome.outputs.empty();
           });
  };
  for (int attempt = 0; attempt < 2; ++attempt) {  // the broken connection, then none
    CHECK(all_later(mill.fingerprint, crash));
    CHECK(all_later(mill.classify, prints));
    CHECK(all_later(mill.archive, classified));
    CHECK(all_later(*mill.alert, classified));
  }
  mill.server.restart();
  mill.through(mill.fingerprint, {found(1, 1), found(3, 1)});
  mill.through(mill.classify, prints);
  mill.through(mill.archive, classified);
  mill.through(*mill.alert, classified);
  std::uint64_t total = 0;
  for (const auto& group : mill.groups()) total += group.count;
  CHECK(total == 3);
}

TEST_CASE("A crash without a report is counted as unknown by how it ended, and its input is no fingerprint") {
  Mill mill;
  auto first = found(1, 1), second = found(2, 2);
  for (auto* crash : {&first, &second}) {
    std::erase_if(crash->attachments, [](const auto& attachment) { return attachment.name == "report"; });
  }
  mill.through(mill.fingerprint, {first, second});
  const auto groups = mill.groups();
  REQUIRE(groups.size() == 1);  // two inputs, one ending
  CHECK(groups[0].count == 2);
}

TEST_CASE("An event that no stage can take becomes a dead letter with its reason, its neighbours go on") {
  Mill mill;
  Deliveries batch = {found(1, 1), found(2, 2), found(3, 3)};
  batch[1].event.target.clear();
  batch[2].event.body = schema::Heartbeat{};
  const Outcomes outcomes = mill.fingerprint.handle(batch);
  CHECK(outcomes[0].kind == OutcomeKind::kDone);
  CHECK(outcomes[1].kind == OutcomeKind::kNever);
  CHECK(outcomes[1].reason.find("target") != std::string::npos);
  CHECK(outcomes[2].kind == OutcomeKind::kNever);

  Deliveries hostile = mill.through(mill.fingerprint, {found(4, 4)});
  SECTION("a group that is a path") {
    std::get<schema::CrashFingerprinted>(hostile[0].event.body).group = "../../../etc";
  }
  SECTION("a signature that is a key") {
    std::get<schema::CrashFingerprinted>(hostile[0].event.body).signature = "x}:fuzzmill:{log}";
  }
  CHECK(mill.classify.handle(hostile)[0].kind == OutcomeKind::kNever);
}

TEST_CASE("A report of hostile text passes every stage and stays within the size of an event") {
  Mill mill;
  auto crash = found(1, 1);
  std::string report = asan_report(1);
  std::string frames;
  for (int i = 0; i < 2'000; ++i) {
    frames +=
        fmt::format("    #{} 0x1 in {}{}\xff\x1b[31m /a.cc:1:1\n", i, std::string(3'000, 'x'), letters(i));
  }
  report.insert(report.find("    #0"), frames);
  crash.attachments[1].bytes = report;
  const auto prints = mill.through(mill.fingerprint, {crash});
  const auto classified = mill.through(mill.classify, prints);
  for (const auto* batch : {&prints, &classified}) {
    const std::string bytes = schema::encode(batch->at(0).event);
    CHECK(bytes.size() <= schema::kMaxEventSize);
    CHECK(schema::decode(bytes).ok());
  }
  mill.through(mill.archive, classified);
  const auto alerts = mill.through(*mill.alert, classified);
  mill.through(*mill.alert, alerts);
  const auto lines = read_lines(mill.folder.path() / "alerts.log");
  REQUIRE(lines.size() == 1);
  CHECK(std::none_of(lines[0].begin(), lines[0].end(), [](char c) { return c >= 0 && c < 0x20; }));
}

}  // namespace fuzzmill::workers
