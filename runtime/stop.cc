#include "runtime/stop.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace fuzzmill::runtime {
namespace {

int g_pipe[2] = {-1, -1};
volatile sig_atomic_t g_asked = 0;

// Only what signal-safety(7) allows. The end of `up` takes seconds; who presses ^C twice wants it now.
void on_signal(int number) {
  if (g_asked != 0) _exit(128 + number);
  g_asked = 1;
  const int saved = errno;
  const char byte = 0;
  [[maybe_unused]] const auto written = write(g_pipe[1], &byte, 1);
  errno = saved;
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

void wait_for_signal(std::stop_source& source) {
  char byte = 0;
  while (read(g_pipe[0], &byte, 1) < 0 && errno == EINTR) {
  }
  source.request_stop();
}

}  // namespace

std::stop_source& catch_stop_signals() {
  // Never destroyed: the waiting thread may outlive main.
  static std::stop_source* const source = [] {
    auto* made = new std::stop_source;
    handle(SIGPIPE, SIG_IGN);
    // Without a pipe the default dispositions stay: a signal ends the process, unasked but surely.
    if (pipe2(g_pipe, O_CLOEXEC) != 0) return made;
    std::thread(wait_for_signal, std::ref(*made)).detach();
    handle(SIGTERM, on_signal);
    handle(SIGINT, on_signal);
    return made;
  }();
  return *source;
}

}  // namespace fuzzmill::runtime
