// Reads what was added to a file since the last time; notices that it began anew. Bounded by what is asked
// for.
#pragma once

#include <cstdint>
#include <string>

#include "producers/engine/elf_build_id.h"

namespace fuzzmill::producers {

class GrowingFile {
 public:
  // From the start of the file; `offset` goes on where an earlier reader was.
  explicit GrowingFile(std::uint64_t offset = 0) : offset_(offset) {}

  struct Growth {
    std::string bytes;
    bool restarted = false;  // the file is shorter than what was read of it: these are bytes of a new one
    bool more = false;       // ask again
  };
  // `size`: of the file now. At most `limit` bytes.
  Growth read(std::uint64_t size, const ReadAt& read_at, std::size_t limit = 256 * 1024) {
    Growth growth;
    if (size < offset_) offset_ = 0, growth.restarted = true;
    if (size == offset_) return growth;
    const auto wanted = size - offset_ < limit ? static_cast<std::size_t>(size - offset_) : limit;
    growth.bytes = read_at(offset_, wanted);
    offset_ += growth.bytes.size();
    growth.more = !growth.bytes.empty() && offset_ < size;
    return growth;
  }
  std::uint64_t offset() const { return offset_; }

 private:
  std::uint64_t offset_;
};

}  // namespace fuzzmill::producers
