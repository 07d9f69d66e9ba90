// The last megabytes of what a fuzzer said, in two files that take turns: NAME and NAME.1. For people;
// nothing is read back. A full disk costs lines of it and nothing else: writing pauses and is tried again.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace fuzzmill::producers {

class KeptLog {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit KeptLog(std::filesystem::path file, std::uint64_t max_bytes = 8u << 20)
      : file_(std::move(file)), max_bytes_(max_bytes) {}
  ~KeptLog();
  KeptLog(const KeptLog&) = delete;
  KeptLog& operator=(const KeptLog&) = delete;

  void write(std::string_view bytes, Time now);
  bool paused() const { return resume_at_.has_value(); }

 private:
  bool open();
  void pause(Time now);

  std::filesystem::path file_;
  std::uint64_t max_bytes_, bytes_ = 0;
  int fd_ = -1;
  std::optional<Time> resume_at_;
};

}  // namespace fuzzmill::producers
