// The texts of /proc, /sys and cgroups: small, and gone at any moment.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace fuzzmill::producers {

// The first `most` bytes of a file; nothing when it cannot be read. A pipe or device in the way does not
// block.
std::optional<std::string> read_small_file(const std::filesystem::path& path, std::size_t most = 64 * 1024);

// The same below an open folder, which saves the kernel the walk.
std::optional<std::string> read_small_file_at(int folder, const char* name, std::size_t most = 4096);

// What stands behind `key` at the start of a line: its first number; nothing when no line begins so.
// "MemTotal:" and "oom_kill" are keys.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view key);

// A number that is the whole text but for white space around it.
std::optional<std::int64_t> whole_number(std::string_view text);

}  // namespace fuzzmill::producers
