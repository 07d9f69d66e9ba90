// What `fuzzmill triage` knows: a crash is one report of one file, a group is the crashes of one bug.
// Plain values; who writes them out needs nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"
#include "schema/taxonomy.h"
#include "workers/classify/classify.h"
#include "workers/fingerprint/fingerprint.h"

namespace fuzzmill::cli {

struct TriagedCrash {
  std::string path;        // of the file that the report stands in
  std::size_t number = 0;  // of the report in its file, from 0
  bool primary = false;    // the one report of its file that the file is about
  std::string input;       // path of the input that crashed; empty when none lies there
  workers::Fingerprint print;
  workers::Classification verdict;
  std::string group;  // id of its group
};

struct TriagedGroup {
  std::string id;                                      // 16 hex digits
  schema::Severity severity = schema::Severity::kLow;  // the worst of its members
  bool security = false;                               // of any of them
  TriagedCrash representative;       // the worst, of those one with an input, of those the first
  std::vector<std::string> members;  // paths of files, sorted, each once
  std::vector<std::string> inputs;   // paths of inputs, sorted, each once
  std::vector<std::string> kinds;    // that its members show, sorted
  std::vector<std::string> reasons;  // why they belong together, in sentences
  std::size_t crashes = 0;           // reports
};

// Takes the crashes in the order of their paths, then all groups, the worst first. A writer keeps no
// crash: there may be a hundred thousand. Only prepare() is called by several threads at once.
class TriageWriter {
 public:
  virtual ~TriageWriter() = default;
  virtual schema::Status begin() { return {}; }
  // What crash() is to be given of this one: the work that need not wait for its turn.
  virtual std::string prepare(const TriagedCrash&) const { return {}; }
  virtual schema::Status crash(const TriagedCrash&, std::string_view /*prepared*/) { return {}; }
  virtual schema::Status finish(const std::vector<TriagedGroup>&) { return {}; }
};

}  // namespace fuzzmill::cli
