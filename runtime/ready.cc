#include "runtime/ready.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "runtime/printable.h"

namespace fuzzmill::runtime {

Ready::Ready(std::optional<int> descriptor) : descriptor_(descriptor.value_or(-1)) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || *path == '\0') return;
  address_ = path;
  unsetenv("NOTIFY_SOCKET");
  // '@' stands for the zero byte of an abstract address.
  if (address_[0] == '@') address_[0] = '\0';
  if (address_.size() >= sizeof(sockaddr_un::sun_path)) return;
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

Ready::~Ready() {
  if (socket_ >= 0) close(socket_);
}

void Ready::ready() {
  notify("READY=1");
  if (descriptor_ < 0) return;
  // Who reads it may be gone already; then nobody waits for us.
  [[maybe_unused]] const auto written = write(descriptor_, "READY\n", 6);
  if (descriptor_ > STDERR_FILENO) close(descriptor_);
  descriptor_ = -1;
}

void Ready::stopping() { notify("STOPPING=1"); }
void Ready::watchdog() { notify("WATCHDOG=1"); }
void Ready::status(std::string_view text) { notify(fmt::format("STATUS={}", printable(text))); }

void Ready::notify(std::string_view message) const {
  if (socket_ < 0) return;
  sockaddr_un to = {};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
         reinterpret_cast<const sockaddr*>(&to), size);
}

}  // namespace fuzzmill::runtime
