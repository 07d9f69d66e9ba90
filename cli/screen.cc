#include "cli/screen.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace fuzzmill::cli {

Screen screen_of(std::FILE* stream) {
  Screen screen;
  const int descriptor = fileno(stream);
  screen.terminal = isatty(descriptor) == 1;
  if (!screen.terminal) {
    screen.width = 0;
    return screen;
  }
  winsize size = {};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) screen.width = size.ws_col;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  screen.colour =
      (no_colour == nullptr || *no_colour == '\0') && term != nullptr && std::string_view(term) != "dumb";
  return screen;
}

std::size_t prose_width() {
  const Screen screen = screen_of(stdout);
  return screen.terminal ? std::min<std::size_t>(screen.width, 110) : 100;
}

Progress::Progress(std::string what)
    : what_(std::move(what)), thread_([this](const std::stop_token& stop) { show(stop); }) {}

Progress::~Progress() {
  thread_.request_stop();
  thread_.join();
}

void Progress::say(std::string what) {
  const std::scoped_lock lock(mutex_);
  what_ = std::move(what);
}

void Progress::show(const std::stop_token& stop) {
  const bool terminal = screen_of(stderr).terminal;
  std::unique_lock lock(mutex_);
  for (int seconds = 1;; ++seconds) {
    wake_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
    if (stop.stop_requested()) {
      if (terminal && seconds > 1) fmt::print(stderr, "\r\033[K");
      return;
    }
    if (terminal) {
      fmt::print(stderr, "\r\033[K{} … {} s", what_, seconds);
    } else if (seconds == 1) {
      fmt::print(stderr, "{} …\n", what_);
    }
  }
}

}  // namespace fuzzmill::cli
