// As much of NATS' text protocol as a publisher to JetStream speaks, over a plain socket on loopback.
// Throws std::runtime_error on anything unexpected: a benchmark has nobody to recover for. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fuzzmill::bench {

class NatsClient {
 public:
  explicit NatsClient(std::uint16_t port);
  ~NatsClient();
  NatsClient(const NatsClient&) = delete;
  NatsClient& operator=(const NatsClient&) = delete;

  // A JetStream stream in files that takes this subject.
  void create_stream(const std::string& name, const std::string& subject);

  // Publishes `count` messages, never more than `window` of them not yet acknowledged; returns when all are.
  void publish(const std::string& subject, std::string_view payload, std::size_t count, std::size_t window);

 private:
  void send(std::string_view bytes);
  void receive();
  // The next line or, after "MSG …", the message's body; what PING asks is answered on the way.
  std::string_view line();
  std::string_view body(std::size_t size);
  std::string_view next_reply();

  int fd_ = -1;
  std::string in_;
  std::size_t read_ = 0;  // of in_
};

}  // namespace fuzzmill::bench
