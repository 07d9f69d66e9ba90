// Where the writers put their files: one file that a person named, or a folder of files of ours. Each file
// is written beside its place and moved there whole. One thread.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "schema/result.h"

namespace fuzzmill::cli {

// Life cycle: open(), write to file(), close(). Without close() the file that was there stays as it was.
class OutputFile {
 public:
  OutputFile() = default;
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // kUnavailable: it cannot be made there.
  schema::Status open(const std::string& path);
  bool is_open() const { return file_ != nullptr; }
  std::FILE* file() { return file_; }
  schema::Status close();

 private:
  std::string path_, half_;
  std::FILE* file_ = nullptr;
};

// Writes only files that it names itself, and over a file only when that is ours: when it holds the mark that
// we put into it. A dry run writes nothing and says what it would.
class OutputFolder {
 public:
  struct Counts {
    std::size_t written = 0;
    std::size_t same = 0;  // already there with this content
  };

  // `tell` takes the lines of a dry run.
  OutputFolder(std::string path, bool dry_run, std::FILE* tell)
      : path_(std::move(path)), dry_run_(dry_run), tell_(tell) {}

  // kConflict: a file of others has this name. `name` is ours, relative; folders in it are made.
  schema::Status put(const std::string& name, std::string_view content, std::string_view mark,
                     bool executable = false);
  // Nobody's or ours: kConflict when the folder holds something and its `file` does not hold the mark.
  schema::Status claim(const std::string& name, const std::string& file, std::string_view mark);

  const std::string& path() const { return path_; }
  const Counts& counts() const { return counts_; }
  bool dry_run() const { return dry_run_; }

 private:
  schema::Status write(const std::string& path, std::string_view content, bool executable);

  std::string path_;
  bool dry_run_;
  std::FILE* tell_;
  Counts counts_;
};

}  // namespace fuzzmill::cli
