#include "runtime/reload.h"

#include <poll.h>
#include <signal.h>

#include "tests/catch.h"

namespace fuzzmill::runtime {

TEST_CASE("SIGHUP asks for a reload, and several before a look are one request") {
  const int fd = catch_reload_signal();
  REQUIRE(fd >= 0);
  CHECK(catch_reload_signal() == fd);
  CHECK_FALSE(reload_requested());
  raise(SIGHUP), raise(SIGHUP);
  pollfd waiting{fd, POLLIN, 0};
  REQUIRE(poll(&waiting, 1, 10'000) == 1);
  CHECK(reload_requested());
  CHECK_FALSE(reload_requested());
  signal(SIGHUP, SIG_DFL);
}

}  // namespace fuzzmill::runtime
