// Where a tar goes: through a compressor into a file or a string, hashed on its way. For ArchiveWriter alone.
// Threads: one. Errors: kUnavailable of the disk, kInternal of the compressor; after one of them nothing more
// is written.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "schema/result.h"
#include "store/archive/sha256_stream.h"

namespace fuzzmill::store {

// Takes packed bytes.
using PackedOut = std::function<schema::Status(std::string_view)>;

class PackedSink {
 public:
  virtual ~PackedSink() = default;
  virtual schema::Status write(std::string_view bytes) = 0;
  virtual schema::Status finish() = 0;
};

// `expected`: how large the tar will be, about; the compressor's memory follows it, up to some 40 MB.
schema::Result<std::unique_ptr<PackedSink>> zstd_sink(PackedOut out, std::uint64_t expected);

// The largest window that a reader must accept, as a power of two.
inline constexpr int kZstdWindowLog = 24;

}  // namespace fuzzmill::store
