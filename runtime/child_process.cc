#include "runtime/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "runtime/fd.h"

namespace fuzzmill::runtime {
namespace {

using schema::Error;
using schema::Result;
using schema::Status;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Pipe {
  Fd read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return from_errno(errno, "cannot make a pipe");
  return Pipe{Fd(fds[0]), Fd(fds[1])};
}

// The child's side of one output, and ours when it is a pipe.
struct OutputEnds {
  Fd child;  // none: inherited
  Fd ours;
};

Result<OutputEnds> open_output(const Output& output) {
  OutputEnds ends;
  switch (output.kind) {
    case Output::Kind::kInherit:
      break;
    case Output::Kind::kNull:
      ends.child = Fd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
      if (ends.child.get() < 0) return from_errno(errno, "/dev/null");
      break;
    case Output::Kind::kFile:
      ends.child = Fd(::open(output.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
      if (ends.child.get() < 0) return from_errno(errno, output.file.string());
      break;
    case Output::Kind::kPipe: {
      auto pipe = make_pipe();
      if (!pipe) return std::move(pipe).error();
      ::fcntl(pipe->read.get(), F_SETFL, O_NONBLOCK);
      ends.child = std::move(pipe->write);
      ends.ours = std::move(pipe->read);
      break;
    }
  }
  return ends;
}

bool is_program(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

// Pointers into strings, ended by a null pointer, as execve wants them.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (const auto& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> merged_environment(const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto name = text.substr(0, text.find('='));
    const bool replaced =
        std::any_of(more.begin(), more.end(), [&](const auto& m) { return m.first == name; });
    if (!replaced) merged.emplace_back(text);
  }
  for (const auto& [name, value] : more) merged.push_back(name + "=" + value);
  return merged;
}

// All that the child needs, made before the fork: after it nothing may be allocated.
struct Plan {
  std::string program;
  std::vector<std::string> environment;
  std::vector<char*> argv;
  std::vector<char*> envp;
  const char* working_dir = nullptr;
  int in = -1, out = -1, err = -1;  // -1: inherited
  int report = -1;
  int parent_death_signal = 0;
  pid_t parent = 0;
};

enum class Step : int { kFolder, kStreams, kExecute };
struct Failure {
  Step step;
  int number;
};

[[noreturn]] void fail(const Plan& plan, Step step) {
  const Failure failure{step, errno};
  [[maybe_unused]] const auto written = ::write(plan.report, &failure, sizeof failure);
  ::_exit(127);
}

void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Runs in the child, between fork and exec: calls that are safe in a signal handler only.
[[noreturn]] void become(const Plan& plan) {
  ::setpgid(0, 0);
  if (plan.parent_death_signal != 0) {
    ::prctl(PR_SET_PDEATHSIG, plan.parent_death_signal);
    if (::getppid() != plan.parent) ::_exit(127);  // it died before we asked
  }
  if (plan.working_dir != nullptr && ::chdir(plan.working_dir) != 0) fail(plan, Step::kFolder);
  const std::array<int, 3> streams{plan.in, plan.out, plan.err};
  for (int i = 0; i < 3; ++i) {
    if (streams[static_cast<std::size_t>(i)] < 0) continue;
    if (::dup2(streams[static_cast<std::size_t>(i)], i) < 0) fail(plan, Step::kStreams);
  }
  // What a library opened without O_CLOEXEC stays with us.
  ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
  reset_signals();
  ::execve(plan.program.c_str(), plan.argv.data(), plan.envp.data());
  fail(plan, Step::kExecute);
}

// Empty when the child's exec worked, which closed the write end.
std::optional<Failure> read_failure(int fd) {
  Failure failure{};
  ssize_t got = 0;
  do {
    got = ::read(fd, &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof failure)) return std::nullopt;
  return failure;
}

Error explain_failure(const Failure& failure, const SpawnOptions& options) {
  switch (failure.step) {
    case Step::kFolder:
      return from_errno(failure.number, options.working_dir.string());
    case Step::kStreams:
      return from_errno(failure.number, "cannot set up the standard streams");
    case Step::kExecute:
      break;
  }
  return from_errno(failure.number, options.argv.front());
}

Status check(const SpawnOptions& options) {
  if (options.argv.empty() || options.argv.front().empty()) return schema::invalid("no program to start");
  for (const auto& argument : options.argv) {
    if (argument.find('\0') != std::string::npos) return schema::invalid("an argument holds a NUL byte");
  }
  return {};
}

// A descriptor above the standard three, so that dup2 cannot overwrite one that is still needed.
Fd above_standard(Fd fd) {
  if (fd.get() < 0 || fd.get() > 2) return fd;
  return Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

ExitStatus from_siginfo(const siginfo_t& info) {
  ExitStatus status;
  if (info.si_code == CLD_EXITED) {
    status.code = info.si_status;
  } else {
    status.signal = info.si_status;
  }
  return status;
}

}  // namespace

std::string explain(const ExitStatus& status, std::span<const CodeMeaning> meanings) {
  if (status.signal) {
    const char* name = ::sigabbrev_np(*status.signal);
    const char* words = ::sigdescr_np(*status.signal);
    if (name == nullptr) return fmt::format("killed by signal {}", *status.signal);
    return fmt::format("killed by SIG{} ({})", name, words != nullptr ? words : "no description");
  }
  if (!status.code) return "end unknown";
  for (const auto& [code, meaning] : meanings) {
    if (code == *status.code) return fmt::format("exited with code {} ({})", code, meaning);
  }
  // The shell's way to say that a program's child died of a signal.
  if (*status.code > 128 && ::sigabbrev_np(*status.code - 128) != nullptr) {
    return fmt::format("exited with code {} (SIG{} of a child, as shells say it)", *status.code,
                       ::sigabbrev_np(*status.code - 128));
  }
  return fmt::format("exited with code {}", *status.code);
}

// Absolute, since the child may change its folder before it executes.
Result<std::filesystem::path> find_program(const std::string& name) {
  std::error_code failed;
  if (name.find('/') != std::string::npos) return std::filesystem::absolute(name, failed);
  const char* search = std::getenv("PATH");
  std::string_view rest = search != nullptr ? search : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    const std::filesystem::path candidate = std::filesystem::path(rest.substr(0, end)) / name;
    if (is_program(candidate)) return std::filesystem::absolute(candidate, failed);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return schema::not_found(fmt::format("{}: no such program in PATH", name));
}

Result<ChildProcess> ChildProcess::spawn(const SpawnOptions& options) {
  if (auto checked = check(options); !checked) return std::move(checked).error();
  auto program = find_program(options.argv.front());
  if (!program) return std::move(program).error();
  auto out = open_output(options.out);
  if (!out) return std::move(out).error();
  auto err = open_output(options.err);
  if (!err) return std::move(err).error();
  auto report = make_pipe();
  if (!report) return std::move(report).error();
  const Fd in = above_standard(Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  if (in.get() < 0) return from_errno(errno, "/dev/null");
  out->child = above_standard(std::move(out->child));
  err->child = above_standard(std::move(err->child));
  report->write = above_standard(std::move(report->write));

  Plan plan;
  plan.program = program->string();
  plan.environment = merged_environment(options.environment);
  plan.argv = pointers(options.argv);
  plan.envp = pointers(plan.environment);
  plan.working_dir = options.working_dir.empty() ? nullptr : options.working_dir.c_str();
  plan.in = in.get(), plan.out = out->child.get(), plan.err = err->child.get();
  plan.report = report->write.get();
  plan.parent_death_signal = options.parent_death_signal;
  plan.parent = ::getpid();

  const pid_t pid = ::fork();
  if (pid < 0) return from_errno(errno, "cannot start a process");
  if (pid == 0) become(plan);

  ::setpgid(pid, pid);  // here too: whoever of the two comes first
  ChildProcess child;
  child.pid_ = pid;
  child.pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
  const int pidfd_errno = errno;
  child.out_ = out->ours.release();
  child.err_ = err->ours.release();
  report->write = Fd();
  if (const auto failure = read_failure(report->read.get())) return explain_failure(*failure, options);
  if (child.pidfd_ < 0) return from_errno(pidfd_errno, "pidfd_open (Linux 5.3 or newer is needed)");
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept { *this = std::move(other); }

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  end_now();
  close_all();
  pid_ = std::exchange(other.pid_, -1);
  pidfd_ = std::exchange(other.pidfd_, -1);
  out_ = std::exchange(other.out_, -1);
  err_ = std::exchange(other.err_, -1);
  status_ = std::exchange(other.status_, std::nullopt);
  return *this;
}

ChildProcess::~ChildProcess() {
  end_now();
  close_all();
}

void ChildProcess::close_all() {
  for (int* fd : {&pidfd_, &out_, &err_}) {
    if (*fd >= 0) ::close(*fd);
    *fd = -1;
  }
}

void ChildProcess::close_err() {
  if (err_ >= 0) ::close(err_);
  err_ = -1;
}

void ChildProcess::end_now() {
  if (pid_ < 0 || status_) return;
  signal_group(SIGKILL);
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
  }
  status_ = from_siginfo(info);
}

std::optional<ExitStatus> ChildProcess::poll() {
  if (status_ || pid_ < 0) return status_;
  siginfo_t info{};
  // Looked at before it is reaped: as long as the leader is a zombie, nobody else can get its group's number.
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
    return std::nullopt;
  }
  end_now();
  return status_;
}

std::optional<ExitStatus> ChildProcess::wait(milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  while (true) {
    if (auto status = poll()) return status;
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return std::nullopt;
    pollfd ended{pidfd_, POLLIN, 0};
    ::poll(&ended, 1, static_cast<int>(std::min<long long>(left, 60'000)));
  }
}

void ChildProcess::signal_group(int signal) {
  if (pid_ > 0 && !status_) ::kill(-pid_, signal);
}

ExitStatus ChildProcess::terminate(milliseconds grace) {
  signal_group(SIGTERM);
  signal_group(SIGCONT);  // a stopped process cannot hear SIGTERM
  if (const auto status = wait(grace)) return *status;
  end_now();
  return status_.value_or(ExitStatus{});
}

}  // namespace fuzzmill::runtime
