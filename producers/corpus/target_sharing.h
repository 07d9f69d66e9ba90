// One target's part in sharing: what its fuzzer found goes out, what other nodes found comes in.
//
//   out: new files of the corpus → offered by hash → the bytes of those that the broker wants are given
//   in:  what others gave since our cursor → checked against its hash → a file where the fuzzer looks
//
// Nothing comes back: imports are known by their hash, and what a file brought from elsewhere is not offered;
// the broker, too, gives no node its own. Each way has the target's budget. What does not fit waits, up to a
// bound; what is passed over is counted.
// The cursor and the time of the last look are kept in WORK/TARGET/sharing.state. Lost, it begins from now.
// Life cycle: turn() every few seconds. Threads: one. Errors of turn() as those of Questions: nothing is
// lost, the next turn tries again.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "producers/corpus/import_folder.h"
#include "producers/corpus/new_finds.h"
#include "producers/corpus/share_rules.h"
#include "producers/questions.h"

namespace fuzzmill::producers {

struct ShareSettings {
  bool on = true;
  std::uint64_t budget = 1u << 20;  // bytes a minute, each way
  friend bool operator==(const ShareSettings&, const ShareSettings&) = default;
};

// Where imports go; without a folder the target only gives, and `why_none` says why.
struct ImportPlace {
  ImportKind kind = ImportKind::kNone;
  std::filesystem::path folder;
  std::string why_none;
};

struct SharingSource {
  std::string target, engine;
  CorpusPlace place;
  ImportPlace import;
  std::filesystem::path state_file;
  ShareSettings settings;
};

struct SharingCounts {
  std::uint64_t given = 0;     // inputs that the broker took
  std::uint64_t refused = 0;   // and that it did not
  std::uint64_t imported = 0;  // files written for the fuzzer
  std::uint64_t dropped = 0;   // had already, no room, or not what their hash says
};

class TargetSharing {
 public:
  using Time = ShareBudget::Time;
  TargetSharing(SharingSource source, Questions& questions, std::function<void(const std::string&)> warn);

  schema::Status turn(Time now, std::uint64_t unix_ms);
  // Before the end: what the next run goes on from.
  void keep(std::uint64_t unix_ms);
  const SharingCounts& counts() const { return counts_; }

 private:
  struct Kept {
    std::string cursor;
    std::uint64_t looked_ms = 0;
  };
  struct Find {
    schema::Sha256 sha256{};
    std::string bytes;
  };

  static Kept load(const std::filesystem::path& file);
  void look(Time now, std::uint64_t unix_ms);
  schema::Status give(Time now, std::uint64_t unix_ms);
  std::vector<Find> take_waiting(std::uint64_t budget, std::uint64_t unix_ms);
  schema::Status import(Time now, std::uint64_t unix_ms);
  void write_import(const schema::SharedInput& input, std::uint64_t unix_ms);
  void open_imports();

  SharingSource source_;
  Questions& questions_;
  std::function<void(const std::string&)> warn_;
  Kept kept_;
  NewFinds finds_;
  std::deque<std::string> waiting_;  // names of finds
  std::optional<ImportFolder> imports_;
  ForeignInputs foreign_;
  ShareBudget out_, in_;
  SharingCounts counts_;
  std::uint64_t told_imported_ = 0, told_dropped_ = 0;  // of the counts, what the broker was told
  std::optional<Time> looked_, next_look_;
  std::uint64_t kept_at_ms_ = 0;
};

}  // namespace fuzzmill::producers
