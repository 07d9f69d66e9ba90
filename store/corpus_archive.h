// The corpus archive: each snapshot is one file,
//
//   ROOT/corpus/<target>/YYYY-MM-DDTHHMMSSZ-<id8>.tar.zst
//
// which holds manifest.json (schema/archive_manifest.h) and then corpus/<sha256> for every file, sorted.
// The same snapshot gives the same bytes and the same name, so a repeated delivery replaces it by itself.
// It is read back from the disk and checked before it gets its name.
// Threads: any. Errors: those of ArchiveFolder; kInvalid when file and SHA-256 disagree or names are none.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "schema/archive_manifest.h"
#include "store/redis.h"

namespace fuzzmill::store {

struct CorpusFile {
  std::string name;  // on the node
  std::string_view bytes;
};

// A corpus archive as Redis knows it.
struct CorpusArchiveRow {
  std::string archive;  // its id, 16 hex digits
  std::string target, node, engine, build_id;
  std::string path;         // absolute
  std::string sha256;       // of the archive file
  std::uint64_t bytes = 0;  // of the archive file
  std::uint64_t files = 0, files_bytes = 0, files_left_out = 0;
  std::uint64_t time_ms = 0;    // of the snapshot
  std::uint64_t expires_s = 0;  // Unix time
};

inline constexpr std::uint64_t kCorpusRetentionDays = 30;
inline constexpr std::size_t kMaxCorpusArchive = 256u << 20;  // unpacked, in memory while it is checked

class CorpusArchive {
 public:
  explicit CorpusArchive(std::filesystem::path root);

  // `manifest.files` is filled here. Durable and checked on return.
  schema::Result<CorpusArchiveRow> put(schema::ArchiveManifest manifest,
                                       const std::vector<CorpusFile>& files) const;

 private:
  std::filesystem::path root_;
};

// The bytes of an archive, and their check against the manifest inside. Pure.
schema::Result<std::string> pack_corpus(schema::ArchiveManifest& manifest,
                                        const std::vector<CorpusFile>& files);
schema::Result<schema::ArchiveManifest> check_corpus(std::string_view archive);

// Its file name. Pure. Times outside of 2020 to 2100 give 1970-01-01.
std::string corpus_archive_name(std::uint64_t time_ms, std::string_view archive_id);

// The corpus keys of Redis. Idempotent: recorded twice is recorded once.
class CorpusIndex {
 public:
  explicit CorpusIndex(Redis& redis) : redis_(redis) {}

  // Sets expires_s of each to kCorpusRetentionDays from now.
  schema::Status record(std::vector<CorpusArchiveRow> rows, std::uint64_t now_ms);
  // Newest first.
  schema::Result<std::vector<CorpusArchiveRow>> list(const std::string& target, std::size_t limit);

 private:
  Redis& redis_;
};

}  // namespace fuzzmill::store
