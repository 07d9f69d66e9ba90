// The health of our processes, as files: DIR/<process>.health is one JSON object, rewritten whole every
// few seconds while the process works, and taken away when it ends in good order. Whoever reads the
// folder sees a process that hangs (its file is old) and one that was killed (its pid is gone).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::runtime {

inline constexpr std::uint64_t kHealthFreshMs = 15'000;  // older than this is not well
inline constexpr std::uint64_t kHealthEveryMs = 5'000;   // how often it is written

struct HealthRecord {
  std::string process;  // the file's name without .health
  std::uint64_t pid = 0;
  std::string state;             // starting, ready, stopping, or what the process says is wrong
  std::uint64_t updated_ms = 0;  // Unix time
  std::string problem;           // of reading the file; empty when it was read
};

std::string encode_health(const HealthRecord& record);
schema::Result<HealthRecord> decode_health(std::string_view json);

struct HealthVerdict {
  HealthRecord record;
  bool well = false;
  std::string why;  // when it is not well
};

// Pure: is each process fresh, alive and ready at `now_ms`?
std::vector<HealthVerdict> judge_health(const std::vector<HealthRecord>& records, std::uint64_t now_ms,
                                        const std::function<bool(std::uint64_t pid)>& alive);

// Every *.health file of the folder, sorted by name; a file that cannot be read is a record with a
// problem. kNotFound when there is no such folder.
schema::Result<std::vector<HealthRecord>> read_health(const std::filesystem::path& folder);

bool pid_alive(std::uint64_t pid);
std::uint64_t unix_ms();

// Replaces a file at once: a reader sees the old or the new bytes, never half of them.
schema::Status write_atomically(const std::filesystem::path& file, std::string_view bytes);

// Keeps one health file. Life cycle: writes from construction to destruction, on a thread of its own.
// set_state() may be called from any thread and writes at once.
class HealthFile {
 public:
  // `beat` is called before each periodic write, on the file's thread; its answer replaces the state
  // unless it is empty.
  HealthFile(std::filesystem::path folder, std::string process, std::function<std::string()> beat = {});
  ~HealthFile();
  HealthFile(const HealthFile&) = delete;
  HealthFile& operator=(const HealthFile&) = delete;

  void set_state(std::string state);
  // kUnavailable while the file cannot be written.
  schema::Status written() const;

 private:
  void keep(const std::stop_token& stop);
  void write();  // REQUIRES mutex_

  std::filesystem::path file_;
  std::function<std::string()> beat_;
  mutable std::mutex mutex_;  // guards record_ and written_
  std::condition_variable_any wake_;
  HealthRecord record_;
  schema::Status written_;
  std::jthread thread_;
};

}  // namespace fuzzmill::runtime
