// The bytes that a compressor packed, as a stream: zstd with a window of at most 16 MB, or gzip. For
// ArchiveReader alone. Threads: one. Errors: kInvalid (neither of both, damaged, cut short, bytes behind the
// end), kTooLarge (a larger window), else the source's.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "schema/result.h"
#include "store/objects/object_store.h"

namespace fuzzmill::store {

class Unpacked {
 public:
  static schema::Result<std::unique_ptr<Unpacked>> open(std::unique_ptr<ByteSource> source);
  virtual ~Unpacked() = default;
  // The next bytes, until the next call; none at the end, and then the source is at its end, too.
  virtual schema::Result<std::string_view> next() = 0;
  virtual std::uint64_t packed() const = 0;  // bytes read from the source so far
};

// The same in pieces of the size that is wanted.
class UnpackedBytes {
 public:
  explicit UnpackedBytes(std::unique_ptr<Unpacked> unpacked) : unpacked_(std::move(unpacked)) {}

  // Exactly `size` bytes, until the next call; kInvalid when there are fewer.
  schema::Result<std::string_view> take(std::size_t size);
  // 1 to `most` of them.
  schema::Result<std::string_view> some(std::size_t most);
  schema::Result<bool> ended();
  std::uint64_t packed() const { return unpacked_->packed(); }

 private:
  schema::Status fill();  // nothing is left of block_ before

  std::unique_ptr<Unpacked> unpacked_;
  std::string_view block_;  // what is left of the last
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  bool ended_ = false;
};

// The same, gzip through libarchive; `head` was read from the source already.
schema::Result<std::unique_ptr<Unpacked>> unpack_gzip(std::string head, std::unique_ptr<ByteSource> source);
schema::Result<std::unique_ptr<Unpacked>> unpack_zstd(std::string head, std::unique_ptr<ByteSource> source);

}  // namespace fuzzmill::store
