// The folder in which a fuzzer finds what other nodes found. Each file appears whole and under a name that
// nothing had: no file that is there is ever changed.
//
//   libFuzzer   its first corpus folder, which it reads again while it runs; named by SHA-1 as it names its
//   own AFL++       OUT/fuzzmill/queue, a sibling of its instances: whatever was started with -M or -S reads
//   it at
//               its sync times, one that somebody else started too. (-F would need -M, which changes how
//               AFL++ chooses, and a start of our own.)
//   honggfuzz   the folder of --dynamic_input
//
// How far it grows: a folder of the user's, as libFuzzer's corpus, gets at most so much a day, and nothing in
// it is removed. In the other two, which are ours, files of ours that are older than two hours make way;
// where none is, no more is taken. Threads: one.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>

#include "schema/digest.h"
#include "schema/result.h"

namespace fuzzmill::producers {

enum class ImportKind {
  kNone,
  kCorpus,    // libFuzzer; a folder of the user's
  kAflQueue,  // AFL++
  kFolder,    // honggfuzz
};

struct ImportLimits {
  std::uint64_t files = 4096;
  std::uint64_t bytes = 64u << 20;
  std::chrono::seconds kept{7200};
  std::uint64_t files_a_day = 10'000;  // into a folder of the user's
  std::uint64_t bytes_a_day = 256u << 20;
};

class ImportFolder {
 public:
  // Makes the folder where it is ours. kDenied, kUnavailable.
  static schema::Result<ImportFolder> open(ImportKind kind, std::filesystem::path folder,
                                           ImportLimits limits = {});

  enum class Put { kWritten, kHadAlready, kNoRoom };
  // kUnavailable: the disk is full; kDenied.
  schema::Result<Put> put(const schema::Sha256& sha256, std::string_view bytes, std::uint64_t unix_s);

 private:
  struct Ours {
    std::string name;
    std::uint64_t size = 0;
    std::uint64_t written_s = 0;
  };
  ImportFolder(ImportKind kind, std::filesystem::path folder, ImportLimits limits)
      : kind_(kind), folder_(std::move(folder)), limits_(limits) {}
  void look();
  bool room_today(std::uint64_t size, std::uint64_t unix_s);
  bool make_room(std::uint64_t size, std::uint64_t unix_s);
  bool has(const schema::Sha256& sha256) const;
  std::string name_for(const schema::Sha256& sha256, std::string_view bytes);

  ImportKind kind_;
  std::filesystem::path folder_;
  ImportLimits limits_;
  std::deque<Ours> ours_;  // the oldest first; of a folder of the user's, those of the last day
  std::uint64_t bytes_ = 0;
  std::uint64_t next_ = 0;  // number of AFL++'s next entry
};

// As a new file of the folder, whole at once. False: there is one of that name. kDenied, kUnavailable.
schema::Result<bool> add_whole_file(const std::filesystem::path& folder, const std::string& name,
                                    std::string_view bytes);

}  // namespace fuzzmill::producers
