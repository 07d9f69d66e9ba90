#include "runtime/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include "runtime/fd.h"
#include "runtime/private_folder.h"
#include "runtime/sandbox_child.h"
#include "runtime/sandbox_watch.h"

namespace fuzzmill::runtime {
namespace {

using schema::Result;
using schema::Status;
using std::chrono::milliseconds;

constexpr std::array<const char*, 3> kMasks{"/dev/shm", "/run", "/tmp"};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// Whether a text speaks of something below `top` that is not below `folder`.
bool mentions(std::string_view text, std::string_view top, std::string_view folder) {
  for (auto at = text.find(top); at != std::string_view::npos; at = text.find(top, at + 1)) {
    const auto rest = text.substr(at);
    if (rest.size() > top.size() && rest[top.size()] != '/') continue;  // "/tmp" of "/tmpfiles"
    if (rest.substr(0, folder.size()) != folder) return true;
  }
  return false;
}

// A folder the command needs something of stays in sight (read-only like the rest).
std::vector<std::string> masks_for(const SandboxCommand& command, const std::string& program) {
  std::error_code failed;
  std::vector<std::string> texts = command.argv;
  texts.push_back(program);
  texts.push_back(std::filesystem::canonical(program, failed).string());
  for (const auto& [name, value] : command.environment) texts.push_back(value);
  std::vector<std::string> masks;
  for (const char* mask : kMasks) {
    const bool needed = std::any_of(texts.begin(), texts.end(), [&](const auto& text) {
      return mentions(text, mask, command.folder.native());
    });
    if (!needed) masks.emplace_back(mask);
  }
  return masks;
}

// Since 5.14 RLIMIT_NPROC counts what lives in the user namespace; before, all that the user runs anywhere.
bool counts_per_namespace() {
  struct utsname system {};
  int major = 0, minor = 0;
  if (::uname(&system) != 0 || std::sscanf(system.release, "%d.%d", &major, &minor) != 2) return false;
  return major > 5 || (major == 5 && minor >= 14);
}

void add_walls(const SandboxAbilities& abilities, const SandboxCommand& command, SandboxPlan& plan) {
  plan.walls = abilities;
  plan.folder = command.folder.native();
  std::filesystem::path step;
  for (const auto& part : command.folder) {
    step /= part;
    if (step != "/") plan.folder_steps.push_back(step.native());
  }
  plan.uid_map = fmt::format("{0} {0} 1\n", ::geteuid());
  plan.gid_map = fmt::format("{0} {0} 1\n", ::getegid());
  plan.limit_processes = abilities.user && ::geteuid() != 0 && counts_per_namespace();
}

Status check(const SandboxCommand& command) {
  if (command.argv.empty() || command.argv.front().empty()) return schema::invalid("no program to start");
  if (!command.folder.is_absolute()) return schema::invalid("the working folder has to be an absolute path");
  const auto has_nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  bool bad = std::any_of(command.argv.begin(), command.argv.end(), has_nul);
  for (const auto& [name, value] : command.environment) bad = bad || has_nul(name) || has_nul(value);
  if (bad) return schema::invalid("an argument or a variable holds a NUL byte");
  return {};
}

Result<Fd> open_input(const std::filesystem::path& file) {
  const char* path = file.empty() ? "/dev/null" : file.c_str();
  Fd opened(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a FIFO must not block us
  if (opened.get() < 0) return from_errno(errno, path);
  ::fcntl(opened.get(), F_SETFL, 0);
  Fd in = above_inner(std::move(opened));
  if (in.get() < 0) return from_errno(errno, path);
  return in;
}

// Whether the walls can be had together.
bool works(const SandboxAbilities& walls, const SandboxCommand& command) {
  auto in = open_input({});
  if (!in) return false;
  SandboxPlan plan;
  add_walls(walls, command, plan);
  if (walls.private_tmp) plan.masks = masks_for(command, "/");
  plan.in = in->get();
  SandboxLimits limits;
  limits.wall = milliseconds(10'000);
  plan.limits = limits;
  const auto run = watch_sandbox(std::move(plan), {});
  return run.ok() && run->stop == SandboxStop::kNone;
}

using Wall = bool SandboxAbilities::*;

// Adds what works to what has worked.
void try_to_add(SandboxAbilities& walls, Wall wall, const SandboxCommand& command) {
  walls.*wall = true;
  if (!works(walls, command)) walls.*wall = false;
}

}  // namespace

std::vector<std::string> SandboxAbilities::missing() const {
  struct Words {
    Wall wall;
    std::string_view without;
  };
  static constexpr std::array<Words, 7> kWords{{
      {&SandboxAbilities::pids, "no pid namespace: replays see other processes, and could signal ours"},
      {&SandboxAbilities::network, "no network namespace: replays reach the network"},
      {&SandboxAbilities::ipc, "no ipc namespace: replays share System V memory with others"},
      {&SandboxAbilities::mounts, "no mount namespace: replays see all files, with our rights"},
      {&SandboxAbilities::read_only, "files cannot be made read-only: replays can write what we can write"},
      {&SandboxAbilities::private_tmp, "/tmp, /run and /dev/shm cannot be covered: replays share them"},
      {&SandboxAbilities::fresh_proc, "no /proc of its own: replays read the host's"},
  }};
  std::vector<std::string> texts;
  for (const auto& [wall, without] : kWords) {
    if (!(this->*wall)) texts.emplace_back(without);
  }
  return texts;
}

SandboxAbilities probe_sandbox(const std::filesystem::path& base) {
  auto folder = PrivateFolder::make(base);
  if (!folder) return {};
  SandboxCommand command;
  command.folder = folder->path();
  SandboxAbilities walls;
  if (::geteuid() == 0) try_to_add(walls, &SandboxAbilities::mounts, command);
  if (!walls.mounts) {
    try_to_add(walls, &SandboxAbilities::user, command);
    if (walls.user) try_to_add(walls, &SandboxAbilities::mounts, command);
  }
  for (const Wall wall : {&SandboxAbilities::pids, &SandboxAbilities::network, &SandboxAbilities::ipc}) {
    try_to_add(walls, wall, command);
  }
  if (walls.mounts) try_to_add(walls, &SandboxAbilities::read_only, command);
  if (walls.read_only) {
    try_to_add(walls, &SandboxAbilities::private_tmp, command);
    if (walls.pids) try_to_add(walls, &SandboxAbilities::fresh_proc, command);
  }
  return walls;
}

Result<SandboxRun> run_sandboxed(const SandboxAbilities& abilities, const SandboxCommand& command,
                                 const SandboxLimits& limits, std::stop_token stop) {
  if (auto checked = check(command); !checked) return std::move(checked).error();
  auto program = find_program(command.argv.front());
  if (!program) return std::move(program).error();
  auto in = open_input(command.stdin_file);
  if (!in) return std::move(in).error();
  SandboxPlan plan;
  add_walls(abilities, command, plan);
  plan.program = program->string();
  if (abilities.private_tmp) plan.masks = masks_for(command, plan.program);
  std::vector<std::string> argv = command.argv;
  plan.argv = pointers(argv);
  for (const auto& [name, value] : command.environment) plan.environment.push_back(name + "=" + value);
  plan.envp = pointers(plan.environment);
  plan.in = in->get();
  plan.limits = limits;
  plan.priority = command.priority;
  plan.nice = ::getpriority(PRIO_PROCESS, 0);
  return watch_sandbox(std::move(plan), std::move(stop));
}

}  // namespace fuzzmill::runtime
