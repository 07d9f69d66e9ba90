#include "broker/link.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <cstring>

namespace fuzzmill::broker {
namespace {

constexpr auto kRefusedPause = std::chrono::seconds(5);

// The number of the event in the first frame of a monitor's message.
std::uint16_t event_of(const Frames& frames) {
  std::uint16_t event = 0;
  if (!frames.empty() && frames[0].size() >= sizeof event)
    std::memcpy(&event, frames[0].data(), sizeof event);
  return event;
}

}  // namespace

Link::Link(Peer peer)
    : peer_(std::move(peer)), context_(1), wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  open();
}

Link::~Link() {
  close();
  ::close(wake_fd_);
}

void Link::open() {
  socket_ = zmq::socket_t(context_, zmq::socket_type::dealer);
  configure_dealer(socket_, peer_);
  const std::string address = fmt::format("inproc://monitor-{}", static_cast<void*>(socket_.handle()));
  zmq_socket_monitor(socket_.handle(), address.c_str(),
                     ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |
                         ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                         ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
  monitor_ = zmq::socket_t(context_, zmq::socket_type::pair);
  monitor_.connect(address);
  socket_.connect(peer_.endpoint);
}

void Link::close() {
  zmq_socket_monitor(socket_.handle(), nullptr, 0);
  monitor_.close();
  socket_.close();
  monitor_ready_ = false;
  up_ = false;
}

void Link::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
}

void Link::wait(std::chrono::milliseconds limit) {
  std::array<zmq::pollitem_t, 3> items = {{{nullptr, wake_fd_, ZMQ_POLLIN, 0},
                                           {socket_.handle(), 0, ZMQ_POLLIN, 0},
                                           {monitor_.handle(), 0, ZMQ_POLLIN, 0}}};
  try {
    zmq::poll(items.data(), items.size(), limit);
  } catch (const zmq::error_t& e) {
    if (e.num() != EINTR) throw;
  }
  std::uint64_t count = 0;
  if ((items[0].revents & ZMQ_POLLIN) != 0) {
    [[maybe_unused]] const auto read = ::read(wake_fd_, &count, sizeof count);
  }
  monitor_ready_ = (items[2].revents & ZMQ_POLLIN) != 0;
}

Link::Change Link::change() {
  const auto now = std::chrono::steady_clock::now();
  if (reopen_ && now >= *reopen_) {
    reopen_.reset();
    close();
    open();
    return Change::kDown;
  }
  // Asking a socket for what it does not have costs two system calls, each time a batch is sent.
  if (!monitor_ready_) return Change::kNone;
  Frames frames;
  if (!broker::receive(monitor_, frames)) {
    monitor_ready_ = false;
    return Change::kNone;
  }
  switch (event_of(frames)) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      up_ = true;
      problem_.clear();
      return Change::kUp;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      problem_ = fmt::format(
          "the broker at {} does not know the key '{}': copy its .pub to the broker's authorized/",
          peer_.endpoint, peer_.self.name);
      reopen_ = now + kRefusedPause;
      up_ = false;
      return Change::kRefused;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      problem_ =
          fmt::format("handshake with {} failed: is server.pub the key of that broker?", peer_.endpoint);
      up_ = false;
      return Change::kDown;
    case ZMQ_EVENT_DISCONNECTED:
      up_ = false;
      return Change::kDown;
    default:
      return Change::kNone;
  }
}

}  // namespace fuzzmill::broker
