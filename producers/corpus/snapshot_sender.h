// One snapshot on its way to the server: what is asked, which files are in which page, and when it is done.
// Pure: snapshot_job.h asks, reads and publishes.
//
//   kAskBase → base_told() → [the files are seen, chosen and hashed] → plan() → kAskLacks → lacks_told() … →
//   kMakePage → next_page(), drop() …, page_published() … → kDone → finish()
//
// Pages are in ascending order of SHA-256. A snapshot that is broken off is begun anew under another id; then
// the server no longer lacks what arrived. Memory: some pointers a file. Threads: one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "producers/corpus/corpus_state.h"
#include "schema/corpus_listing.h"
#include "schema/result.h"

namespace fuzzmill::producers {

inline constexpr std::uint64_t kPageBytes = 4u << 20;  // of the files that travel with one page

struct PageFile {
  CorpusState::Files::value_type* file = nullptr;
  bool lacking = false;  // the server wants these bytes
};

struct SnapshotPage {
  std::uint64_t number = 0;
  bool last = false;
  std::vector<PageFile> files;
  std::vector<const std::string*> gone;
};

class SnapshotSender {
 public:
  // `state` outlives it.
  SnapshotSender(CorpusState& state, std::string snapshot) : state_(state), snapshot_(std::move(snapshot)) {}

  enum class Step { kAskBase, kPlan, kAskLacks, kMakePage, kDone };
  Step step() const { return step_; }
  const std::string& snapshot() const { return snapshot_; }
  // The snapshot that the listing is the difference to, or empty: the listing is whole.
  const std::string& base() const { return base_; }

  // REQUIRES kAskBase. What the server does not know, or another than our last, is no base.
  void base_told(const std::string& snapshot);
  // REQUIRES kPlan: all chosen files are hashed.
  void plan();
  // REQUIRES kAskLacks: the next hashes to ask for, 32 bytes each, at most schema::kMaxAskedHashes.
  std::string hashes() const;
  // REQUIRES kAskLacks. kInvalid: no answer to hashes().
  schema::Status lacks_told(std::string_view lacks);

  // REQUIRES kMakePage.
  const SnapshotPage& page() const { return page_; }
  // This file of the page cannot be read as it was hashed: it is left out, of the page and of what is
  // remembered.
  void drop(std::size_t index);
  schema::CorpusListing listing() const;
  void page_published();

  // REQUIRES kDone. From now on this snapshot is what the next is compared to.
  void finish(std::uint64_t unix_ms);

  std::uint64_t dropped_files() const { return dropped_files_; }
  std::uint64_t dropped_bytes() const { return dropped_bytes_; }

 private:
  void cut_page();

  CorpusState& state_;
  std::string snapshot_, base_;
  Step step_ = Step::kAskBase;
  std::vector<PageFile> files_;  // by SHA-256, then name
  std::vector<const std::string*> gone_;
  std::size_t asked_ = 0;                  // files whose hash was asked for
  std::size_t paged_ = 0, told_gone_ = 0;  // in the pages before this one
  std::size_t planned_gone_ = 0;           // in this page, without what was dropped from it
  SnapshotPage page_;
  std::uint64_t dropped_files_ = 0, dropped_bytes_ = 0;
};

}  // namespace fuzzmill::producers
