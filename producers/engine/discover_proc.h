// The processes of this node as /proc shows them, and a look at their files that remembers.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "producers/engine/discover.h"

namespace fuzzmill::producers {

class FuzzerSearch {
 public:
  // `proc` is /proc, or a folder of the same shape.
  explicit FuzzerSearch(std::filesystem::path proc = "/proc") : proc_(std::move(proc)) {}

  // Processes that end while it reads are left out. Command lines and environments over 128 KB are cut.
  std::vector<ProcessSeen> processes() const;

  std::optional<Variables> environment(const ProcessSeen& process) const;

  // The program's file is opened through the process, so that those in containers are found too; each file is
  // read once, however many processes run it.
  ProgramWords words(const ProcessSeen& process);

  // discover() with all of these. `watcher`: our own program's path.
  Discovery discover(const std::string& watcher = {});

 private:
  struct FileId {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t modified_s = 0, modified_ns = 0;
    auto operator<=>(const FileId&) const = default;
  };
  std::filesystem::path proc_;
  std::map<FileId, ProgramWords> known_;
};

}  // namespace fuzzmill::producers
