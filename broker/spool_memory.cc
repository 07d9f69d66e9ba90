#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "broker/spool_rules.h"
#include "schema/limits.h"

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
    if (once_.contains(key)) return false;
    auto stored = store(std::move(event), std::move(attachments));
    if (!stored) return std::move(stored).error();
    once_.insert(key);
    return true;
  }

  bool remembers(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    return once_.contains(key);
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
    --state_.events;
    state_.bytes -= size_of(*it);
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
    std::deque<SpooledEvent> waiting;
  };

  Result<schema::EventId> store(schema::Event event, std::vector<Attachment> attachments) {
    LaneState& lane = lane_of(event.topic());
    auto packed = pack(std::move(event), std::move(attachments), lane.source, lane.last + 1);
    if (!packed) return std::move(packed).error();
    const std::size_t size = size_of(*packed);
    if (!make_room(size)) {
      return schema::unavailable(fmt::format("spool is full: {} bytes wait for the broker", state_.bytes));
    }
    const schema::EventId id = schema::EventId::of(packed->source, packed->sequence);
    lane.last = packed->sequence;
    lane.waiting.push_back(std::move(*packed));
    ++state_.events;
    state_.bytes += size;
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
  void pop(LaneState& lane) {
    --state_.events;
    state_.bytes -= size_of(lane.waiting.front());
    lane.waiting.pop_front();
  }
  bool make_room(std::size_t size) {
    for (const schema::Topic topic : kMakesWay) {
      for (auto& lane = lanes_[topic]; state_.bytes + size > max_bytes_ && !lane.waiting.empty();
           ++state_.dropped) {
        pop(lane);
      }
    }
    return state_.bytes + size <= max_bytes_;
  }

  std::mutex mutex_;
  std::uint64_t max_bytes_;
  std::mt19937_64 random_;
  std::map<schema::Topic, LaneState> lanes_;
  std::set<std::string> once_;
  SpoolState state_;
};

}  // namespace

Result<SpooledEvent> pack(schema::Event event, std::vector<Attachment> attachments, std::uint64_t source,
                          std::uint64_t sequence) {
  if (attachments.size() > schema::kMaxAttachments) {
    return schema::too_large(fmt::format("event has {} attachments, the limit is {}", attachments.size(),
                                         schema::kMaxAttachments));
  }
  SpooledEvent packed{source, sequence, {}, {}};
  event.id = schema::EventId::of(source, sequence);
  event.attachments.clear();
  std::size_t total = 0;
  for (Attachment& attachment : attachments) {
    total += attachment.bytes.size();
    if (attachment.bytes.size() > schema::kMaxAttachmentSize) {
      return schema::too_large(fmt::format("attachment '{}' has {} bytes, the limit is {}", attachment.name,
                                           attachment.bytes.size(), schema::kMaxAttachmentSize));
    }
    event.attachments.push_back({attachment.name, schema::sha256(attachment.bytes), attachment.bytes.size()});
    packed.attachments.push_back(std::move(attachment.bytes));
  }
  packed.event = schema::encode(event);
  if (total + packed.event.size() > schema::kMaxMessageSize / 2) {
    return schema::too_large(fmt::format("event with its attachments has {} bytes, the limit is {}",
                                         total + packed.event.size(), schema::kMaxMessageSize / 2));
  }
  if (packed.event.size() > schema::kMaxEventSize) {
    return schema::too_large(
        fmt::format("event of {} bytes, the limit is {}", packed.event.size(), schema::kMaxEventSize));
  }
  if (!schema::valid_name(event.node) || (!event.target.empty() && !schema::valid_name(event.target))) {
    return schema::invalid(fmt::format("'{}' or '{}' is no name of a node or target ([A-Za-z0-9._-]{{1,64}})",
                                       event.node.substr(0, 64), event.target.substr(0, 64)));
  }
  return packed;
}

std::size_t size_of(const SpooledEvent& event) {
  std::size_t size = event.event.size() + 64;
  for (const auto& attachment : event.attachments) size += attachment.size();
  return size;
}

std::unique_ptr<Spool> memory_spool(std::uint64_t max_bytes, std::uint64_t seed) {
  return std::make_unique<MemorySpool>(max_bytes, seed);
}

}  // namespace fuzzmill::broker
