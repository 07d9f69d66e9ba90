// The work folder of a minimisation: the copied corpus and what it is made of.
#pragma once

#include <optional>

#include "producers/minimize/minimize.h"
#include "runtime/file_lock.h"

namespace fuzzmill::producers {

// What lies in WORK/inputs.
struct WorkInputs {
  std::string options;              // digest of all that decides the result
  std::vector<CorpusInput> inputs;  // rising
  std::uint64_t copies = 0, left_out = 0, unread = 0;
  std::size_t shards = 1;
};
std::string encode_inputs(const WorkInputs& inputs);
schema::Result<WorkInputs> decode_inputs(std::string_view text);

// Pure but for the look at the program's file.
std::string options_digest(const MinimizeOptions& options);

// Calls `take` for each regular file below the folders of the corpus. kNotFound, kDenied: a folder.
schema::Status walk_corpus(
    const std::vector<std::filesystem::path>& corpus,
    const std::function<schema::Status(const std::filesystem::path&, std::uint64_t size)>& take);

class WorkFolder {
 public:
  // Makes it and takes its lock; with `anew` what is there goes.
  static schema::Result<WorkFolder> open(const MinimizeOptions& options);

  // Copies the corpus, or says what was copied by a run before.
  schema::Result<WorkInputs> fill(const MinimizeOptions& options, const MinimizeProgress& progress,
                                  const std::stop_token& stop);
  std::filesystem::path files() const { return path_ / "files"; }
  const std::filesystem::path& path() const { return path_; }
  // Removes it, lock and all.
  void remove();

 private:
  WorkFolder(std::filesystem::path path, runtime::FileLock lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  schema::Result<WorkInputs> copy(const MinimizeOptions& options, const MinimizeProgress& progress,
                                  const std::stop_token& stop);
  std::filesystem::path path_;
  std::optional<runtime::FileLock> lock_;
};

}  // namespace fuzzmill::producers
