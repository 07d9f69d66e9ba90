#include "cli/dashboard_guard.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

// Splits "host:port" and "[v6]:port"; the port may be missing.
bool split(std::string_view text, std::string_view& host, std::string_view& port) {
  port = {};
  if (!text.empty() && text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    port = text.substr(1);
    return true;
  }
  const auto colon = text.find(':');
  host = text.substr(0, colon);
  if (colon != std::string_view::npos) port = text.substr(colon + 1);
  return port.find(':') == std::string_view::npos;
}

// Takes the same time wherever the first difference is.
bool same_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference |=
        static_cast<unsigned char>(b[i]) ^ static_cast<unsigned char>(a.empty() ? 0 : a[i % a.size()]);
  }
  return difference == 0;
}

std::string decode_base64(std::string_view text) {
  std::string out;
  unsigned bits = 0, count = 0;
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= 'A' && c <= 'Z')
      digit = static_cast<unsigned>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      digit = static_cast<unsigned>(c - 'a') + 26;
    else if (c >= '0' && c <= '9')
      digit = static_cast<unsigned>(c - '0') + 52;
    else if (c == '+')
      digit = 62;
    else if (c == '/')
      digit = 63;
    else
      break;
    bits = bits << 6 | digit, count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

std::string token_of(std::string_view authorization) {
  constexpr std::string_view kBearer = "Bearer ", kBasic = "Basic ";
  if (authorization.substr(0, kBearer.size()) == kBearer)
    return std::string(authorization.substr(kBearer.size()));
  if (authorization.substr(0, kBasic.size()) != kBasic || authorization.size() > 4096) return {};
  const std::string pair = decode_base64(authorization.substr(kBasic.size()));
  const auto colon = pair.find(':');
  return colon == std::string::npos ? std::string() : pair.substr(colon + 1);
}

}  // namespace

schema::Result<ListenAddress> parse_listen(std::string_view text) {
  std::string_view host, port;
  int number = -1;
  if (split(text, host, port)) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc() || end != port.data() + port.size()) number = -1;
  }
  if (host.empty() || number < 0 || number > 65535) {
    return schema::invalid(
        fmt::format("'{}' is no address: write 127.0.0.1:7410 or [::1]:7410", runtime::printable(text)));
  }
  return ListenAddress{std::string(host), number};
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // 127.0.0.0/8 in its usual form: digits and three dots.
  if (host.substr(0, 4) != "127.") return false;
  int dots = 0;
  for (const char c : host) {
    if (c == '.')
      ++dots;
    else if (c < '0' || c > '9')
      return false;
  }
  return dots == 3;
}

schema::Status may_listen(const ListenAddress& address, bool has_token) {
  if (has_token || is_loopback(address.host)) return {};
  return schema::denied(
      fmt::format("{} can be reached by others: give --dashboard-token-file, or listen on 127.0.0.1 and "
                  "use a tunnel (ssh -L)",
                  runtime::printable(address.host)));
}

Entry admit(std::string_view token, std::string_view host_header, std::string_view authorization) {
  if (!token.empty())
    return same_secret(token_of(authorization), token) ? Entry::kAdmitted : Entry::kWrongToken;
  std::string_view host, port;
  return split(host_header, host, port) && is_loopback(host) ? Entry::kAdmitted : Entry::kWrongHost;
}

}  // namespace fuzzmill::cli
