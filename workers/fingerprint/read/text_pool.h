// The bytes that the names in a report's frames stand in. A stack has dozens of names: one block of memory
// for all of them is faster than one for each. Only grows; views into it live as long as it does. One thread
// fills it; then any may read.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace fuzzmill::workers {

class TextPool {
 public:
  // A copy of the text; of an empty one none is needed.
  std::string_view keep(std::string_view text);

  std::size_t bytes() const { return bytes_; }  // of memory that it holds

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* free_ = nullptr;  // in the last block
  std::size_t left_ = 0;  // bytes of it
  std::size_t bytes_ = 0;
};

}  // namespace fuzzmill::workers
