#include "producers/engine/program_words.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace fuzzmill::producers {
namespace {

// Messages that every program of a kind holds, whatever its version. Ours must not hold one in one piece, or
// it were such a program; the second of libFuzzer is a format, which no text about libFuzzer holds.
std::string words_of_libfuzzer() { return std::string("libFuzzer: run ") + "interrupted; exiting"; }
std::string format_of_libfuzzer() { return std::string("Test unit ") + "written to %s"; }
std::string words_of_afl_driver() { return std::string("This binary is built ") + "for afl++"; }
std::string words_of_honggfuzz_driver() { return std::string("Accepting input ") + "from '"; }

}  // namespace

schema::Result<ProgramWords> words_of_program(const std::filesystem::path& program) {
  const int fd = ::open(program.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    auto message = fmt::format("{}: {}", program.string(), std::strerror(errno));
    if (errno == ENOENT || errno == ENOTDIR) return schema::not_found(std::move(message));
    return schema::denied(std::move(message));
  }
  struct stat info {};
  const bool regular = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  const auto size = static_cast<std::size_t>(regular ? info.st_size : 0);
  void* bytes = size > 0 ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  ::close(fd);
  if (!regular) return schema::invalid(fmt::format("{}: not a regular file", program.string()));
  ProgramWords words;
  if (bytes == MAP_FAILED) return words;
  const auto holds = [&](const std::string& text) {
    return ::memmem(bytes, size, text.data(), text.size()) != nullptr;
  };
  words.libfuzzer = holds(words_of_libfuzzer()) && holds(format_of_libfuzzer());
  words.afl_driver = !words.libfuzzer && holds(words_of_afl_driver());
  words.honggfuzz_driver = !words.libfuzzer && !words.afl_driver && holds(words_of_honggfuzz_driver());
  ::munmap(bytes, size);
  return words;
}

}  // namespace fuzzmill::producers
