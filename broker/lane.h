// What a publisher knows of one lane on the wire: what is sent and not acknowledged, and when to send
// again. Pure: time comes in as milliseconds.
#pragma once

#include <cstdint>
#include <deque>

namespace fuzzmill::broker {

class Lane {
 public:
  explicit Lane(std::uint64_t source) : source_(source) {}

  std::uint64_t source() const { return source_; }
  // The sequence after which to send on, which is also the `previous` of the next message.
  std::uint64_t sent() const { return sent_; }
  std::size_t in_flight() const { return in_flight_; }
  std::size_t bytes_in_flight() const { return bytes_in_flight_; }
  bool may_send(std::uint64_t now, std::size_t events, std::size_t bytes) const {
    return now >= resume_ && in_flight_ < events && bytes_in_flight_ < bytes;
  }
  std::uint64_t resume() const { return resume_; }

  void on_sent(std::uint64_t last, std::size_t events, std::size_t bytes, std::uint64_t now) {
    batches_.push_back({last, events, bytes});
    in_flight_ += events;
    bytes_in_flight_ += bytes;
    sent_ = last;
    if (waiting_since_ == 0) waiting_since_ = now;
  }
  // Returns how many events of ours it acknowledged.
  std::size_t on_ack(std::uint64_t sequence, std::uint64_t now) {
    std::size_t events = 0;
    while (!batches_.empty() && batches_.front().last <= sequence) {
      events += batches_.front().events;
      bytes_in_flight_ -= batches_.front().bytes;
      batches_.pop_front();
    }
    in_flight_ -= events;
    waiting_since_ = in_flight_ == 0 ? 0 : now;
    return events;
  }
  // The broker lacks what comes after `sequence`. While waiting after a BUSY this is old news.
  void on_rewind(std::uint64_t sequence, std::uint64_t now) {
    if (now >= resume_) start_from(sequence);
  }
  void on_busy(std::uint64_t previous, std::uint64_t retry_ms, std::uint64_t now) {
    if (now < resume_) return;
    start_from(previous);
    resume_ = now + retry_ms;
  }
  // A new connection, or silence for too long: everything unacknowledged goes again.
  void restart() { start_from(0); }
  bool overdue(std::uint64_t now, std::uint64_t limit) const {
    return waiting_since_ != 0 && waiting_since_ + limit < now;
  }

 private:
  struct Batch {
    std::uint64_t last = 0;
    std::size_t events = 0;
    std::size_t bytes = 0;
  };
  void start_from(std::uint64_t sequence) {
    batches_.clear();
    in_flight_ = 0;
    bytes_in_flight_ = 0;
    sent_ = sequence;
    waiting_since_ = 0;
  }

  std::uint64_t source_;
  std::uint64_t sent_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t bytes_in_flight_ = 0;
  std::deque<Batch> batches_;
  std::uint64_t resume_ = 0;
  std::uint64_t waiting_since_ = 0;
};

}  // namespace fuzzmill::broker
