#include "producers/minimize/engine_measure.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <charconv>
#include <fstream>

#include "producers/monitor/proc_reader.h"
#include "producers/monitor/proc_sample.h"
#include "runtime/durable_file.h"
#include "runtime/fd.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxEnvironment = 256 * 1024;
constexpr std::size_t kMaxFailure = 2u << 20;

bool carries(pid_t pid, const std::string& mark) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/environ", std::ios::binary);
  std::string environment(kMaxEnvironment, '\0');
  in.read(environment.data(), static_cast<std::streamsize>(environment.size()));
  environment.resize(static_cast<std::size_t>(in.gcount()));
  return ('\0' + environment).find('\0' + mark + '\0') != std::string::npos;
}

int number_or(std::string_view text, int otherwise) {
  int number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

fs::path input_path(const fs::path& files, const schema::Sha256& sha256) {
  const std::string name = schema::hex(sha256);
  return files / name.substr(0, 2) / name;
}

fs::path failure_file(const fs::path& folder, const schema::Sha256& sha256) {
  return folder / ("failed-" + schema::hex(sha256) + ".txt");
}

schema::Status keep_failure(const fs::path& folder, const schema::Sha256& sha256,
                            const InputFailure& failure) {
  const std::string text =
      fmt::format("{} code={} signal={}\n{}", failure.kind, failure.exit.code.value_or(-1),
                  failure.exit.signal.value_or(-1), failure.report);
  return runtime::write_durably(failure_file(folder, sha256), text);
}

schema::Result<InputFailure> read_failure(const fs::path& folder, const schema::Sha256& sha256) {
  auto text = read_whole(failure_file(folder, sha256), kMaxFailure);
  if (!text) return std::move(text).error();
  InputFailure failure;
  const auto line = text->substr(0, text->find('\n'));
  failure.kind = line.substr(0, line.find(' '));
  const auto value = [&](const std::string& name) {
    const auto at = line.find(name);
    return at == std::string::npos ? -1 : number_or(std::string_view(line).substr(at + name.size()), -1);
  };
  if (const int code = value("code="); code >= 0) failure.exit.code = code;
  if (const int signal = value("signal="); signal >= 0) failure.exit.signal = signal;
  if (line.size() < text->size()) failure.report = text->substr(line.size() + 1);
  return failure;
}

void end_left_over(const std::string& mark) {
  for (const auto& process : read_processes()) {
    if (process.state != 'Z' && process.pid != getpid() &&
        carries(process.pid, std::string(kMinimizeMark) + "=" + mark))
      ::kill(process.pid, SIGKILL);
  }
}

schema::Result<std::string> read_whole(const fs::path& file, std::uint64_t limit) {
  const runtime::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.open()) return runtime::from_errno(errno, file.string());
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return runtime::from_errno(errno, file.string());
  if (!S_ISREG(status.st_mode)) return schema::invalid(file.string() + " is no regular file");
  const auto too_large = [&] {
    return schema::too_large(fmt::format("{} is over {} bytes", file.string(), limit));
  };
  if (static_cast<std::uint64_t>(status.st_size) > limit) return too_large();
  std::string bytes;
  bytes.resize(static_cast<std::size_t>(status.st_size) + 1);
  std::size_t have = 0;
  while (true) {
    if (have == bytes.size()) bytes.resize(bytes.size() * 2);
    const auto got = ::read(fd.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return runtime::from_errno(errno, file.string());
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
    if (have > limit) return too_large();
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace fuzzmill::producers
