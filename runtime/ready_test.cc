#include "runtime/ready.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "tests/catch.h"
#include "tests/temporary_folder.h"

using fuzzmill::runtime::Ready;

TEST_CASE("readiness is said once to the descriptor, which is then closed") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  Ready ready(ends[1]);
  ready.ready();
  ready.ready();
  std::string said;
  char buffer[64];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, static_cast<std::size_t>(got));
  CHECK(said == "READY\n");
  close(ends[0]);
}

TEST_CASE("systemd hears of readiness, and children do not inherit its socket") {
  const fuzzmill::tests::TemporaryFolder folder;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", folder.path().c_str());
  const int listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  setenv("NOTIFY_SOCKET", address.sun_path, 1);

  Ready ready(std::nullopt);
  CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
  const auto heard = [&] {
    char buffer[256];
    const auto got = recv(listener, buffer, sizeof buffer, MSG_DONTWAIT);
    return got < 0 ? std::string("nothing") : std::string(buffer, static_cast<std::size_t>(got));
  };
  ready.ready();
  CHECK(heard() == "READY=1");
  ready.status("at\ntcp");
  CHECK(heard() == "STATUS=at\\ntcp");
  ready.watchdog();
  CHECK(heard() == "WATCHDOG=1");
  ready.stopping();
  CHECK(heard() == "STOPPING=1");
  close(listener);
}
