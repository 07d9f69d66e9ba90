// The manifest of a corpus archive: manifest.json, the first entry of every .tar.zst, names what the
// archive holds. Files lie in the archive as corpus/<sha256>; their names on the node are told here and
// never used as a path.
//
// To change it: a new key is optional for the reader (old archives lack it) and skipped by old readers.
// A key that changes its meaning raises kManifestVersion, and decode_manifest() reads both.
// Pure functions: any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::schema {

inline constexpr std::uint64_t kManifestVersion = 1;
inline constexpr std::size_t kMaxManifestSize = 8u << 20;

struct ManifestFile {
  std::string sha256;  // 64 hex digits
  std::string name;    // as the node called it; hostile
  std::uint64_t size = 0;
  friend bool operator==(const ManifestFile&, const ManifestFile&) = default;
};

struct ArchiveManifest {
  std::uint64_t version = kManifestVersion;
  std::string target;
  std::string node;
  std::string engine;
  std::string build_id;            // or empty
  std::string event;               // id of the corpus.snapshot, 32 hex digits
  std::uint64_t time_ms = 0;       // of the snapshot, by the node's clock
  std::string selection;           // the rule that chose the files
  std::uint64_t corpus_files = 0;  // in the corpus on the node …
  std::uint64_t corpus_bytes = 0;
  std::uint64_t files_left_out = 0;  // … and of these not in the archive
  std::vector<ManifestFile> files;   // sorted by sha256, then name
  friend bool operator==(const ArchiveManifest&, const ArchiveManifest&) = default;
};

// The name of a file within the archive.
std::string archive_entry(const ManifestFile& file);
inline constexpr std::string_view kManifestEntry = "manifest.json";

// Equal manifests give equal bytes. Bytes of a name that are no UTF-8 are replaced.
std::string encode_manifest(const ArchiveManifest& manifest);

// kInvalid naming the field that is missing or wrong; kTooLarge over kMaxManifestSize.
Result<ArchiveManifest> decode_manifest(std::string_view json);

}  // namespace fuzzmill::schema
