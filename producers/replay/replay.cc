#include "producers/replay/replay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <thread>

#include "producers/evidence/artifact.h"
#include "runtime/fd.h"
#include "runtime/private_folder.h"

namespace fuzzmill::producers {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kReportTime{15'000};  // to symbolize and print, after libFuzzer's own timeout
constexpr std::uint64_t kMemoryRoom = 512;   // MB over the program's own limit, for its report
constexpr std::uint64_t kMostMemory = 4;     // times ours
constexpr std::size_t kMaxExtension = 8;

// What of our environment a program gets. Ours holds keys and addresses that are none of its business.
constexpr std::array<std::string_view, 9> kInherited{
    "PATH",
    "LD_LIBRARY_PATH",
    "LANG",
    "TZ",
    "ASAN_SYMBOLIZER_PATH",
    "UBSAN_SYMBOLIZER_PATH",
    "MSAN_SYMBOLIZER_PATH",
    "TSAN_SYMBOLIZER_PATH",
    "LSAN_SYMBOLIZER_PATH",
};

bool inherited(std::string_view name) {
  return name.substr(0, 3) == "LC_" ||
         std::find(kInherited.begin(), kInherited.end(), name) != kInherited.end();
}

void set(Variables& variables, const std::string& name, std::string value) {
  for (auto& [known, old] : variables) {
    if (known != name) continue;
    old = std::move(value);
    return;
  }
  variables.emplace_back(name, std::move(value));
}

Variables our_environment() {
  Variables variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto end = text.find('=');
    if (end == std::string_view::npos) continue;
    variables.emplace_back(text.substr(0, end), text.substr(end + 1));
  }
  return variables;
}

// ".png" of "a.png"; nothing where it is not short and plain: some programs go by it, and names are hostile.
std::string plain_extension(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == name.size()) return {};
  const auto extension = name.substr(dot);
  const auto plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  if (extension.size() > kMaxExtension + 1 || !std::all_of(extension.begin() + 1, extension.end(), plain)) {
    return {};
  }
  return std::string(extension);
}

schema::Status write_input(const std::filesystem::path& path, std::string_view bytes) {
  const runtime::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.open()) return runtime::from_errno(errno, path.string());
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return runtime::from_errno(errno, path.string());
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// Sanitizers write to standard error unless they are told otherwise.
void take_report(Attempt& attempt, const runtime::SandboxRun& run) {
  const auto& told = [&]() -> const runtime::HeadTail& {
    const bool by_err = tells_end(run.exit, run.err.text());
    return by_err || !tells_end(run.exit, run.out.text()) ? run.err : run.out;
  }();
  attempt.report = told.text();
  attempt.report_truncated = told.truncated();
}

}  // namespace

runtime::SandboxLimits sandbox_limits(const ReplayCommand& command, const ReplayLimits& limits,
                                      unsigned cores) {
  runtime::SandboxLimits sandbox;
  sandbox.wall = limits.wall;
  if (command.timeout_ms) {
    const milliseconds own(std::min<std::uint64_t>(*command.timeout_ms, 1'000'000'000));
    sandbox.wall = std::min(std::max(limits.wall, own + kReportTime), limits.most_wall);
  }
  sandbox.cpu = std::chrono::ceil<std::chrono::seconds>(sandbox.wall) * std::max(1u, cores);
  std::uint64_t memory = limits.memory_mb;
  if (command.rss_limit_mb) {
    memory = std::max(memory, std::min(*command.rss_limit_mb, kMostMemory * limits.memory_mb) + kMemoryRoom);
    memory = std::min(memory, kMostMemory * limits.memory_mb);
  }
  sandbox.memory_bytes = memory << 20;
  sandbox.file_bytes = limits.file_bytes;
  sandbox.processes = limits.processes;
  sandbox.head_bytes = limits.report_head_bytes;
  sandbox.tail_bytes = limits.report_tail_bytes;
  return sandbox;
}

Variables replay_environment(const Variables& ours, const Variables& of_command,
                             const std::filesystem::path& folder) {
  Variables variables;
  for (const auto& [name, value] : ours) {
    if (inherited(name)) set(variables, name, value);
  }
  for (const auto& [name, value] : of_command) set(variables, name, value);
  for (const char* name : {"HOME", "TMPDIR"}) set(variables, name, folder.string());
  return variables;
}

Attempt replay_bytes(const ReplayPlace& place, const ReplayCommand& command, std::string_view bytes,
                     std::string_view name, const ReplayLimits& limits, runtime::CpuPriority priority,
                     std::stop_token stop) {
  if (bytes.size() > limits.input_bytes) {
    return could_not_run(
        fmt::format("the input has {} bytes, over the limit of {}", bytes.size(), limits.input_bytes));
  }
  const auto folder = runtime::PrivateFolder::make(place.base);
  if (!folder) return could_not_run(folder.error().message);
  const auto input = folder->path() / ("input" + plain_extension(name));
  if (auto written = write_input(input, bytes); !written) return could_not_run(written.error().message);

  runtime::SandboxCommand sandboxed;
  sandboxed.argv = with_input(command.argv, input);
  sandboxed.environment = replay_environment(our_environment(), command.environment, folder->path());
  sandboxed.folder = folder->path();
  if (command.input_on_stdin) sandboxed.stdin_file = input;
  sandboxed.priority = priority;
  auto bounds = sandbox_limits(command, limits, std::thread::hardware_concurrency());
  bounds.file_bytes += bytes.size();  // its own input is in the folder too
  auto run = runtime::run_sandboxed(place.walls, sandboxed, bounds, std::move(stop));
  if (!run) return could_not_run(run.error().message);

  Attempt attempt;
  take_report(attempt, *run);
  auto judgement = judge_run(run->exit, run->stop, attempt.report, command.crash_codes);
  attempt.outcome = judgement.outcome;
  attempt.reason = std::move(judgement.reason);
  attempt.exit = run->exit;
  attempt.duration = run->duration;
  attempt.waiting = std::min(run->waiting, run->duration);
  attempt.cpu = run->cpu;
  attempt.peak_rss_bytes = run->peak_rss_bytes;
  attempt.wall_limit = bounds.wall;
  attempt.memory_limit_bytes = bounds.memory_bytes;
  return attempt;
}

Attempt replay_once(const ReplayPlace& place, const ReplayCommand& command,
                    const std::filesystem::path& input, const ReplayLimits& limits,
                    runtime::CpuPriority priority, std::stop_token stop) {
  const auto bytes = read_bounded(input, limits.input_bytes);
  if (!bytes) return could_not_run(bytes.error().message);
  return replay_bytes(place, command, *bytes, input.filename().native(), limits, priority, std::move(stop));
}

}  // namespace fuzzmill::producers
