// Planted bug: route-missing-hop
// Kind:        uncaught-exception
// Function:    route::hop
//
// A route names its hops by index into a list. at() throws, and nobody catches.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace route {

[[gnu::noinline]] const std::string& hop(const std::vector<std::string>& hops, std::size_t index) {
  return hops.at(index);  // BUG: std::out_of_range leaves the parser
}

[[gnu::noinline]] std::size_t length(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::string> kHops = {"singapore", "nyc", "london"};
  std::size_t sum = 0;
  for (std::size_t at = 0; at < size; ++at) sum += hop(kHops, data[at] & 0x03U).size();
  return sum;
}

}  // namespace route

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || data[0] != 'R' || data[1] != 'T' || data[2] != 'E') return 0;
  [[maybe_unused]] static volatile std::size_t sink;
  sink = route::length(data + 3, size - 3);
  return 0;
}
