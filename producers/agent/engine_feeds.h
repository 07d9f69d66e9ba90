// The feeds of the engines that we know; see engine_feed.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "producers/agent/engine_feed.h"
#include "producers/engine/sanitizer_log.h"

namespace fuzzmill::producers {

struct LibfuzzerPlaces {
  ArtifactPlace artifacts;
  std::filesystem::path job_logs;  // folder of fuzz-<k>.log
  std::uint64_t jobs = 0;          // of -jobs; 0: one process, or -fork
  bool reports_logged = true;      // not with -ignore_crashes, which prints a report's first line alone
  std::vector<SanitizerLogPlace> sanitizer_logs;  // of log_path: reports are in files there
};
std::unique_ptr<EngineFeed> libfuzzer_feed(LibfuzzerPlaces places);

// `output`: of -o; `extension`: of -e.
std::unique_ptr<EngineFeed> afl_feed(std::filesystem::path output, std::string extension);

struct HonggfuzzPlaces {
  std::filesystem::path crashes;
  std::filesystem::path report;         // HONGGFUZZ.REPORT.TXT
  std::filesystem::path sanitizer_log;  // HF.sanitizer.log, without its .PID
  std::filesystem::path stats;          // empty: none
  std::string extension = "fuzz";
};
std::unique_ptr<EngineFeed> honggfuzz_feed(HonggfuzzPlaces places);

}  // namespace fuzzmill::producers
