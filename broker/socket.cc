#include "broker/socket.h"

#include <zmq.h>

#include "broker/zap.h"
#include "schema/limits.h"

namespace fuzzmill::broker {
namespace {

void configure(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::maxmsgsize,
             static_cast<std::int64_t>(schema::kMaxMessageSize + schema::kCurveOverhead));
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, 30);
  socket.set(zmq::sockopt::tcp_keepalive_intvl, 10);
  socket.set(zmq::sockopt::tcp_keepalive_cnt, 3);
  socket.set(zmq::sockopt::heartbeat_ivl, 5000);
  socket.set(zmq::sockopt::heartbeat_timeout, 15000);
  socket.set(zmq::sockopt::handshake_ivl, 5000);
}

}  // namespace

void configure_router(zmq::socket_t& socket, const Credential& server) {
  configure(socket);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::router_mandatory, true);
  // Messages of one peer that wait for us; with the bound of a message this bounds what a peer can make us
  // hold.
  socket.set(zmq::sockopt::rcvhwm, 16);
  socket.set(zmq::sockopt::sndhwm, 4096);
  socket.set(zmq::sockopt::backlog, 512);
  socket.set(zmq::sockopt::curve_server, true);
  socket.set(zmq::sockopt::curve_secretkey, server.secret_key);
  socket.set(zmq::sockopt::zap_domain, kZapDomain);
}

void configure_dealer(zmq::socket_t& socket, const Peer& peer) {
  configure(socket);
  socket.set(zmq::sockopt::linger, 1000);
  socket.set(zmq::sockopt::immediate, true);
  socket.set(zmq::sockopt::reconnect_ivl, 100);
  socket.set(zmq::sockopt::reconnect_ivl_max, 2000);
  socket.set(zmq::sockopt::sndhwm, 4096);
  socket.set(zmq::sockopt::rcvhwm, 4096);
  socket.set(zmq::sockopt::curve_serverkey, peer.server_public_key);
  socket.set(zmq::sockopt::curve_publickey, peer.self.public_key);
  socket.set(zmq::sockopt::curve_secretkey, peer.self.secret_key);
}

bool receive(zmq::socket_t& socket, Frames& frames) {
  frames.clear();
  do {
    zmq::message_t frame;
    if (!socket.recv(frame, frames.empty() ? zmq::recv_flags::dontwait : zmq::recv_flags::none)) return false;
    // Past the protocol's bound a frame is read, since a message comes whole, but not kept.
    if (frames.size() <= schema::kMaxFrames + 1)
      frames.push_back(std::move(frame));
    else
      frames.back() = std::move(frame);
  } while (frames.back().more());
  return true;
}

Sent send(zmq::socket_t& socket, Frames& frames) {
  try {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const auto flags = i + 1 < frames.size() ? zmq::send_flags::dontwait | zmq::send_flags::sndmore
                                               : zmq::send_flags::dontwait;
      if (!socket.send(frames[i], flags)) return Sent::kFull;
    }
    return Sent::kYes;
  } catch (const zmq::error_t& e) {
    if (e.num() == EHOSTUNREACH) return Sent::kGone;
    throw;
  }
}

zmq::message_t frame_of_owned(std::string bytes) {
  if (bytes.size() < 512) return frame_of(bytes);
  auto* owned = new std::string(std::move(bytes));
  return {owned->data(), owned->size(), [](void*, void* hint) { delete static_cast<std::string*>(hint); },
          owned};
}

}  // namespace fuzzmill::broker
