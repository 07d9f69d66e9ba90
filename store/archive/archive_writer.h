// Writes an archive as a stream: a ustar tar within zstd or gzip, entries in the order they are added. The
// same entries give the same bytes: owner, mode and time of all are the same.
//
// Life cycle: to_file(), add() …, finish(); destroyed before finish() the file is left unfinished and the
// caller removes it. Memory: the compressor's (25 MB for zstd), whatever the size. Threads: one.
// Errors: kUnavailable when the disk is full or failing, kInternal of libarchive and libzstd.
#pragma once

#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "schema/digest.h"
#include "schema/result.h"
#include "store/objects/object_store.h"

namespace fuzzmill::store {

enum class ArchiveFormat { kTarZst, kTarGz };
std::string_view suffix(ArchiveFormat format);  // "tar.zst", "tar.gz"

struct WrittenArchive {
  std::string sha256;       // of the file, 64 hex digits
  std::uint64_t bytes = 0;  // of the file
  std::uint64_t entries = 0;
};

class ArchiveWriter {
 public:
  // `second` is the time of all entries, Unix time. `expected`: how large the tar will be, about; how much
  // memory the compressor takes follows it.
  static schema::Result<std::unique_ptr<ArchiveWriter>> to_file(
      const std::filesystem::path& file, ArchiveFormat format, std::uint64_t second,
      std::uint64_t expected = std::numeric_limits<std::uint64_t>::max());
  // Into memory, zstd: a page of a snapshot.
  static schema::Result<std::unique_ptr<ArchiveWriter>> to_memory(std::string& out, std::uint64_t second);

  virtual ~ArchiveWriter() = default;
  virtual schema::Status add(const std::string& name, std::string_view bytes) = 0;
  // An entry in pieces: begin() says how many bytes write() will give.
  virtual schema::Status begin(const std::string& name, std::uint64_t size) = 0;
  virtual schema::Status write(std::string_view piece) = 0;
  // Durable (fsynced, when a file) on return.
  virtual schema::Result<WrittenArchive> finish() = 0;
};

}  // namespace fuzzmill::store
