#include "cli/port.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>

namespace fuzzmill::cli {

bool is_free(const std::string& host, int port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  if (getaddrinfo(host == "*" ? nullptr : host.c_str(), service.c_str(), &hints, &found) != 0) return true;
  const int descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;  // a port in TIME_WAIT is as good as free
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool bound = bind(descriptor, found->ai_addr, found->ai_addrlen) == 0 && listen(descriptor, 1) == 0;
  close(descriptor);
  freeaddrinfo(found);
  return bound;
}

TcpEndpoint split_endpoint(std::string_view endpoint) {
  constexpr std::string_view kTcp = "tcp://";
  if (endpoint.substr(0, kTcp.size()) != kTcp) return {};
  endpoint.remove_prefix(kTcp.size());
  const auto colon = endpoint.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::string_view host = endpoint.substr(0, colon), port = endpoint.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  TcpEndpoint out{std::string(host), 0};
  if (port == "*") return out;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc() || end != port.data() + port.size() || out.port > 65535) out.port = -1;
  return out;
}

std::string same_endpoint(std::string_view asked, std::string_view last) {
  const TcpEndpoint wish = split_endpoint(asked), before = split_endpoint(last);
  const bool any = wish.port == 0;
  return std::string(any && before.port > 0 && before.host == wish.host ? last : asked);
}

}  // namespace fuzzmill::cli
