// HONGGFUZZ.REPORT.TXT as it grows: one crash section after another. It is what ties a crash file to a pid,
// and so to its sanitizer log; its own stack is often poor. Pure.
//
// Its text comes from the target in part, and is hostile: bounded, and not trusted to name a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "producers/engine/bounded_text.h"
#include "producers/engine/line_cutter.h"

namespace fuzzmill::producers {

struct HonggfuzzCrash {
  std::string file;                  // FUZZ_FNAME as printed: relative to honggfuzz's working folder
  std::string seed;                  // ORIG_FNAME: the corpus file it was made of
  std::string description;           // the sanitizer's first line, or empty
  std::optional<std::uint64_t> pid;  // of the target's process
  std::string signal_name;
  std::optional<int> signal;
  std::optional<std::uint64_t> pc;
  std::string time;  // of its block, as printed: the node's clock, no zone
  std::string text;  // the section, from CRASH: on
  bool truncated = false;
};

class HonggfuzzReport {
 public:
  HonggfuzzReport() : lines_(kLineBytes) {}

  // Any piece of the file, in order; appends the sections that ended.
  void feed(std::string_view chunk, std::vector<HonggfuzzCrash>& crashes);
  // No more is to come: what is open is a section.
  void finish(std::vector<HonggfuzzCrash>& crashes);
  // The file is another one now.
  void restart();

  static constexpr std::size_t kLineBytes = 8 * 1024;
  static constexpr std::size_t kSectionHead = 48 * 1024;  // honggfuzz's own buffer has 32 KB
  static constexpr std::size_t kSectionTail = 16 * 1024;

 private:
  void take_line(std::string_view line, std::vector<HonggfuzzCrash>& crashes);
  void close(std::vector<HonggfuzzCrash>& crashes);

  LineCutter lines_;
  std::string time_;
  std::optional<HonggfuzzCrash> open_;
  BoundedText text_{kSectionHead, kSectionTail};
  bool in_stack_ = false;
};

}  // namespace fuzzmill::producers
