// What a node remembers of a target's corpus from one snapshot to the next: the SHA-256 of each file, so that
// what did not change is not read again; and which of them the last snapshot listed, so that the next one
// can be a difference.
//
// Kept in WORK/TARGET/corpus.state, written durably, with a checksum. It can always be lost: without it all
// files are read again and the next snapshot is no difference. Pure but for load_state() and save_state().
// Memory: about 200 bytes a file. Threads: one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "producers/corpus/corpus_scan.h"
#include "schema/digest.h"
#include "schema/result.h"

namespace fuzzmill::producers {

struct RememberedFile {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
  schema::Sha256 sha256{};
  std::uint64_t listed = 0;  // a mark of what the last snapshot said of it; 0: it did not list it
  std::uint32_t rank = 0;    // in the snapshot that is being made
  std::uint8_t reason = 0;   // index into schema::kReasons
  bool hashed = false;       // `sha256` is that of these bytes
  bool settled = false;      // it was old enough when it was read that no later change can bear the same time
  bool chosen = false;       // for the snapshot that is being made
};

class CorpusState {
 public:
  using Files = std::unordered_map<std::string, RememberedFile>;

  std::string snapshot;           // the last that was published whole, 16 hex digits, or empty
  std::uint64_t snapshot_ms = 0;  // when it was done, Unix time
  Files files;

  // The file as it is now. Its hash stays known when nothing of it has changed.
  Files::value_type& see(CorpusEntry entry);

  // A mark of everything that a listing says of the file but its name; never 0.
  static std::uint64_t mark(const RememberedFile& file);

  std::string encode() const;
  // kInvalid: cut short, another version, or not what its checksum says.
  static schema::Result<CorpusState> decode(std::string_view bytes);
};

// A state that is missing or broken is an empty one; `problem` (may be null) then says what was wrong with
// it.
CorpusState load_state(const std::filesystem::path& file, std::string* problem);
// When the last snapshot was done, Unix time; 0: never, or not known. Reads the beginning of the file only.
std::uint64_t last_snapshot_ms(const std::filesystem::path& file);
schema::Status save_state(const std::filesystem::path& file, const CorpusState& state);

}  // namespace fuzzmill::producers
