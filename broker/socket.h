// ZMQ sockets with the options that both ends of the queue protocol use, and multipart messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "broker/credentials.h"

namespace fuzzmill::broker {

using Frames = std::vector<zmq::message_t>;

// The broker's end: ROUTER with CURVE; refuses what is larger than the protocol allows.
void configure_router(zmq::socket_t& socket, const Credential& server);
// A peer's end: DEALER with CURVE; queues nothing for a broker that is not there.
void configure_dealer(zmq::socket_t& socket, const Peer& peer);

// The next whole message, or false when there is none now.
bool receive(zmq::socket_t& socket, Frames& frames);

enum class Sent { kYes, kFull, kGone };
Sent send(zmq::socket_t& socket, Frames& frames);

inline std::string_view view(const zmq::message_t& frame) {
  return {static_cast<const char*>(frame.data()), frame.size()};
}
inline zmq::message_t frame_of(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
// A frame that takes the string along instead of copying it.
zmq::message_t frame_of_owned(std::string bytes);

}  // namespace fuzzmill::broker
