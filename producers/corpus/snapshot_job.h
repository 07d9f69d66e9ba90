// Takes one snapshot of a target's corpus: asks for the base, looks at the files, chooses, hashes what
// changed, asks what the server lacks, and publishes page after page. The thin shell around SnapshotSender.
//
// Life cycle: turn() again and again until kDone; each does a small part of the work (some megabytes, one
// question or one page), so that others have their turn. Destroyed at any point, also by kill -9, it leaves
// nothing but hashes that need not be computed again; a new one sends the rest. Threads: one.
// What it costs: some 300 bytes of memory a chosen file, and a page.
//
// Errors of turn() end the job: kUnavailable (the broker or the disk is not there: try later), kNotFound (the
// broker is older than such questions), kInvalid and kDenied (it refuses them). A file that changes or
// vanishes while it is read is left out and counted; it never travels under a wrong hash.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "producers/corpus/corpus_state.h"
#include "producers/corpus/selection.h"
#include "producers/corpus/snapshot_sender.h"
#include "producers/outbox.h"
#include "producers/questions.h"

namespace fuzzmill::producers {

// Of whom it is, and what of it is taken.
struct SnapshotSource {
  std::string node, target, engine;
  std::optional<std::string> build_id;
  CorpusPlace place;
  std::filesystem::path state_file;
  std::filesystem::path merge_control;  // of libFuzzer; empty: none
  SelectionPolicy policy;
};

struct SnapshotPorts {
  Outbox* outbox = nullptr;
  Questions* questions = nullptr;
  std::function<std::uint64_t()> unix_ms;
  std::function<void(const std::string& text)> warn;
};

inline constexpr std::uint64_t kSpoolRoom = 8u << 20;  // a page is published while less than this waits there

class SnapshotJob {
 public:
  // `snapshot`: 16 hex digits, random.
  SnapshotJob(SnapshotSource source, SnapshotPorts ports, std::string snapshot);

  enum class Turn {
    kMore,  // there is more to do now
    kWait,  // the spool is full of what the broker does not have: look again in a while
    kDone,
  };
  schema::Result<Turn> turn();

  const std::string& snapshot() const { return sender_.snapshot(); }
  // Of listings and packed files, so far.
  std::uint64_t sent_bytes() const { return sent_bytes_; }
  // For people: "812 of 1000 files, 34 sent with 210.3 KB, 3 pages".
  std::string summary() const;

 private:
  void choose();
  schema::Result<Turn> hash_some();
  schema::Result<Turn> publish_page();
  schema::Result<std::string> pack_files();
  schema::Event event() const;
  std::optional<std::string> read_as_hashed(const std::string& name, const RememberedFile& file) const;
  std::filesystem::path path_of(const std::string& name) const { return source_.place.folder / name; }
  void keep_state();

  SnapshotSource source_;
  SnapshotPorts ports_;
  CorpusState state_;
  SnapshotSender sender_;
  bool chosen_ = false;
  std::vector<CorpusState::Files::value_type*> to_hash_;  // from the back
  std::uint64_t hashed_bytes_ = 0;                        // since the state was kept
  CorpusCount count_;
  std::uint64_t left_out_files_ = 0, left_out_bytes_ = 0;
  std::uint64_t chosen_files_ = 0, sent_files_ = 0, sent_bytes_ = 0;
  std::optional<schema::Sha256> last_sent_;
};

}  // namespace fuzzmill::producers
