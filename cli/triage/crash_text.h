// A crash in words and frames as every writer for people shows it. Pure; nothing here is escaped yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/triage/crash.h"

namespace fuzzmill::cli {

// A frame of the stack with what became of it.
struct ShownFrame {
  std::uint32_t number = 0;
  const workers::Frame* frame = nullptr;  // of the crash
  bool counts = false;
  std::string_view rule;  // that dropped it; empty when it counts
};

// In the report's order.
std::vector<ShownFrame> shown_frames(const TriagedCrash& crash);

// The other stacks of the report: who freed, who allocated, the other thread.
struct OtherStack {
  std::string_view title;
  const std::vector<workers::Frame>* frames;
};
std::vector<OtherStack> other_stacks(const TriagedCrash& crash);

// "src/a.cc:12:3", "libx.so+0x1f", or nothing.
std::string place_of(const workers::Frame& frame);
// "parse(int)", or its place in the module, or "??".
std::string function_of(const workers::Frame& frame);

// The first frame that counts; nullptr when the report has none.
const workers::Frame* site_of(const TriagedCrash& crash);

// What a list of facts shows: a name and its text, in this order: kind, access, object, message …
struct Fact {
  std::string_view name;
  std::string text;
};
std::vector<Fact> crash_facts(const TriagedCrash& crash);

// The commands that reproduce a group, as lines for a person to copy; a sentence when no input is known.
std::string reproduce_text(const TriagedGroup& group);

// "1 crash", "3 crashes".
std::string count_text(std::size_t count, std::string_view one, std::string_view many);

}  // namespace fuzzmill::cli
