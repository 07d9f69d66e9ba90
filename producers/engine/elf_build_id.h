// The GNU build id of an ELF program: names the build that crashed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace fuzzmill::producers {

// `size` bytes at `offset`, fewer at the end of the file.
using ReadAt = std::function<std::string(std::uint64_t offset, std::size_t size)>;

// Lower-case hex, nothing when there is none. 64-bit little-endian ELF; reads at most a few hundred KB
// whatever the headers claim. Pure but for `read`.
std::optional<std::string> build_id(const ReadAt& read);
std::optional<std::string> build_id_of(const std::filesystem::path& program);

}  // namespace fuzzmill::producers
