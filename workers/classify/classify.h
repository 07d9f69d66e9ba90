// How bad a crash is, and why, in words. Pure: the same facts always give the same answer; any thread
// may call. The weights are tables: a kind's base in schema/taxonomy.cc, what moves it in rules.cc, and what
// the project says itself (overrides.h), which has the last word.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/crash_mark.h"
#include "schema/taxonomy.h"
#include "workers/classify/overrides.h"

namespace fuzzmill::workers {

struct CrashFacts {
  std::string kind;
  std::string access;                        // READ, WRITE or empty
  std::optional<std::uint64_t> access_size;  // bytes
  std::optional<std::uint64_t> address;      // that was accessed
  std::optional<std::uint64_t> pc;           // where the fault happened
  std::vector<std::string> stack;            // normalised, innermost first
  std::string message;
  std::optional<double> reproducible;  // share of the replays that crashed again, 0 to 1
  std::string sanitizer;               // as it names itself, or empty
  std::string language;  // go, java, javascript, python, rust …; c or empty: not checked at run time
  std::string signal;    // SIGSEGV …, or empty
  schema::Marks marks;
};

struct Classification {
  schema::Severity severity = schema::Severity::kLow;
  bool security = false;
  std::vector<std::string> reasons;  // sentences: the configuration's word first, then the kind; never empty
  std::vector<std::string> cwe;      // "CWE-787"
  std::string title;                 // "Heap-buffer-overflow WRITE of size 4 in parse_tlv"
};

Classification classify(const CrashFacts& facts, const Overrides& overrides = {});

// The worse of two crashes of one group decides for the group.
schema::Severity worst(schema::Severity a, schema::Severity b);
const Classification& worst(const Classification& a, const Classification& b);

}  // namespace fuzzmill::workers
