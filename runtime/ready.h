// Tells who started us that we serve: "READY\n" on a file descriptor (--ready-fd), and the sd_notify
// protocol where systemd gave us a NOTIFY_SOCKET.
//
// Life cycle: make one before the first thread: it takes NOTIFY_SOCKET out of the environment, so that
// children do not speak for us. Threads: any thread may call afterwards.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fuzzmill::runtime {

class Ready {
 public:
  explicit Ready(std::optional<int> descriptor);
  ~Ready();
  Ready(const Ready&) = delete;
  Ready& operator=(const Ready&) = delete;

  void ready();  // once; further calls say nothing new to the descriptor
  void stopping();
  void watchdog();                     // "I am alive", for WatchdogSec=
  void status(std::string_view text);  // one line for `systemctl status`

 private:
  void notify(std::string_view message) const;

  int descriptor_ = -1;
  int socket_ = -1;
  std::string address_;
};

}  // namespace fuzzmill::runtime
