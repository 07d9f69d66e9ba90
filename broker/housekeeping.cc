// What the committer does between jobs: the lease of its name, trimming, depth and memory, taking over
// from brokers that died, and emptying the hold.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "broker/clock.h"
#include "broker/committer.h"
#include "runtime/log.h"
#include "schema/keys.h"

namespace fuzzmill::broker {
namespace {

using schema::Status;
namespace keys = schema::keys;

constexpr std::uint64_t kTrimMs = 200;
constexpr std::uint64_t kMemoryMs = 1000;
constexpr std::uint64_t kLeaseMs = 3000;
constexpr std::uint64_t kAdoptMs = 5000;
constexpr std::uint64_t kSweepMs = 60'000;
constexpr std::size_t kPage = 1000;

// The number after "name:" in INFO's text.
double info_number(std::string_view text, std::string_view name) {
  const auto at = text.find(fmt::format("\n{}:", name));
  return at == std::string_view::npos ? 0
                                      : std::atof(std::string(text.substr(at + name.size() + 2, 24)).c_str());
}

// The bucket at the end of a key of the hold.
std::uint64_t bucket_of(std::string_view key) {
  const auto digits = key.substr(key.rfind(':') + 1);
  std::uint64_t bucket = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), bucket);
  return bucket;
}

schema::Result<std::vector<std::uint64_t>> held_buckets(store::Redis& redis) {
  std::vector<std::uint64_t> buckets;
  std::string cursor = "0";
  const std::string pattern = "fuzzmill:{log}:hold:*";
  do {
    const auto page = redis.command({"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"});
    if (!page) return schema::Error(page.error());
    cursor = page->items[0].text;
    for (const auto& key : page->items[1].items) buckets.push_back(bucket_of(key.text));
  } while (cursor != "0");
  return buckets;
}

}  // namespace

void Committer::housekeep() {
  if (!log_) return;  // the next job connects
  const std::uint64_t now = steady_ms();
  JobResult found;
  Status status;
  const auto due = [&](std::uint64_t& next, std::uint64_t every) {
    if (!status || now < next) return false;
    next = now + every;
    return true;
  };
  if (due(next_lease_, kLeaseMs)) {
    const auto kept = log_->redis().command({"SET", keys::broker(options_.broker_id), lease_, "PX", "10000"});
    if (!kept) status = schema::Error(kept.error());
  }
  if (due(next_trim_, kTrimMs)) status = trim();
  if (due(next_memory_, kMemoryMs)) status = check_memory();
  if (due(next_adopt_, kAdoptMs)) status = adopt_orphans(found);
  if (due(next_sweep_, kSweepMs)) status = sweep();
  if (!status) {
    runtime::log_warn("housekeeping failed", {{"error", status.error().message}});
    log_.reset();
    // Whether a job comes or not, the broker must find its Redis again.
    if (!connect()) next_lease_ = now + 500;
  }
  if (!found.orphans.empty()) give(std::move(found));
}

Status Committer::trim() {
  for (const schema::Topic topic : schema::all_topics()) {
    const auto index = static_cast<std::size_t>(topic);
    if (!pressure_.dirty[index].exchange(false) && !pressure_.busy[index].load()) continue;
    const auto depth = log_->trim(topic);
    if (!depth) return schema::Error(depth.error());
    const bool was = pressure_.busy[index].load();
    const bool is = was ? *depth > options_.max_depth * 9 / 10 : *depth > options_.max_depth;
    if (was != is) {
      runtime::log_warn(is ? "topic is busy: publishers keep their events" : "topic has room again",
                        {{"topic", name(topic)}, {"depth", *depth}, {"limit", options_.max_depth}});
    }
    pressure_.busy[index].store(is);
  }
  return {};
}

Status Committer::check_memory() {
  const auto info = log_->redis().command({"INFO", "memory"});
  if (!info) return schema::Error(info.error());
  const double limit = info_number(info->text, "maxmemory");
  const bool is = limit > 0 && info_number(info->text, "used_memory") > limit * 0.9;
  if (is != pressure_.full.load())
    runtime::log_warn(is ? "the memory of Redis is nearly full" : "Redis has memory again", {});
  pressure_.full.store(is);
  return {};
}

Status Committer::list_own_pending(JobResult& result) {
  for (const auto& subscription : schema::kSubscriptions) {
    auto pending = log_->pending_of(subscription.topic, subscription.stage, options_.broker_id, 1'000'000);
    if (!pending) return std::move(pending).error();
    std::move(pending->begin(), pending->end(), std::back_inserter(result.orphans));
  }
  return {};
}

schema::Result<bool> Committer::is_alive(const std::string& broker_id) {
  const auto alive = log_->redis().command({"EXISTS", keys::broker(broker_id)});
  if (!alive) return schema::Error(alive.error());
  return alive->integer == 1;
}

// What a broker had on loan which has no lease any more.
Status Committer::adopt_loans(schema::Topic topic, schema::Stage stage, JobResult& result) {
  const auto borrowers = log_->borrowers(topic, stage);
  if (!borrowers) return schema::Error(borrowers.error());
  for (const std::string& borrower : *borrowers) {
    if (borrower == options_.broker_id) continue;
    const auto alive = is_alive(borrower);
    if (!alive) return schema::Error(alive.error());
    if (*alive) continue;
    auto taken = log_->take_back(topic, stage, borrower);
    if (!taken) return std::move(taken).error();
    runtime::log_info("took over from a broker that is gone",
                      {{"broker", borrower}, {"stage", name(stage)}, {"entries", taken->size()}});
    std::move(taken->begin(), taken->end(), std::back_inserter(result.orphans));
  }
  return {};
}

// Entries that a broker held which has no lease any more become ours; the broker's name is forgotten.
Status Committer::adopt_orphans(JobResult& result) {
  for (const auto& [stage, topic] : schema::kSubscriptions) {
    const auto consumers = log_->consumers(topic, stage);
    if (!consumers) return schema::Error(consumers.error());
    if (auto status = adopt_loans(topic, stage, result); !status) return status;
    for (const auto& consumer : *consumers) {
      if (consumer.name == options_.broker_id) continue;
      const auto alive = is_alive(consumer.name);
      if (!alive) return schema::Error(alive.error());
      if (*alive) continue;
      auto page = log_->pending_of(topic, stage, consumer.name, kPage);
      if (!page) return std::move(page).error();
      if (page->empty()) {
        if (auto forgotten = log_->forget_consumer(topic, stage, consumer.name); !forgotten) return forgotten;
        continue;
      }
      std::vector<std::string> words = {"XCLAIM", keys::stream(topic), std::string(name(stage)),
                                        options_.broker_id, "0"};
      for (const auto& entry : *page) words.push_back(entry.id);
      words.emplace_back("JUSTID");
      const auto moved = log_->redis().command(words);
      if (!moved) return schema::Error(moved.error());
      runtime::log_info("took over from a broker that is gone",
                        {{"broker", consumer.name}, {"stage", name(stage)}, {"entries", page->size()}});
      std::move(page->begin(), page->end(), std::back_inserter(result.orphans));
    }
  }
  return {};
}

// A bucket of the hold goes when it is older than the oldest event that is not done and no dead letter
// names it. The bucket of now and the one before stay: an event may be on its way into them.
Status Committer::sweep() {
  const auto oldest = log_->oldest_unfinished(unix_ms());
  if (!oldest) return schema::Error(oldest.error());
  const auto letters = store::dead_letters(log_->redis(), 100'000);
  if (!letters) return schema::Error(letters.error());
  std::set<std::uint64_t> named;
  for (const auto& letter : *letters) named.insert(letter.bucket);
  const std::uint64_t keep_from = *oldest / keys::kHoldBucketMs;
  const auto droppable = [&](std::uint64_t bucket) {
    return bucket + 1 < keep_from && !named.contains(bucket);
  };
  const auto held = held_buckets(log_->redis());
  if (!held) return schema::Error(held.error());
  for (const std::uint64_t bucket : *held) {
    if (!droppable(bucket)) continue;
    const auto dropped = log_->redis().command({"UNLINK", keys::hold(bucket)});
    if (!dropped) return schema::Error(dropped.error());
  }
  for (const std::uint64_t bucket : hold_.buckets()) {
    if (!droppable(bucket)) continue;
    if (auto dropped = hold_.drop(bucket); !dropped) {
      runtime::log_warn("a bucket of the hold cannot be dropped", {{"error", dropped.error().message}});
    }
  }
  return {};
}

}  // namespace fuzzmill::broker
