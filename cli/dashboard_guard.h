// Who may see the dashboard. Pure functions.
//
// Without a token it is for this machine: it binds loopback only, and answers only requests whose Host is
// loopback too, so that a web page elsewhere cannot read it through a name that it points at 127.0.0.1.
// With a token any address may be bound, and each request must carry the token.
#pragma once

#include <string>
#include <string_view>

#include "schema/result.h"

namespace fuzzmill::cli {

struct ListenAddress {
  std::string host;
  int port = 0;
};
// "127.0.0.1:7410", "[::1]:0", "localhost:7410". kInvalid otherwise.
schema::Result<ListenAddress> parse_listen(std::string_view text);

bool is_loopback(std::string_view host);

// kDenied, saying what to do, for an address that others reach when there is no token.
schema::Status may_listen(const ListenAddress& address, bool has_token);

enum class Entry { kAdmitted, kWrongHost, kWrongToken };
// `authorization` as in the header: "Bearer TOKEN", or "Basic …" with the token as password (any user).
Entry admit(std::string_view token, std::string_view host_header, std::string_view authorization);

}  // namespace fuzzmill::cli
