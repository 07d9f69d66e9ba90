// What a fuzzer has added to its corpus since the last look, without what it did not find itself: AFL++'s
// seeds and imports are told by their names, all others by their content (share_rules.h).
//
// A look at folders that did not change costs one stat() each; else one readdir(), no stat() a file. At the
// first look what is there already is not new, but for what is younger than `since`: what was added while we
// were away. Sub-folders of libFuzzer's corpus are the user's own order: nothing is found in them.
// Memory: 8 bytes a file. Threads: one.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "producers/corpus/corpus_scan.h"
#include "producers/corpus/share_rules.h"

namespace fuzzmill::producers {

class NewFinds {
 public:
  // `since`: Unix time of the last look of the run before; 0: there was none.
  NewFinds(CorpusPlace place, std::uint64_t since_ms) : place_(std::move(place)), since_ms_(since_ms) {}

  // Names relative to the corpus, at most 10,000: what is more is not shared, and counted.
  std::vector<std::string> look(std::uint64_t unix_ms);
  std::uint64_t passed_over() const { return passed_over_; }

 private:
  void read_folder(const QueueFolder& folder, std::vector<std::string>& found);

  CorpusPlace place_;
  std::uint64_t since_ms_;
  bool first_ = true;
  SeenNames seen_;
  std::map<std::string, std::int64_t> changed_;  // folder to its time when it was read
  std::uint64_t passed_over_ = 0;
};

}  // namespace fuzzmill::producers
