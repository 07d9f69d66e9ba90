// Planted bug: session-close-keeps-pointer
// Kind:        heap-use-after-free
// Function:    session::append
//
// A protocol with three commands: open, write, close. Close frees the session and keeps its pointer.
#include <cstddef>
#include <cstdint>

namespace session {

struct Session {
  std::uint32_t written = 0;
  std::uint32_t checksum = 0;
};

[[gnu::noinline]] void append(Session* session, std::uint8_t byte) {
  session->checksum = session->checksum * 33U + byte;  // the use
  ++session->written;
}

[[gnu::noinline]] void close(Session* session) { delete session; }

[[gnu::noinline]] void serve(const std::uint8_t* data, std::size_t size) {
  Session* session = nullptr;
  bool closed = true;
  for (std::size_t at = 0; at < size; ++at) {
    if (data[at] == 'o' && closed) {
      session = new Session;
      closed = false;
    } else if (data[at] == 'c' && !closed) {
      close(session);  // BUG: session still points there, and 'w' below asks only for null
      closed = true;
    } else if (data[at] == 'w' && session != nullptr) {
      append(session, data[at]);
    }
  }
  if (!closed) close(session);
}

}  // namespace session

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3 || data[0] != 'S' || data[1] != 'E') return 0;
  session::serve(data + 2, size - 2);
  return 0;
}
