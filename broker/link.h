// A peer's connection to the broker: the DEALER and its monitor, made anew when the broker refuses the
// key (libzmq never tries again by itself after that), and an eventfd to wake its thread.
//
// Threads: all but wake() belong to one thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <zmq.hpp>

#include "broker/credentials.h"
#include "broker/socket.h"

namespace fuzzmill::broker {

class Link {
 public:
  explicit Link(Peer peer);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Waits until a message, a change of the connection, a wake() or the time limit.
  void wait(std::chrono::milliseconds limit);
  void wake();

  // What happened to the connection since the last call.
  enum class Change { kNone, kUp, kDown, kRefused };
  Change change();
  bool up() const { return up_; }
  const std::string& problem() const { return problem_; }

  bool receive(Frames& frames) { return broker::receive(socket_, frames); }
  Sent send(Frames& frames) { return broker::send(socket_, frames); }

 private:
  void open();
  void close();

  Peer peer_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  zmq::socket_t monitor_;
  int wake_fd_;
  bool up_ = false;
  bool monitor_ready_ = false;  // by the last wait()
  std::string problem_;
  std::optional<std::chrono::steady_clock::time_point> reopen_;
};

}  // namespace fuzzmill::broker
