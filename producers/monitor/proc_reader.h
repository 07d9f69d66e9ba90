// Reads /proc. Processes that end while it reads are left out; that is no error.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "producers/monitor/proc_sample.h"

namespace fuzzmill::producers {

// `proc` is /proc, or a folder of the same shape.
std::vector<ProcStat> read_processes(const std::filesystem::path& proc = "/proc");

ProcUnits proc_units();

}  // namespace fuzzmill::producers
