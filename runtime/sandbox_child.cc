#include "runtime/sandbox_child.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

namespace fuzzmill::runtime {
namespace {

constexpr rlim_t kTasks = 4;  // times the processes allowed: where the kernel stops them
constexpr int kReport = 3;    // the report pipe's number inside

// Of system calls that glibc 2.36 or the headers of an old kernel do not name.
constexpr long kOpenTree = 428, kMoveMount = 429, kMountSetattr = 442, kCloseRange = 436;
constexpr unsigned kOpenTreeClone = 1, kMoveMountFromFd = 4, kCloseOnExec = 4;
struct MountAttributes {
  std::uint64_t set = 0, clear = 0, propagation = 0, userns = 0;
};
constexpr std::uint64_t kReadOnly = 1, kNoSetuid = 2;

// The plain call: whatever wraps _exit (sanitizers do) is about a process that ends, not about a copy of one.
[[noreturn]] void leave(int code) {
  while (true) ::syscall(SYS_exit_group, code);
}

[[noreturn]] void fail(int report, SandboxStep step) {
  SandboxMessage message;
  message.step = step, message.number = errno;
  [[maybe_unused]] const auto written = ::write(report, &message, sizeof message);
  leave(127);
}

void reset_signals(bool block) {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t set;
  block ? ::sigfillset(&set) : ::sigemptyset(&set);
  ::sigprocmask(SIG_SETMASK, &set, nullptr);
}

bool write_file(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const auto size = static_cast<ssize_t>(std::strlen(text));
  const bool done = ::write(fd, text, static_cast<std::size_t>(size)) == size;
  const int number = errno;
  ::close(fd);
  errno = number;
  return done;
}

void map_ids(const SandboxPlan& plan) {
  if (!plan.walls.user) return;
  write_file("/proc/self/setgroups", "deny");  // not there before Linux 3.19, and needed since
  if (!write_file("/proc/self/uid_map", plan.uid_map.c_str())) fail(kReport, SandboxStep::kIds);
  if (!write_file("/proc/self/gid_map", plan.gid_map.c_str())) fail(kReport, SandboxStep::kIds);
}

// Programs that talk to themselves over 127.0.0.1 find it as they did when they crashed; nobody else is
// there.
void raise_loopback(const SandboxPlan& plan) {
  if (!plan.walls.network) return;
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  struct ifreq request {};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  ::ioctl(fd, SIOCSIFFLAGS, &request);
  ::close(fd);
}

// The folder's mount is taken out first and put back last, so that it alone stays writable and is in its
// place even when a parent of it was covered.
void make_mounts(const SandboxPlan& plan) {
  if (!plan.walls.mounts) return;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail(kReport, SandboxStep::kMounts);
  if (!plan.walls.read_only) return;
  const int folder =
      static_cast<int>(::syscall(kOpenTree, AT_FDCWD, plan.folder.c_str(), kOpenTreeClone | O_CLOEXEC));
  if (folder < 0) fail(kReport, SandboxStep::kReadOnly);
  const MountAttributes attributes{kReadOnly | kNoSetuid, 0, 0, 0};
  constexpr unsigned kRecursive = 0x8000;  // AT_RECURSIVE
  if (::syscall(kMountSetattr, AT_FDCWD, "/", kRecursive, &attributes, sizeof attributes) != 0) {
    fail(kReport, SandboxStep::kReadOnly);
  }
  for (const auto& mask : plan.masks) {
    constexpr auto* kOptions = "size=64m,nr_inodes=4096,mode=1777";
    if (::mount("tmpfs", mask.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, kOptions) == 0) continue;
    if (errno != ENOENT) fail(kReport, SandboxStep::kMask);
  }
  // Those that are not covered exist, and on a read-only place mkdir says so.
  for (const auto& step : plan.folder_steps) ::mkdir(step.c_str(), 0755);
  if (::syscall(kMoveMount, folder, "", AT_FDCWD, plan.folder.c_str(), kMoveMountFromFd) != 0) {
    fail(kReport, SandboxStep::kReadOnly);
  }
  ::close(folder);
  if (plan.walls.fresh_proc &&
      ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    fail(kReport, SandboxStep::kProc);
  }
}

// Whoever is root stays root by number, and may do what the files' modes say; nothing else.
void drop_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(kReport, SandboxStep::kPrivilege);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (unsigned long capability = 0; capability < 64; ++capability) {
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);  // EPERM: there is none to drop; EINVAL: no such one
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) fail(kReport, SandboxStep::kPrivilege);
}

void limit(int resource, rlim_t soft, rlim_t hard) {
  struct rlimit now {};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0) return;
  const struct rlimit wanted { std::min(soft, now.rlim_max), std::min(hard, now.rlim_max) };
  ::setrlimit(static_cast<__rlimit_resource>(resource), &wanted);
}

void set_limits(const SandboxPlan& plan) {
  const auto cpu = static_cast<rlim_t>(std::max<long long>(1, plan.limits.cpu.count()));
  limit(RLIMIT_CPU, cpu, cpu + 5);  // SIGXCPU first, which some report; then SIGKILL
  limit(RLIMIT_FSIZE, plan.limits.file_bytes, plan.limits.file_bytes);
  limit(RLIMIT_NOFILE, plan.limits.open_files, plan.limits.open_files);
  limit(RLIMIT_CORE, 0, 0);
  if (!plan.limit_processes) return;
  // Threads count too; and the watch, which sees processes over their bound, has to see them.
  const rlim_t tasks = kTasks * static_cast<rlim_t>(plan.limits.processes);
  limit(RLIMIT_NPROC, tasks, tasks);
}

constexpr int kNice = 10;

void set_priority(CpuPriority priority, int ours) {
  const bool nice = priority == CpuPriority::kNice;
  ::setpriority(PRIO_PROCESS, 0, std::min(19, ours + (nice ? kNice : 0)));
  if (!nice) return;
  // A session of its own is, where the kernel groups by session, weighed as a whole: nice within it is
  // nothing.
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // else /proc/self is not ours to write; nobody is in here to look
  write_file("/proc/self/autogroup", "10");
}

[[noreturn]] void become_program(const SandboxPlan& plan) {
  // Signals to its own group must not reach the keeper. And where the kernel shares the CPU out by session,
  // the keeper must have a share of its own, or a fork bomb would keep it from ending the bomb.
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::chdir(plan.folder.c_str()) != 0) fail(kReport, SandboxStep::kFolder);
  ::umask(0077);
  set_limits(plan);
  set_priority(plan.priority, plan.nice);
  reset_signals(false);
  ::execve(plan.program.c_str(), plan.argv.data(), plan.envp.data());
  fail(kReport, SandboxStep::kExecute);
}

// Kills our children, which at the end are all that is left: orphans become children of the keeper. False:
// this kernel does not name them.
bool kill_children() {
  const int fd = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char buffer[4096];
  pid_t child = 0;
  ssize_t got = 0;
  while ((got = ::read(fd, buffer, sizeof buffer)) > 0) {
    for (ssize_t i = 0; i < got; ++i) {
      if (buffer[i] >= '0' && buffer[i] <= '9') {
        child = child * 10 + (buffer[i] - '0');
      } else {
        if (child > 1) ::kill(child, SIGKILL);
        child = 0;
      }
    }
  }
  ::close(fd);
  return true;
}

void wait_a_little() {
  sigset_t ended;
  ::sigemptyset(&ended);
  ::sigaddset(&ended, SIGCHLD);
  const struct timespec moment { 0, 10'000'000 };
  ::sigtimedwait(&ended, nullptr, &moment);
}

// Whether a child of ours is in the program's group. Only while there is one, reaped by nobody but us, is the
// group's number surely not another's.
bool group_lives(pid_t program) {
  siginfo_t ignored{};
  return ::waitid(P_PGID, static_cast<id_t>(program), &ignored, WEXITED | WNOHANG | WNOWAIT) == 0;
}

// Ends whatever lives, and reaps; tells the status of the program when that is among them, and does not
// signal its number once it is reaped: it may be that of a stranger.
void end_all(pid_t program, std::optional<int>& status) {
  const bool first = ::syscall(SYS_getpid) == 1;
  while (true) {
    bool named = true;
    // Only for the first process of a pid namespace does -1 mean "all that are in here".
    if (first) {
      ::kill(-1, SIGKILL);
    } else {
      if (!status) ::kill(program, SIGKILL);
      if (group_lives(program)) ::kill(-program, SIGKILL);
      named = kill_children();
    }
    pid_t reaped = 0;
    int one = 0;
    while ((reaped = ::waitpid(-1, &one, WNOHANG)) > 0) {
      if (reaped == program) status = one;
    }
    if (reaped < 0 && errno == ECHILD) return;
    // The kernel names no others: those of the group were told.
    if (!named && status && !group_lives(program)) return;
    wait_a_little();
  }
}

// Waits for the program's end or for a SIGTERM from outside; ends all; reports.
[[noreturn]] void keep(pid_t program) {
  sigset_t awaited;
  ::sigemptyset(&awaited);
  ::sigaddset(&awaited, SIGCHLD);
  // How we are told to end without a pid namespace; with one we are killed, and nobody inside may tell us.
  if (::syscall(SYS_getpid) != 1) ::sigaddset(&awaited, SIGTERM);
  std::optional<int> status;
  while (!status) {
    pid_t reaped = 0;
    int one = 0;
    while ((reaped = ::waitpid(-1, &one, WNOHANG)) > 0) {
      if (reaped == program) status = one;
    }
    if (status || reaped < 0) break;
    if (::sigwaitinfo(&awaited, nullptr) == SIGTERM) break;
  }
  end_all(program, status);
  SandboxMessage message;
  message.kind = SandboxMessage::Kind::kEnded;
  message.number = status.value_or(SIGKILL);
  struct rusage ours {
  }, theirs{};
  ::getrusage(RUSAGE_SELF, &ours);
  ::getrusage(RUSAGE_CHILDREN, &theirs);
  // A child's peak counts what it was before its exec: a copy of us. Only above that it is its own.
  if (theirs.ru_maxrss > ours.ru_maxrss) message.peak_kilobytes = theirs.ru_maxrss;
  [[maybe_unused]] const auto written = ::write(kReport, &message, sizeof message);
  leave(0);
}

void set_streams(const SandboxPlan& plan) {
  const std::array<int, 4> streams{plan.in, plan.out, plan.err, plan.report};
  for (int i = 0; i < 4; ++i) {
    if (::dup2(streams[static_cast<std::size_t>(i)], i) < 0) fail(plan.report, SandboxStep::kStreams);
  }
  ::fcntl(kReport, F_SETFD, FD_CLOEXEC);
  // The keeper never executes, so nothing closes by itself: locks and sockets of ours must not live on in it.
  if (::syscall(kCloseRange, 4U, ~0U, 0U) != 0) {
    for (int fd = 4; fd < 65'536; ++fd) ::close(fd);
  }
}

[[noreturn]] void become_keeper(const SandboxPlan& plan) {
  reset_signals(true);
  set_streams(plan);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  struct pollfd reader {
    kReport, 0, 0
  };
  if (::poll(&reader, 1, 0) == 1) leave(127);  // whoever started us died before we asked
  ::setsid();
  ::prctl(PR_SET_NAME, "sandbox-keeper");
  ::setpriority(PRIO_PROCESS, 0, plan.nice - 10);  // as root: it has to get its turn among whatever it keeps
  write_file("/proc/self/oom_score_adj", "1000");
  map_ids(plan);
  // From here on the program, which has our user, cannot look into the copy of us that the keeper is.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  raise_loopback(plan);
  make_mounts(plan);
  drop_privileges();
  if (plan.program.empty()) {  // who is killed on the way, by a filter of system calls, does not say this
    SandboxMessage message;
    message.kind = SandboxMessage::Kind::kEnded;
    [[maybe_unused]] const auto written = ::write(kReport, &message, sizeof message);
    leave(0);
  }
  const auto program = static_cast<pid_t>(::syscall(SYS_clone, static_cast<long>(SIGCHLD), 0, 0, 0, 0));
  if (program < 0) fail(kReport, SandboxStep::kFork);
  if (program == 0) become_program(plan);
  for (int fd = 0; fd < 3; ++fd) ::close(fd);  // the program alone decides when its outputs end
  keep(program);
}

long namespaces_of(const SandboxAbilities& walls) {
  long flags = 0;
  if (walls.user) flags |= CLONE_NEWUSER;
  if (walls.pids) flags |= CLONE_NEWPID;
  if (walls.network) flags |= CLONE_NEWNET;
  if (walls.ipc) flags |= CLONE_NEWIPC;
  if (walls.mounts) flags |= CLONE_NEWNS;
  return flags;
}

}  // namespace

const char* name_of(SandboxStep step) {
  constexpr std::array<const char*, 10> kNames{
      "mapping users",        "parting the mounts",   "read-only files",
      "covering folders",     "a /proc of its own",   "standard streams",
      "giving up privileges", "starting the program", "entering the working folder",
      "executing the program"};
  return kNames[static_cast<std::size_t>(step)];
}

pid_t start_keeper(const SandboxPlan& plan) {
  // A plain clone: fork() would run handlers that other libraries registered, in a child that needs none.
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone, namespaces_of(plan.walls) | SIGCHLD, 0, 0, 0, 0));
  if (pid == 0) become_keeper(plan);
  return pid;
}

}  // namespace fuzzmill::runtime
