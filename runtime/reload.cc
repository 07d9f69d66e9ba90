#include "runtime/reload.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace fuzzmill::runtime {
namespace {

int g_reload[2] = {-1, -1};

void on_hangup(int) {
  const int saved = errno;
  const char byte = 0;
  [[maybe_unused]] const auto written = write(g_reload[1], &byte, 1);
  errno = saved;
}

}  // namespace

int catch_reload_signal() {
  struct sigaction action = {};
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  const bool piped = g_reload[0] >= 0 || pipe2(g_reload, O_CLOEXEC | O_NONBLOCK) == 0;
  action.sa_handler = piped ? on_hangup : SIG_IGN;
  sigaction(SIGHUP, &action, nullptr);
  return g_reload[0];
}

bool reload_requested() {
  bool any = false;
  char bytes[64];
  while (g_reload[0] >= 0 && read(g_reload[0], bytes, sizeof bytes) > 0) any = true;
  return any;
}

}  // namespace fuzzmill::runtime
