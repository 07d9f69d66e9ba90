#include "broker/zap.h"
#include "runtime/log.h"

#include <fmt/format.h>

#include <array>
#include <vector>
#include <zmq_addon.hpp>

namespace fuzzmill::broker {

std::string user_id(const Identity& identity) {
  return fmt::format("{}:{}", name(identity.role), identity.name);
}

schema::Result<Identity> parse_user_id(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return schema::denied("peer has no identity");
  auto role = role_named(text.substr(0, colon));
  if (!role) return std::move(role).error();
  return Identity{*role, std::string(text.substr(colon + 1))};
}

Zap::Zap(zmq::context_t& context, std::filesystem::path keys)
    : keys_(std::move(keys)),
      socket_(context, zmq::socket_type::rep),
      stop_in_(context, zmq::socket_type::pair),
      stop_out_(context, zmq::socket_type::pair) {
  socket_.bind("inproc://zeromq.zap.01");
  const std::string stop = fmt::format("inproc://zap-stop-{}", static_cast<void*>(this));
  stop_in_.bind(stop);
  stop_out_.connect(stop);
  read_keys_if_changed();
  thread_ = std::thread([this] { serve(); });
}

Zap::~Zap() {
  stop_out_.send(zmq::message_t(), zmq::send_flags::dontwait);
  thread_.join();
}

void Zap::read_keys_if_changed() {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(keys_ / "authorized", error);
  if (!error && time == read_at_) return;
  const auto credentials = read_authorized(keys_);
  if (!credentials) {
    runtime::log_warn("the authorized keys cannot be read", {{"error", credentials.error().message}});
    return;
  }
  read_at_ = time;
  users_.clear();
  for (const Credential& c : *credentials) users_[c.public_key] = user_id({c.role, c.name});
}

std::string Zap::user_of(std::string_view raw_key) {
  std::array<char, 41> text{};
  if (raw_key.size() != 32 ||
      zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(raw_key.data()), 32) == nullptr) {
    return {};
  }
  const std::string key = text.data();
  read_keys_if_changed();
  const auto found = users_.find(key);
  return found == users_.end() ? std::string() : found->second;
}

// Frames of a request: version, request id, domain, address, routing id, mechanism, then the key.
void Zap::serve() {
  for (;;) {
    std::array<zmq::pollitem_t, 2> items = {
        {{socket_.handle(), 0, ZMQ_POLLIN, 0}, {stop_in_.handle(), 0, ZMQ_POLLIN, 0}}};
    try {
      zmq::poll(items.data(), items.size(), std::chrono::milliseconds(-1));
      if ((items[1].revents & ZMQ_POLLIN) != 0) return;
      std::vector<zmq::message_t> request;
      if (!zmq::recv_multipart(socket_, std::back_inserter(request))) continue;
      const bool curve = request.size() >= 7 && request[5].to_string_view() == "CURVE";
      const std::string user = curve ? user_of(request[6].to_string_view()) : std::string();
      if (user.empty() && request.size() >= 4) {
        runtime::log_warn("peer refused: its key is not in authorized/",
                          {{"address", request[3].to_string_view()}});
      }
      std::vector<zmq::message_t> answer;
      answer.emplace_back(std::string_view("1.0"));
      answer.emplace_back(request.size() >= 2 ? request[1].to_string_view() : std::string_view());
      answer.emplace_back(user.empty() ? std::string_view("400") : std::string_view("200"));
      answer.emplace_back(user.empty() ? std::string_view("unknown key") : std::string_view("OK"));
      answer.emplace_back(std::string_view(user));
      answer.emplace_back(std::string_view());
      zmq::send_multipart(socket_, answer);
    } catch (const zmq::error_t& e) {
      if (e.num() == ETERM) return;
      if (e.num() != EINTR) runtime::log_error("doorkeeper failed", {{"error", e.what()}});
    }
  }
}

}  // namespace fuzzmill::broker
