// Which addresses `up` serves on: the same ones as the last time, where they are still free.
#pragma once

#include <string>
#include <string_view>

namespace fuzzmill::cli {

// Can somebody listen there now? True for what is no tcp address that we can try.
bool is_free(const std::string& host, int port);

// Pure. `asked` as the user gave it; `last` what was bound before, or empty. A port of 0 means "any, and
// then always that one".
std::string same_endpoint(std::string_view asked, std::string_view last);

// Host and port of tcp://HOST:PORT; port -1 when it is none.
struct TcpEndpoint {
  std::string host;
  int port = -1;
};
TcpEndpoint split_endpoint(std::string_view endpoint);

}  // namespace fuzzmill::cli
