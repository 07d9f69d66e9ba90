// What a logger put before a line ("05-01 12:00:00.123  1234  1235 E app: ", "fuzz_1  | "). The lines of
// one stack have prefixes of one shape: as long, and alike but for digits.
#pragma once

#include <string>
#include <string_view>

namespace fuzzmill::workers {

class LinePrefix {
 public:
  // The first `size` bytes of the line are its prefix.
  void learn(std::string_view line, std::size_t size);

  // The line without its prefix; the whole line when it has another one.
  std::string_view strip(std::string_view line) const;

 private:
  std::string prefix_;
};

}  // namespace fuzzmill::workers
