#include "tests/bench/nats_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace fuzzmill::bench {
namespace {

constexpr std::size_t kMaxMessage = 1 << 20;  // of a server that we started ourselves

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("NATS: " + what); }

bool starts(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

}  // namespace

NatsClient::NatsClient(std::uint16_t port) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  const timeval limit{30, 0};
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (fd_ < 0 || connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const std::error_code why(errno, std::generic_category());
    if (fd_ >= 0) close(fd_);
    throw std::system_error(why, "NATS: connect");
  }
  if (!starts(line(), "INFO ")) fail("no INFO");
  send(
      "CONNECT {\"verbose\":false,\"pedantic\":false,\"protocol\":1,\"name\":\"bench\"}\r\nSUB _INBOX.bench "
      "1\r\n");
}

NatsClient::~NatsClient() { close(fd_); }

void NatsClient::create_stream(const std::string& name, const std::string& subject) {
  const std::string config =
      fmt::format(R"({{"name":"{}","subjects":["{}"],"storage":"file","num_replicas":1}})", name, subject);
  send(fmt::format("PUB $JS.API.STREAM.CREATE.{} _INBOX.bench {}\r\n{}\r\n", name, config.size(), config));
  const std::string_view reply = next_reply();
  if (reply.find("\"error\"") != std::string_view::npos) fail(std::string(reply));
}

void NatsClient::publish(const std::string& subject, std::string_view payload, std::size_t count,
                         std::size_t window) {
  std::string one = fmt::format("PUB {} _INBOX.bench {}\r\n", subject, payload.size());
  one.append(payload).append("\r\n");
  std::string batch;
  for (std::size_t sent = 0, acknowledged = 0; acknowledged < count;) {
    batch.clear();
    for (; sent < count && sent - acknowledged < window; ++sent) batch += one;
    send(batch);
    // One wait, then whatever has come with it.
    do {
      const std::string_view ack = next_reply();
      if (ack.find("\"seq\":") == std::string_view::npos) fail(std::string(ack));
      ++acknowledged;
    } while (read_ < in_.size() && acknowledged < sent);
  }
}

void NatsClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) throw std::system_error(errno, std::generic_category(), "NATS: send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void NatsClient::receive() {
  in_.erase(0, read_);
  read_ = 0;
  if (in_.size() > kMaxMessage) fail("a line without end");
  char buffer[64 * 1024];
  ssize_t got;
  do {
    got = recv(fd_, buffer, sizeof buffer, 0);
  } while (got < 0 && errno == EINTR);
  if (got == 0) fail("the server hung up");
  if (got < 0) throw std::system_error(errno, std::generic_category(), "NATS: receive");
  in_.append(buffer, static_cast<std::size_t>(got));
}

std::string_view NatsClient::line() {
  std::size_t end;
  while ((end = in_.find("\r\n", read_)) == std::string::npos) receive();
  const std::string_view found = std::string_view(in_).substr(read_, end - read_);
  read_ = end + 2;
  return found;
}

std::string_view NatsClient::body(std::size_t size) {
  if (size > kMaxMessage) fail("a message over its limit");
  while (in_.size() - read_ < size + 2) receive();
  const std::string_view found = std::string_view(in_).substr(read_, size);
  read_ += size + 2;
  return found;
}

std::string_view NatsClient::next_reply() {
  for (;;) {
    const std::string_view head = line();
    if (starts(head, "MSG ")) {  // MSG subject sid [reply] size
      return body(std::strtoull(std::string(head.substr(head.rfind(' ') + 1)).c_str(), nullptr, 10));
    }
    if (starts(head, "PING")) {
      send("PONG\r\n");
    } else if (starts(head, "-ERR")) {
      fail(std::string(head));
    }
  }
}

}  // namespace fuzzmill::bench
