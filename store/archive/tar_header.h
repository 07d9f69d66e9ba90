// The 512 bytes before each file of an archive, as libarchive's ustar writer gives them for ArchiveWriter. An
// archive has no other: a reader compares all 512, so that a bit that turned is found wherever it lies. Pure:
// any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/result.h"

namespace fuzzmill::store {

inline constexpr std::size_t kTarBlock = 512;
using TarHeader = std::array<char, kTarBlock>;

struct TarEntry {
  std::string name;  // at most 100 bytes
  std::uint64_t size = 0;
  std::uint64_t second = 0;  // Unix time
};

TarHeader tar_header(const TarEntry& entry);

// kInvalid naming the entry and what is wrong: a link, a device, a folder, an absolute path, "..", a name
// that is no UTF-8 or over-long, a field that is not as above.
schema::Result<TarEntry> read_tar_header(std::string_view block);

// The zero bytes between a file's end and the next header.
inline std::size_t tar_padding(std::uint64_t size) { return (kTarBlock - size % kTarBlock) % kTarBlock; }

}  // namespace fuzzmill::store
