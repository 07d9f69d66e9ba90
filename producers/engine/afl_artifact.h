// What the name of a file in AFL's crashes/ or hangs/ says. Pure.
//
//   id:000000,sig:06,src:000000,time:30208,execs:1891,op:havoc,rep:4
//   id:000001,sig:11,sync:other,src:000007        4.22a gives no time to what it imported
//   id_000000_06                                  a SIMPLE_FILES build
//   40 hex digits                                 AFL_SHA1_FILENAMES: the SHA-1 of the bytes
// each with .EXT behind it after `-e EXT`. A custom mutator puts what it likes where op: stands, names of
// seeds stand behind orig:, and all is cut to 255 bytes: only id and sig are there for sure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fuzzmill::producers {

enum class AflFolder { kCrashes, kHangs };

struct AflArtifact {
  std::string kind;  // "crash" or "timeout", as events name it
  std::optional<std::uint64_t> id;
  std::optional<int> signal;                // as AFL's own sanitizer options make it: 6 for every ASan report
  std::optional<std::string> sha1;          // of the bytes, when the name is one
  std::optional<std::uint64_t> source;      // the queue entry it was made of
  std::optional<std::uint64_t> splice;      // … and of this one
  std::string sync;                         // the instance it was imported from
  std::optional<std::uint64_t> time_ms;     // since the campaign began
  std::optional<std::uint64_t> executions;  // since the campaign began
  std::string operation;                    // op:havoc; a custom mutator's words
  std::string original;                     // orig: the user's own file name
};

// Nothing for what is no crash input: README.txt, hidden and temporary files, RECORD: files of
// AFL_PERSISTENT_RECORD, and names that AFL does not give. `extension`: of -e, may be empty.
std::optional<AflArtifact> parse_afl_artifact(std::string_view name, AflFolder folder,
                                              std::string_view extension = {});

}  // namespace fuzzmill::producers
