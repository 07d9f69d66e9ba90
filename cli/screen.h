// What we print on: whether it is a terminal, how wide it is, whether it takes colours; and a line of
// progress on stderr for what takes longer than a second.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace fuzzmill::cli {

struct Screen {
  bool terminal = false;
  bool colour = false;     // a terminal, and neither NO_COLOR nor TERM=dumb
  std::size_t width = 80;  // columns; 0 for what is no terminal means "as wide as it takes"
};
Screen screen_of(std::FILE* stream);

// Columns for prose on stdout: the terminal's, within what the eye follows.
std::size_t prose_width();

// Life cycle: from construction to destruction, something is going on. Says so once a second has passed:
// on a terminal a line that counts the seconds and goes away, elsewhere one line.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // What is going on now. Any thread.
  void say(std::string what);

 private:
  void show(const std::stop_token& stop);

  std::string what_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace fuzzmill::cli
