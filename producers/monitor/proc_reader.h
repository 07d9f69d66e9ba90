// Reads /proc. Processes that end while it reads are left out; that is no error.
// `proc` is /proc, or a folder of the same shape. Threads: any.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "producers/monitor/proc_sample.h"

namespace fuzzmill::producers {

// Every process with the exact resident pages of each: two files a process.
std::vector<ProcStat> read_processes(const std::filesystem::path& proc = "/proc");

// The same at half the price: resident pages are the kernel's estimate. For a look at all, of which a few are
// then asked for more.
std::vector<ProcStat> read_stats(const std::filesystem::path& proc = "/proc");

// Of one process; nothing when it is gone, is another's, or a zombie.
std::optional<std::uint64_t> read_resident_pages(const std::filesystem::path& proc, pid_t pid);
std::optional<std::uint64_t> read_open_files(const std::filesystem::path& proc, pid_t pid);  // at most 65,536
// Proportional set size in bytes. Dear: the kernel walks the process's page tables, milliseconds for a
// sanitizer's shadow memory.
std::optional<std::uint64_t> read_proportional_bytes(const std::filesystem::path& proc, pid_t pid);

ProcUnits proc_units();

}  // namespace fuzzmill::producers
