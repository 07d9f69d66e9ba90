// A group's archived crash as a bundle that reproduces it, and the check of archived crashes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/result.h"
#include "store/crash_index.h"

namespace fuzzmill::cli {

// Writes `to`/<group>: input, report.txt, meta.json, repro.sh, repro.gdb. The folder written. kNotFound: the
// group has no archive on this machine; kConflict: a file of others is in the way.
schema::Result<std::string> export_group(const store::GroupDetail& group, const std::string& to);

struct CrashVerdict {
  std::string group;
  std::uint64_t inputs = 0, bytes = 0;
  std::vector<std::string> problems;
};
// Reads every input of one group (a beginning of its id), or of all that are archived below `root`.
schema::Result<std::vector<CrashVerdict>> verify_crashes(store::Redis& redis, const std::string& root,
                                                         const std::optional<std::string>& id);

}  // namespace fuzzmill::cli
