#include "producers/engine/libfuzzer_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace fuzzmill::producers {
namespace {

constexpr std::array<runtime::CodeMeaning, 8> kCodes{{
    {1, "sanitizer report, or libFuzzer could not start"},
    {66, "ThreadSanitizer report"},
    {70, "libFuzzer: timeout"},
    {71, "libFuzzer: out of memory"},
    {72, "libFuzzer: interrupted"},
    {77, "libFuzzer: error"},
    {126, "found, but not executable"},
    {127, "program or shared library not found"},
}};

// A message that every libFuzzer program holds, since 2015 at least; ours must not hold it in one piece.
std::string words_of_libfuzzer() { return std::string("libFuzzer: run ") + "interrupted; exiting"; }

}  // namespace

LibfuzzerCommand parse_libfuzzer_command(const std::vector<std::string>& argv) {
  LibfuzzerCommand command;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string& argument = argv[i];
    if (argument.empty() || argument.front() != '-') {
      command.operands.push_back(argument);
      continue;
    }
    const auto equals = argument.find('=');
    if (equals == std::string::npos) continue;
    const auto name = argument.substr(1, equals - 1);
    const auto value = argument.substr(equals + 1);
    if (name == "artifact_prefix") command.artifact_prefix = value;
    if (name == "exact_artifact_path") command.exact_artifact_path = value;
    if ((name == "fork" || name == "jobs") && value != "0") command.many_processes = true;
  }
  return command;
}

std::vector<std::string> with_artifact_folder(std::vector<std::string> argv,
                                              const std::filesystem::path& folder) {
  argv.push_back("-artifact_prefix=" +
                 (folder / "").string());  // it is plain text: the slash makes it a folder
  return argv;
}

std::span<const runtime::CodeMeaning> libfuzzer_codes() { return kCodes; }

schema::Status is_libfuzzer_program(const std::filesystem::path& program) {
  const int fd = ::open(program.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    auto message = fmt::format("{}: {}", program.string(), std::strerror(errno));
    if (errno == ENOENT || errno == ENOTDIR) return schema::not_found(std::move(message));
    return schema::denied(std::move(message));
  }
  struct stat info {};
  const bool regular = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;
  const auto size = static_cast<std::size_t>(regular ? info.st_size : 0);
  void* bytes = regular ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  ::close(fd);
  bool found = false;
  if (bytes != MAP_FAILED) {
    const std::string words = words_of_libfuzzer();
    found = ::memmem(bytes, size, words.data(), words.size()) != nullptr;
    ::munmap(bytes, size);
  }
  if (found) return {};
  return schema::invalid(
      fmt::format("{}: not a libFuzzer target (build it with clang -fsanitize=fuzzer; if it is a wrapper "
                  "that starts one, say so)",
                  program.string()));
}

}  // namespace fuzzmill::producers
