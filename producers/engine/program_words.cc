#include "producers/engine/program_words.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fuzzmill::producers {
namespace {

// Messages that every program of a kind holds, whatever its version. Ours must not hold one in one piece, or
// it were such a program; the second of libFuzzer is a format, which no text about libFuzzer holds.
std::string words_of_libfuzzer() { return std::string("libFuzzer: run ") + "interrupted; exiting"; }
std::string format_of_libfuzzer() { return std::string("Test unit ") + "written to %s"; }
std::string words_of_afl_driver() { return std::string("This binary is built ") + "for afl++"; }
std::string words_of_honggfuzz_driver() { return std::string("Accepting input ") + "from '"; }

// Read in parts that overlap, not mapped: a file that is cut while we look, as by a build that writes it
// anew, would end us with SIGBUS.
class WordSearch {
 public:
  explicit WordSearch(std::vector<std::string> words) : words_(std::move(words)), found_(words_.size()) {}

  void look_through(int fd) {
    std::string part(kPart, '\0');
    std::size_t kept = 0;
    for (;;) {
      const auto got = ::read(fd, part.data() + kept, part.size() - kept);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return;
      const std::size_t size = kept + static_cast<std::size_t>(got);
      look_at({part.data(), size});
      kept = std::min(size, kOverlap);
      std::memmove(part.data(), part.data() + size - kept, kept);
    }
  }
  bool holds(std::size_t word) const { return found_[word]; }

 private:
  static constexpr std::size_t kPart = 256 * 1024;
  static constexpr std::size_t kOverlap = 64;  // longer than every word

  void look_at(std::string_view bytes) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (!found_[i])
        found_[i] = ::memmem(bytes.data(), bytes.size(), words_[i].data(), words_[i].size()) != nullptr;
    }
  }

  std::vector<std::string> words_;
  std::vector<bool> found_;
};

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
  WordSearch search(
      {words_of_libfuzzer(), format_of_libfuzzer(), words_of_afl_driver(), words_of_honggfuzz_driver()});
  if (regular) search.look_through(fd);
  ::close(fd);
  if (!regular) return schema::invalid(fmt::format("{}: not a regular file", program.string()));
  ProgramWords words;
  words.libfuzzer = search.holds(0) && search.holds(1);
  words.afl_driver = !words.libfuzzer && search.holds(2);
  words.honggfuzz_driver = !words.libfuzzer && !words.afl_driver && search.holds(3);
  return words;
}

}  // namespace fuzzmill::producers
