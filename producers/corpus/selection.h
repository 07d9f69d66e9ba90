// Which files of a corpus a snapshot takes: the N most valuable, or all, of those that are not too large.
//
// The order of value: what is known of coverage (schema::kReasons, then how much a file brought), then
// newness, then small size, then the name, so that the same files are chosen whatever order they come in.
// Pure; memory is bounded by the number that is chosen, not by the corpus. Threads: one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "producers/corpus/corpus_scan.h"
#include "schema/result.h"

namespace fuzzmill::producers {

struct SelectionPolicy {
  bool all = false;
  std::uint64_t top = 100;
  std::uint64_t max_file_bytes = 1u << 20;
  friend bool operator==(const SelectionPolicy&, const SelectionPolicy&) = default;
};

inline constexpr std::uint64_t kMaxChosenFiles = 1'000'000;       // of one snapshot, `all` too
inline constexpr std::uint64_t kMaxSnapshotFileBytes = 8u << 20;  // bound of SelectionPolicy::max_file_bytes

// "top 100" or "all" into the policy; kInvalid says what may stand there.
schema::Status parse_selection(std::string_view text, SelectionPolicy& policy);
// "top 100"
std::string selection_option(const SelectionPolicy& policy);
// For the manifest: "top 100 by coverage, newness and size, of files up to 1MB".
std::string selection_rule(const SelectionPolicy& policy);

// What is known of a file's worth, beside its own facts.
struct Worth {
  std::string_view reason = "newest";  // one of schema::kReasons
  std::uint32_t coverage = 0;          // features or edges that it brought; 0: not known
};

struct ChosenFile {
  CorpusEntry file;
  Worth worth;
};

class Selection {
 public:
  explicit Selection(const SelectionPolicy& policy);

  void offer(CorpusEntry file, const Worth& worth);
  // The chosen, the most valuable first. The end of the life cycle.
  std::vector<ChosenFile> take();

  std::uint64_t left_out_files() const { return left_out_files_; }
  std::uint64_t left_out_bytes() const { return left_out_bytes_; }

 private:
  void leave_out(const CorpusEntry& file);

  SelectionPolicy policy_;
  std::size_t limit_;
  std::vector<ChosenFile> heap_;  // the least valuable on top, once it is full
  std::uint64_t left_out_files_ = 0, left_out_bytes_ = 0;
};

}  // namespace fuzzmill::producers
