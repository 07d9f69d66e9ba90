// The doorkeeper: answers ZMQ's authentication requests (RFC 27/ZAP) with the role of a public key.
// libzmq lets everybody in while no handler is bound, so make it before any socket binds, and drop
// every message without a user all the same.
//
// Life cycle: bound on construction, serves on its own thread until destroyed; destroy it before the
// context. It reads the authorized folder again whenever that has changed: a key that is removed from it is
// refused the next time it connects.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <zmq.hpp>

#include "broker/credentials.h"

namespace fuzzmill::broker {

inline constexpr const char* kZapDomain = "fuzzmill";

// What the handler vouches for, as the socket's User-Id says it: "role:name".
struct Identity {
  Role role = Role::kNode;
  std::string name;
};
std::string user_id(const Identity& identity);
schema::Result<Identity> parse_user_id(std::string_view text);

class Zap {
 public:
  Zap(zmq::context_t& context, std::filesystem::path keys);
  ~Zap();
  Zap(const Zap&) = delete;
  Zap& operator=(const Zap&) = delete;

 private:
  void serve();
  std::string user_of(std::string_view raw_key);
  void read_keys_if_changed();

  std::filesystem::path keys_;
  zmq::socket_t socket_;
  zmq::socket_t stop_in_;
  zmq::socket_t stop_out_;
  std::filesystem::file_time_type read_at_{};  // the folder's time when it was read
  std::map<std::string, std::string> users_;   // Z85 public key to user id; the thread's own
  std::thread thread_;
};

}  // namespace fuzzmill::broker
