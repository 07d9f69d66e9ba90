#include "broker/publisher.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "broker/clock.h"
#include "broker/lane.h"
#include "broker/link.h"
#include "broker/spool_rules.h"
#include "schema/limits.h"
#include "schema/wire.h"

namespace fuzzmill::broker {

namespace wire = schema::wire;

class Publisher::Impl {
 public:
  Impl(PublisherOptions options, std::unique_ptr<Spool> spool)
      : options_(std::move(options)),
        spool_(std::move(spool)),
        link_(options_.peer),
        thread_([this] { run(); }) {}

  ~Impl() { stop(); }

  void stop() {
    stopping_.store(true);
    link_.wake();
    if (thread_.joinable()) thread_.join();
  }

  schema::Result<schema::EventId> publish(schema::Event event, std::vector<Attachment> attachments) {
    auto id = spool_->put(std::move(event), std::move(attachments));
    if (id) tell();
    return id;
  }

  schema::Result<bool> publish_once(const std::string& key, schema::Event event,
                                    std::vector<Attachment> attachments) {
    auto put = spool_->put_once(key, std::move(event), std::move(attachments));
    if (put && *put) tell();
    return put;
  }

  bool published(const std::string& key) { return spool_->remembers(key); }

  bool drain(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return drained_.wait_for(lock, limit, [this] { return spool_->state().events == 0; });
  }

  PublisherState state() {
    const std::lock_guard lock(mutex_);
    PublisherState state = state_;
    state.spool = spool_->state();
    return state;
  }

 private:
  // One wake-up is enough until the thread has looked: a write for each event would cost more than the event.
  void tell() {
    if (!news_.exchange(true)) link_.wake();
  }

  void run() {
    bool more = false;
    while (!stopping_.load()) {
      link_.wait(more ? std::chrono::milliseconds(0) : patience());
      news_.store(false);
      follow_connection();
      Frames frames;
      while (link_.receive(frames)) {
        if (!frames.empty()) hear(view(frames[0]));
      }
      open_lanes();
      more = link_.up() && send_some();
    }
  }

  // Until the next thing that happens by time alone.
  std::chrono::milliseconds patience() const {
    const std::uint64_t now = steady_ms();
    std::uint64_t until = now + 1000;
    for (const auto& [source, lane] : lanes_) {
      if (lane.resume() > now) until = std::min(until, lane.resume());
    }
    return std::chrono::milliseconds(until - now);
  }

  void follow_connection() {
    for (auto change = link_.change(); change != Link::Change::kNone; change = link_.change()) {
      if (change == Link::Change::kUp) {
        for (auto& [source, lane] : lanes_) lane.restart();
      }
      const std::lock_guard lock(mutex_);
      state_.connected = link_.up();
      if (!link_.problem().empty()) state_.last_problem = link_.problem();
    }
    for (auto& [source, lane] : lanes_) {
      if (lane.overdue(steady_ms(), static_cast<std::uint64_t>(options_.resend.count()))) lane.restart();
    }
  }

  void open_lanes() {
    for (const Spool::Lane& lane : spool_->lanes()) lanes_.try_emplace(lane.source, lane.source);
  }

  void hear(std::string_view header) {
    const auto message = wire::decode_broker(header);
    if (!message) return note("the broker sent what cannot be read: " + message.error().message);
    const std::uint64_t now = steady_ms();
    if (const auto* ack = std::get_if<wire::Ack>(&*message)) return on_ack(*ack, now);
    if (const auto* refuse = std::get_if<wire::Refuse>(&*message)) {
      note(fmt::format("event {} refused: {}", refuse->sequence, refuse->reason));
      (void)spool_->set_aside(refuse->source, refuse->sequence, std::string(refuse->reason));
      const std::lock_guard lock(mutex_);
      ++state_.refused;
      drained_.notify_all();
    } else if (const auto* rewind = std::get_if<wire::Rewind>(&*message)) {
      if (const auto lane = lanes_.find(rewind->source); lane != lanes_.end())
        lane->second.on_rewind(rewind->sequence, now);
    } else if (const auto* busy = std::get_if<wire::Busy>(&*message)) {
      note(fmt::format("the broker is busy: {}", busy->reason));
      if (const auto lane = lanes_.find(busy->source); lane != lanes_.end()) {
        lane->second.on_busy(busy->previous, busy->retry_ms, now);
      }
    } else if (const auto* fault = std::get_if<wire::Fault>(&*message)) {
      // Nothing of some message was taken. Which one it was shows by what stays unacknowledged.
      note(fmt::format("the broker refused a message: {}", fault->reason));
    }
  }

  void on_ack(const wire::Ack& ack, std::uint64_t now) {
    const auto lane = lanes_.find(ack.source);
    if (lane == lanes_.end()) return;
    const std::size_t events = lane->second.on_ack(ack.sequence, now);
    (void)spool_->forget(ack.source,
                         ack.sequence);  // fails on a full disk only: then it is acknowledged again
    const std::lock_guard lock(mutex_);
    state_.acknowledged += events;
    drained_.notify_all();
  }

  // Sends one message of each lane that may. True when some lane has more to send at once.
  bool send_some() {
    bool more = false;
    const std::uint64_t now = steady_ms();
    for (auto& [source, lane] : lanes_) {
      if (!lane.may_send(now, options_.window_events, options_.window_bytes)) continue;
      const std::size_t count = std::min(options_.batch_events, options_.window_events - lane.in_flight());
      auto events = spool_->after(source, lane.sent(), count, options_.batch_bytes);
      if (!events || events->empty()) {
        if (!events) note(events.error().message);
        continue;
      }
      if (send_batch(lane, *events, now)) more = true;
    }
    return more;
  }

  bool send_batch(Lane& lane, const std::vector<SpooledEvent>& events, std::uint64_t now) {
    wire::Publish publish{lane.source(), lane.sent(), {}};
    Frames frames(1);
    for (const SpooledEvent& event : events) {
      // One event alone always fits; several may have more attachments than a message has frames.
      if (!publish.events.empty() && frames.size() + event.attachments.size() > schema::kMaxFrames) break;
      publish.events.push_back({event.sequence, event.event});
      for (const auto& attachment : event.attachments) frames.push_back(frame_of(attachment));
    }
    const std::uint64_t last = publish.events.back().sequence;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < publish.events.size(); ++i) bytes += size_of(events[i]);
    frames[0] = frame_of_owned(wire::encode(publish));
    if (link_.send(frames) != Sent::kYes) return false;
    lane.on_sent(last, publish.events.size(), bytes, now);
    return true;
  }

  void note(std::string problem) {
    const std::lock_guard lock(mutex_);
    state_.last_problem = std::move(problem);
  }

  PublisherOptions options_;
  std::unique_ptr<Spool> spool_;
  Link link_;
  std::map<std::uint64_t, Lane> lanes_;  // the thread's own
  std::atomic<bool> stopping_{false};
  std::atomic<bool> news_{false};
  std::mutex mutex_;
  std::condition_variable drained_;
  PublisherState state_;
  std::thread thread_;
};

Publisher::Publisher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Publisher::~Publisher() = default;

std::unique_ptr<Publisher> Publisher::start(PublisherOptions options, std::unique_ptr<Spool> spool) {
  return std::unique_ptr<Publisher>(
      new Publisher(std::make_unique<Impl>(std::move(options), std::move(spool))));
}

schema::Result<schema::EventId> Publisher::publish(schema::Event event, std::vector<Attachment> attachments) {
  return impl_->publish(std::move(event), std::move(attachments));
}
schema::Result<bool> Publisher::publish_once(const std::string& key, schema::Event event,
                                             std::vector<Attachment> attachments) {
  return impl_->publish_once(key, std::move(event), std::move(attachments));
}

bool Publisher::published(const std::string& key) const { return impl_->published(key); }

bool Publisher::drain(std::chrono::milliseconds limit) { return impl_->drain(limit); }
PublisherState Publisher::state() const { return impl_->state(); }
void Publisher::stop() { impl_->stop(); }

}  // namespace fuzzmill::broker
