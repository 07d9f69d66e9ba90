// fuzzmill-docs-fill SOCKET: fills a Redis as a broker and its stages do, through the functions of store/, so
// that the commands of docs/operating.md have something to show. Two groups of crashes with a merged part
// each, what waits and what is in flight, a dead letter, two held attachments, a node with a target, a corpus
// archive, a shared input, an order.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "schema/digest.h"
#include "schema/event_codec.h"
#include "schema/keys.h"
#include "store/corpus_catalog.h"
#include "store/corpus_desk.h"
#include "store/crash_index.h"
#include "store/event_log.h"
#include "store/node_index.h"
#include "store/node_watch.h"
#include "store/orders.h"

namespace {

using namespace fuzzmill;

constexpr std::uint64_t kHour = 3'600'000, kDay = 24 * kHour;
constexpr std::uint64_t kSource = 0x5eed;

[[noreturn]] void stop(const schema::Error& error) {
  std::fprintf(stderr, "docs-fill: %s\n", error.message.c_str());
  std::exit(1);
}
template <class T>
T must(schema::Result<T> result) {
  if (!result) stop(result.error());
  return std::move(result).value();
}
void must(const schema::Status& status) {
  if (!status) stop(status.error());
}

schema::Event event_of(std::uint64_t sequence, std::uint64_t time_ms, schema::Body body) {
  schema::Event event;
  event.id = schema::EventId::of(kSource, sequence);
  event.node = "nyc", event.target = "fuzz_tlv", event.time_ms = time_ms;
  event.body = std::move(body);
  return event;
}

schema::Event found(std::uint64_t sequence, std::uint64_t time_ms) {
  schema::CrashFound crash;
  crash.engine = "libfuzzer", crash.artifact = "crash-0", crash.artifact_kind = "crash",
  crash.report_source = "log";
  return event_of(sequence, time_ms, crash);
}

// Three crashes in the log: one is dead, one is in flight, one waits. The input of one is held.
void fill_log(store::Redis redis, std::uint64_t now) {
  const std::uint64_t bucket = now / schema::keys::kHoldBucketMs;
  const std::string input = "TLV", report = "a report";
  std::string events[3];
  for (std::uint64_t i = 0; i < 3; ++i) {
    schema::Event event = found(i + 1, now);
    event.attachments = {{"input", schema::sha256(input), input.size()},
                         {"report", schema::sha256(report), report.size()}};
    events[i] = schema::encode(event);
  }
  auto log = must(store::EventLog::open(std::move(redis), "docs-broker"));
  store::LogTransaction first;
  for (const std::string* bytes : {&input, &report})  // what is held is a view: no copies
    first.held.push_back({bucket, schema::sha256_hex(*bytes), *bytes});
  for (const std::string& event : events)
    first.appends.push_back({schema::Topic::kCrashFound, event, bucket});
  first.marks.push_back({{"node.nyc", kSource}, 3});
  first.reads.push_back({schema::Stage::kFingerprint, 2});
  const auto handed_out = must(log.commit(first));
  store::LogTransaction second;
  second.dead.push_back({&handed_out.entries.at(0), "the event is of a kind that this stage does not know"});
  (void)must(log.commit(second));
  // A heartbeat that the broker hands out of its memory.
  const std::string heartbeat =
      schema::encode(event_of(4, now, schema::Heartbeat{"start", "1", 0, {}, {}, {}}));
  store::LogTransaction third;
  third.appends.push_back({schema::Topic::kHeartbeat, heartbeat, 0});
  const auto appended = must(log.commit(third));
  store::LogTransaction fourth;
  fourth.lends.push_back(
      {schema::Topic::kHeartbeat, schema::Stage::kAlert, {{appended.ids.at(0), heartbeat, 0}}});
  (void)must(log.commit(fourth));
  (void)must(log.redis().command({"SET", schema::keys::broker("docs-broker"), "docs 1"}));
}

// Two groups, HIGH and LOW, each counted, classified, archived and alerted. What is counted by day or hour is
// counted for the next one too: a command that asks for today may run after midnight.
void fill_crashes(store::Redis& redis, std::uint64_t now) {
  store::CrashIndex index(redis);
  std::uint64_t sequence = 100;
  for (const auto severity : {schema::Severity::kHigh, schema::Severity::kLow}) {
    const std::string signature = schema::sha256_hex(schema::severity_name(severity));
    const std::string group = signature.substr(0, 16);
    const std::string kind = severity == schema::Severity::kHigh ? "heap-buffer-overflow" : "timeout";
    std::vector<store::CrashRecord> crashes;
    std::vector<store::AlertRequest> alerts;
    for (const std::uint64_t time : {now, now + kDay}) {
      const auto id = schema::EventId::of(kSource, ++sequence);
      crashes.push_back({id, group, signature, {"top=" + signature}, kind, "nyc", "fuzz_tlv", time});
    }
    for (store::CrashRecord& crash : crashes) crash.features = {"site=parse_tlv", "kind=" + kind};
    (void)must(index.record(crashes, now));
    store::Classification verdict;
    verdict.event = crashes[0].event, verdict.group = group, verdict.signature = signature;
    verdict.severity = severity, verdict.kind = kind, verdict.time_ms = now;
    verdict.title = kind + " in parse_tlv", verdict.cwe = "787", verdict.reasons = "[\"It writes.\"]";
    (void)must(index.classify({verdict}));
    (void)must(index.plan_archive({{group, signature, "fuzz_tlv", schema::sha256_hex(group), 16}}));
    must(index.archived(
        {{group, "/archive/crashes/fuzz_tlv/" + group, std::string(schema::severity_name(severity)), now}}));
    const std::uint64_t hour = severity == schema::Severity::kHigh ? now : now + kHour;
    (void)must(index.claim_alerts({{crashes[0].event, group, signature, now}}, hour));
    store::CrashRecord other = crashes[0];  // another face of the bug, made part of the group by hand
    other.event = schema::EventId::of(kSource, ++sequence);
    other.signature = schema::sha256_hex(signature), other.group = other.signature.substr(0, 16);
    (void)must(index.record({other}, now));
    (void)must(index.merge(group, other.group, {"ann@desk", "two callers of one bug"}, now));
  }
}

void fill_nodes(store::Redis& redis, std::uint64_t now) {
  schema::ResourceSample sample;
  sample.interval_ms = 30'000, sample.cpu_percent = 98.5, sample.rss_mb = 120, sample.threads = 1;
  sample.processes = 1, sample.states = "R", sample.exec_per_second = 5000;
  sample.state = "slow", sample.state_reason = "50.0 exec/s, where it was 5000.0";
  schema::ResourceSample machine;
  machine.interval_ms = 30'000, machine.node_cpu_percent = 55, machine.cores = 8, machine.disk_percent = 81;
  machine.disk_free_mb = 9000, machine.disk_path = "/var/lib/fuzzmill", machine.load1 = 4.5;
  schema::Heartbeat heartbeat;
  heartbeat.reason = "hour", heartbeat.version = "0.1.0", heartbeat.uptime_s = 3600;
  schema::Event events[] = {event_of(201, now, sample), event_of(202, now, heartbeat),
                            event_of(203, now, machine)};
  events[2].target.clear();
  (void)must(store::NodeIndex(redis).take({&events[0], &events[1], &events[2]}, now));

  store::WatchRequest seen;
  seen.event = events[0].id, seen.node = events[0].node, seen.target = events[0].target, seen.time_ms = now;
  seen.checks = {{"target.state", "slow", false, 1}};
  (void)must(store::NodeWatch(redis, {}).observe({seen}, now));

  store::CatalogRow archive;
  archive.id = "00000000c0ffee00", archive.target = "fuzz_tlv", archive.nodes = {{"nyc", "00000000c0ffee02"}};
  archive.object = "corpus/fuzz_tlv/2026-11-22T000512Z-00000000.tar.zst", archive.format = "tar.zst";
  archive.sha256 = schema::sha256_hex("archive"), archive.bytes = 4096, archive.files = 12;
  archive.files_bytes = 8192, archive.time_ms = now, archive.recorded_ms = now;
  archive.expires_s = now / 1000 + store::kCorpusRetention_s;
  must(store::CorpusCatalog(redis).record(archive, ""));
}

// An input that one node gave and another asked for, and an order that is under way.
void fill_way_down(store::Redis& redis, std::uint64_t now) {
  store::CorpusDesk desk(redis);
  for (const std::uint64_t time :
       {now, now + 60'000}) {  // the command asks for this minute, whenever it runs
    const std::string input = "TLV" + std::to_string(time);
    (void)must(desk.give("nyc", {"fuzz_tlv", "libfuzzer", {{schema::sha256(input), input}}}, time));
  }
  (void)must(desk.shared("london", {"fuzz_tlv", "", 100, 1 << 20, 0, 0}));
  store::Orders orders(redis);
  const std::string id = "00000000c0ffee01";
  must(orders.give({id, "backup", "fuzz_tlv", "ann@desk", now}, {"nyc", "london"}));
  must(orders.report("nyc", {id, "taken", "", "fuzz_tlv", ""}, now));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: fuzzmill-docs-fill SOCKET\n", stderr);
    return 2;
  }
  using namespace std::chrono;
  const auto now =
      static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
  store::RedisAddress address;
  address.unix_path = argv[1];
  auto redis = must(store::Redis::connect(address));
  fill_log(must(store::Redis::connect(address)), now);
  fill_crashes(redis, now);
  fill_nodes(redis, now);
  fill_way_down(redis, now);
  return 0;
}
