// One child process and its group: started, watched, ended and reaped.
//
// Life cycle: spawn() → running → ended (its pidfd is readable) → reaped by poll() or wait(). The child leads
// a process group of its own, and the group ends with it: whoever is left in the group when the leader is
// reaped is killed. The destructor kills the group and reaps. Children that left the group (setsid) are not
// ours. Threads: an object belongs to one thread at a time; spawn() is safe in a process with other threads.
// With `parent_death_signal` the child dies with the *thread* that called spawn(), for so Linux defines it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::runtime {

// Where an output of the child goes.
struct Output {
  enum class Kind { kInherit, kNull, kPipe, kFile };
  Kind kind = Kind::kInherit;
  std::filesystem::path file;  // of kFile: appended to, made with mode 600

  static Output inherit() { return {Kind::kInherit, {}}; }
  static Output null() { return {Kind::kNull, {}}; }
  static Output pipe() { return {Kind::kPipe, {}}; }
  static Output to_file(std::filesystem::path path) { return {Kind::kFile, std::move(path)}; }
};

struct SpawnOptions {
  std::vector<std::string> argv;  // argv[0] without a slash is looked up in PATH
  std::vector<std::pair<std::string, std::string>> environment;  // beside ours; replaces ours
  std::filesystem::path working_dir;                             // empty: ours
  Output out;
  Output err;
  int parent_death_signal = 0;  // sent to the child when the spawning thread ends; 0: none
};

struct ExitStatus {
  std::optional<int> code;    // it exited, with this code
  std::optional<int> signal;  // or this signal killed it
  bool clean() const { return code == 0; }
  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

// What an exit code says, where a kind of program gives it a meaning.
struct CodeMeaning {
  int code;
  std::string_view meaning;
};

// "exited with code 77 (libFuzzer: error)", "killed by SIGSEGV (segmentation fault)".
std::string explain(const ExitStatus& status, std::span<const CodeMeaning> meanings = {});

// Absolute path of a program: a name without a slash is looked up in PATH, another one is taken from our
// folder. kNotFound: none of PATH has it. Whether a path with a slash exists is not checked.
schema::Result<std::filesystem::path> find_program(const std::string& name);

class ChildProcess {
 public:
  // Standard input is /dev/null; signal mask and handlers are the default ones; no file of ours but the three
  // standard ones is open in the child.
  // kInvalid: empty argv or a NUL in an argument. kNotFound: no such program or working folder.
  // kDenied: may not be executed. kUnavailable: no process or file can be had now.
  static schema::Result<ChildProcess> spawn(const SpawnOptions& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_; }  // readable once it ended; for poll(2)
  int out() const { return out_; }      // read end, non-blocking; -1 when that output is no pipe
  int err() const { return err_; }
  void close_err();

  // The end, when it ended; reaps then. Does not block.
  std::optional<ExitStatus> poll();
  // Waits up to `limit`.
  std::optional<ExitStatus> wait(std::chrono::milliseconds limit);

  // To every process of the group. Nothing once the child is reaped.
  void signal_group(int signal);

  // SIGTERM to the group, SIGKILL after `grace`; reaps. Pipes stay open and readable.
  ExitStatus terminate(std::chrono::milliseconds grace);

 private:
  ChildProcess() = default;
  void close_all();
  void end_now();

  pid_t pid_ = -1;
  int pidfd_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::optional<ExitStatus> status_;
};

}  // namespace fuzzmill::runtime
