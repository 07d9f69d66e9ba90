// Which files a triage reads: reports, and the inputs that made them crash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::cli {

inline constexpr std::size_t kMaxReportFile = 64 * 1024 * 1024;  // bytes; of larger files the end is read

// The files of a triage, sorted by path, each once; found again by path or by name. Constant once made:
// any thread may read it.
class FileSet {
 public:
  explicit FileSet(std::vector<std::string> paths);

  const std::vector<std::string>& paths() const { return paths_; }
  // The path itself where it is one of the set, else empty.
  std::string_view find(std::string_view path) const;
  // The first path that ends in this name, else empty.
  std::string_view find_name(std::string_view name) const;

 private:
  std::vector<std::string> paths_;
  std::unordered_map<std::string_view, std::string_view> by_name_;  // views of paths_
};

// Every regular file below the paths. Symbolic links below a folder are not followed. kNotFound names a
// path that is not there.
schema::Result<std::vector<std::string>> collect_files(const std::vector<std::string>& paths);

// True for names that fuzzers give to inputs: "crash-<sha1>", "id:000001,sig:06,…", "SIGSEGV.PC.….fuzz".
bool is_artifact_name(std::string_view name);

// True when the text holds bytes that no log holds: a NUL or much that is not UTF-8 near its start.
bool looks_binary(std::string_view text);

// The paths of inputs that a log names: "Test unit written to ./crash-…". At most 64.
std::vector<std::string_view> inputs_named_in(std::string_view text);

// The input of a report, out of `files`: the one it names, by path or by name in a folder that was given
// too, else the one beside it whose name is the report's without its ending. Empty: none.
std::string_view input_of(const std::string& report, std::string_view text, const FileSet& files);

// The file's bytes, or its last kMaxReportFile when it is larger.
schema::Result<std::string> read_report_file(const std::string& path);

}  // namespace fuzzmill::cli
