// Planted bug: packet-short-header
// Kind:        use-of-uninitialized-value
// Function:    packet::is_urgent
//
// A packet header whose tail is optional. A short packet leaves the tail unset, and it is asked all the
// same. Built with MemorySanitizer, hence nothing of the standard library but memcpy.
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace packet {

struct Header {
  std::uint8_t version;
  std::uint8_t length;
  std::uint8_t flags;
  std::uint8_t priority;
};

[[gnu::noinline]] bool parse(Header* header, const std::uint8_t* data, std::size_t size) {
  if (size < 2 || data[0] != 4) return false;
  std::memcpy(header, data, size < sizeof *header ? size : sizeof *header);  // short packets set a part
  return true;
}

[[gnu::noinline]] bool is_urgent(const Header* header) {
  if ((header->flags & 0x01U) != 0) return true;  // BUG: a packet of two bytes never set it
  return header->priority > 7;
}

}  // namespace packet

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || data[0] != 'P' || data[1] != 'K') return 0;
  packet::Header header;
  if (!packet::parse(&header, data + 2, size - 2)) return 0;
  [[maybe_unused]] static volatile bool sink;
  sink = packet::is_urgent(&header);
  return 0;
}
