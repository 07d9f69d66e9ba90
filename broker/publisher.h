// Publishes events: into the spool first, then to the broker, forgotten only when the broker says durable.
//
// Life cycle: start() makes a thread that connects (and connects again, for ever), sends a window of each
// lane, follows ACK, REWIND, BUSY and REFUSE. stop() ends it; what is unacknowledged stays in the spool.
// Threads: publish(), state() and drain() from any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "broker/credentials.h"
#include "broker/spool.h"
#include "schema/event.h"
#include "schema/result.h"

namespace fuzzmill::broker {

struct PublisherOptions {
  Peer peer;
  std::size_t window_events = 2048;        // sent and unacknowledged, each lane …
  std::size_t window_bytes = 8u << 20;     // … and their bytes, attachments counted
  std::size_t batch_events = 256;          // in one message …
  std::size_t batch_bytes = 256 * 1024;    // … and their bytes, attachments counted; at least one event
  std::chrono::milliseconds resend{5000};  // no acknowledgement for so long: send again
};

struct PublisherState {
  bool connected = false;
  std::uint64_t acknowledged = 0;  // events, since start
  std::uint64_t refused = 0;       // events, since start
  std::string last_problem;        // the last BUSY, REFUSE, FAULT or failed handshake, for people
  SpoolState spool;
};

class Publisher {
 public:
  static std::unique_ptr<Publisher> start(PublisherOptions options, std::unique_ptr<Spool> spool);
  ~Publisher();  // stops
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Durable in the spool on return; see Spool::put() for the errors.
  schema::Result<schema::EventId> publish(schema::Event event, std::vector<Attachment> attachments = {});

  // Once for each key, ever; see Spool::put_once().
  schema::Result<bool> publish_once(const std::string& key, schema::Event event,
                                    std::vector<Attachment> attachments = {});
  bool published(const std::string& key) const;

  // Waits until the spool is empty; false when `limit` passed first.
  bool drain(std::chrono::milliseconds limit);

  PublisherState state() const;
  void stop();

 private:
  class Impl;
  explicit Publisher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fuzzmill::broker
