#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "broker/spool_rules.h"
#include "broker/spool_thinning.h"

namespace fuzzmill::broker {
namespace {

using schema::Result;
using schema::Status;

class MemorySpool : public Spool {
 public:
  MemorySpool(std::uint64_t max_bytes, std::uint64_t seed) : max_bytes_(max_bytes), random_(seed) {}

  Result<schema::EventId> put(schema::Event event, std::vector<Attachment> attachments) override {
    const std::lock_guard lock(mutex_);
    return store(std::move(event), std::move(attachments));
  }

  Result<bool> put_once(const std::string& key, schema::Event event,
                        std::vector<Attachment> attachments) override {
    const std::lock_guard lock(mutex_);
    if (once_.contains(kept_key(key))) return false;
    auto stored = store(std::move(event), std::move(attachments));
    if (!stored) return std::move(stored).error();
    once_.insert(kept_key(key));
    return true;
  }

  bool remembers(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    return once_.contains(kept_key(key));
  }

  std::vector<Lane> lanes() override {
    const std::lock_guard lock(mutex_);
    std::vector<Lane> lanes;
    for (const auto& [topic, lane] : lanes_) lanes.push_back({lane.source, topic});
    return lanes;
  }

  Result<std::vector<SpooledEvent>> after(std::uint64_t source, std::uint64_t sequence, std::size_t count,
                                          std::size_t bytes) override {
    const std::lock_guard lock(mutex_);
    std::vector<SpooledEvent> events;
    LaneState* lane = find(source);
    if (lane == nullptr) return events;
    auto it = std::partition_point(lane->waiting.begin(), lane->waiting.end(),
                                   [&](const SpooledEvent& e) { return e.sequence <= sequence; });
    for (std::size_t total = 0; it != lane->waiting.end() && events.size() < count; ++it) {
      total += size_of(*it);
      if (!events.empty() && total > bytes) break;
      events.push_back(*it);
    }
    if (!events.empty()) lane->handed = std::max(lane->handed, events.back().sequence);
    return events;
  }

  Status forget(std::uint64_t source, std::uint64_t sequence) override {
    const std::lock_guard lock(mutex_);
    LaneState* lane = find(source);
    while (lane != nullptr && !lane->waiting.empty() && lane->waiting.front().sequence <= sequence)
      pop(*lane);
    return {};
  }

  Status set_aside(std::uint64_t source, std::uint64_t sequence, const std::string&) override {
    const std::lock_guard lock(mutex_);
    LaneState* lane = find(source);
    if (lane == nullptr) return {};
    const auto it = std::find_if(lane->waiting.begin(), lane->waiting.end(),
                                 [&](const SpooledEvent& e) { return e.sequence == sequence; });
    if (it == lane->waiting.end()) return {};
    take(*lane, size_of(*it));
    ++state_.refused;
    lane->waiting.erase(it);
    return {};
  }

  SpoolState state() override {
    const std::lock_guard lock(mutex_);
    return state_;
  }

 private:
  struct LaneState {
    std::uint64_t source = 0;
    std::uint64_t last = 0;
    std::uint64_t handed = 0;  // out by after(), up to here
    std::uint64_t bytes = 0;   // waiting
    ThinningRound thinning;
    std::deque<SpooledEvent> waiting;
  };

  Result<schema::EventId> store(schema::Event event, std::vector<Attachment> attachments) {
    const schema::Topic topic = event.topic();
    LaneState& lane = lane_of(topic);
    auto packed = pack(std::move(event), std::move(attachments), lane.source, lane.last + 1);
    if (!packed) return std::move(packed).error();
    const std::size_t size = size_of(*packed);
    if (!make_room(topic, size)) {
      return schema::unavailable(fmt::format("spool is full: {} bytes wait for the broker", state_.bytes));
    }
    const schema::EventId id = schema::EventId::of(packed->source, packed->sequence);
    lane.last = packed->sequence;
    lane.waiting.push_back(std::move(*packed));
    ++state_.events;
    state_.bytes += size, lane.bytes += size;
    return id;
  }

  LaneState& lane_of(schema::Topic topic) {
    LaneState& lane = lanes_[topic];
    while (lane.source == 0) lane.source = random_();
    return lane;
  }
  LaneState* find(std::uint64_t source) {
    for (auto& [topic, lane] : lanes_) {
      if (lane.source == source) return &lane;
    }
    return nullptr;
  }
  void take(LaneState& lane, std::size_t size) {
    --state_.events;
    state_.bytes -= size, lane.bytes -= size;
  }
  void pop(LaneState& lane) {
    take(lane, size_of(lane.waiting.front()));
    lane.waiting.pop_front();
  }
  bool make_room(schema::Topic topic, std::size_t size) {
    const auto full = [&] { return state_.bytes + size > max_bytes_; };
    if (!full()) return true;
    std::uint64_t may_go = 0;
    for (const auto& [of, lane] : lanes_) may_go += makes_way(of, topic) ? lane.bytes : 0;
    if (state_.bytes + size > max_bytes_ + may_go) return false;
    thin_out(lanes_[schema::Topic::kResourceSample], size);
    for (const schema::Topic droppable : kMakesWay) {
      if (!makes_way(droppable, topic)) break;
      for (auto& lane = lanes_[droppable]; full() && !lane.waiting.empty(); ++state_.dropped) pop(lane);
    }
    return !full();
  }

  void thin_out(LaneState& lane, std::size_t size) {
    (void)thin_round(
        lane.handed, lane.last, lane.thinning, [&] { return state_.bytes + size > max_bytes_; },
        [&](std::uint64_t after) { return oldest(lane, after, kThinningPass); },
        [&](const Thinned& thinned) { return replace(lane, thinned); });
  }
  static std::vector<SpooledEvent> oldest(const LaneState& lane, std::uint64_t after, std::size_t count) {
    auto it = std::partition_point(lane.waiting.begin(), lane.waiting.end(),
                                   [&](const SpooledEvent& e) { return e.sequence <= after; });
    const auto left = static_cast<std::size_t>(lane.waiting.end() - it);
    return {it, it + static_cast<std::ptrdiff_t>(std::min(left, count))};
  }
  Status replace(LaneState& lane, const Thinned& thinned) {
    std::map<std::uint64_t, const SpooledEvent*> news;
    for (const SpooledEvent& event : thinned.replaced) news[event.sequence] = &event;
    const std::set<std::uint64_t> gone(thinned.gone.begin(), thinned.gone.end());
    std::deque<SpooledEvent> kept;
    for (SpooledEvent& event : lane.waiting) {
      if (gone.contains(event.sequence)) {
        take(lane, size_of(event));
        ++state_.merged;
        continue;
      }
      if (const auto found = news.find(event.sequence); found != news.end()) {
        const std::uint64_t grown = size_of(*found->second) - size_of(event);  // may wrap, and back
        state_.bytes += grown, lane.bytes += grown;
        event = *found->second;
      }
      kept.push_back(std::move(event));
    }
    lane.waiting = std::move(kept);
    return {};
  }

  std::mutex mutex_;
  std::uint64_t max_bytes_;
  std::mt19937_64 random_;
  std::map<schema::Topic, LaneState> lanes_;
  std::set<std::string> once_;
  SpoolState state_;
};

}  // namespace

std::unique_ptr<Spool> memory_spool(std::uint64_t max_bytes, std::uint64_t seed) {
  return std::make_unique<MemorySpool>(max_bytes, seed);
}

}  // namespace fuzzmill::broker
