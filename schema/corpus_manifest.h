// The manifest of a corpus archive: manifest.json, the first entry of every archive, names what the
// archive holds. Files lie in the archive as corpus/<sha256>; their names on the nodes are told here and
// never used as a path by anything but `corpus restore`, which checks them.
//
// One line a file, so that a person reads it with `less` and a program line by line:
//
//   {"version":2,"target":"fuzz_tlv","time_ms":1750000000000,
//   "snapshots":[
//   {"node":"nyc","snapshot":"…16 hex…","engine":"libfuzzer",…}
//   ],
//   "files":[
//   {"sha256":"…64 hex…","size":17,"copies":[{"node":"nyc","name":"a/b","mtime_ms":1,"rank":1,"reason":"new
//   coverage"}]}, …
//   ]}
//
// To change it: a new key is optional for the reader (old archives lack it) and skipped by old readers.
// A key that changes its meaning raises kCorpusManifestVersion, and decode_corpus_manifest() reads all.
// Version 1 (one node, no times and ranks) is read as one snapshot whose id is the first 16 digits of its
// event's. Pure functions: any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/digest.h"
#include "schema/result.h"

namespace fuzzmill::schema {

inline constexpr std::uint64_t kCorpusManifestVersion = 2;
inline constexpr std::size_t kMaxCorpusManifestSize =
    512u << 20;  // of the JSON; read as a stream, never as a tree
inline constexpr std::size_t kMaxCorpusManifestEntries = 2'000'000;  // entries, copies counted
inline constexpr std::size_t kMaxCorpusNameSize = 1024;              // of a file's name on its node

// What one node had when it looked. An archive has the newest of each node.
struct ManifestSnapshot {
  std::string node;
  std::string snapshot;  // 16 hex digits, random: names this look
  std::string engine;
  std::string build_id;            // or empty
  std::string selection;           // the rule that chose the files, in words
  std::uint64_t time_ms = 0;       // by the node's clock
  std::uint64_t corpus_files = 0;  // in the corpus on the node …
  std::uint64_t corpus_bytes = 0;
  std::uint64_t files_left_out = 0;  // … and of these not chosen
  std::uint64_t bytes_left_out = 0;
  friend bool operator==(const ManifestSnapshot&, const ManifestSnapshot&) = default;
};

// A file of a corpus on one node. Its engine and build are those of the node's snapshot.
struct ManifestCopy {
  std::uint32_t snapshot = 0;  // index into CorpusManifest::snapshots
  std::uint32_t rank = 0;      // from 1, the most valuable; 0: not ranked
  std::string name;            // relative to the corpus folder; hostile; at most kMaxCorpusNameSize
  std::int64_t mtime_ms = 0;   // Unix time
  std::string reason;          // why it was chosen: a word of schema/corpus_listing.h
  friend bool operator==(const ManifestCopy&, const ManifestCopy&) = default;
};

struct ManifestEntry {
  Sha256 sha256{};
  std::uint64_t size = 0;
  std::vector<ManifestCopy> copies;  // sorted by snapshot, then name; at least one
  friend bool operator==(const ManifestEntry&, const ManifestEntry&) = default;
};

struct CorpusManifest {
  std::string target;
  std::uint64_t time_ms = 0;                // of its newest snapshot
  std::vector<ManifestSnapshot> snapshots;  // sorted by node, one each
  std::vector<ManifestEntry> files;         // sorted by sha256, each once
  friend bool operator==(const CorpusManifest&, const CorpusManifest&) = default;
};

// The name of a file within the archive: corpus/<64 hex digits>.
std::string corpus_entry_name(const Sha256& sha256);
inline constexpr std::string_view kManifestName = "manifest.json";

// Equal manifests give equal bytes. Bytes of a name that are no UTF-8 are written as \u00XX behind a
// mark, so that they come back as they were (see the .cc).
std::string encode_corpus_manifest(const CorpusManifest& manifest);
// The same in pieces, so that the text is never whole in memory.
void encode_corpus_manifest(const CorpusManifest& manifest, const std::function<void(std::string_view)>& out);

// kInvalid naming the field that is missing or wrong, a file that is out of order or twice, a snapshot that
// is not there; kTooLarge over the limits above. A key that is not known is skipped, one that is there twice
// refused.
Result<CorpusManifest> decode_corpus_manifest(std::string_view json);

// The same from pieces as they arrive, so that the text is never whole in memory. The next piece holds until
// the one after it is asked for; an empty one is the end.
struct DecodedManifest {
  CorpusManifest manifest;
  std::uint64_t version = 0;  // as it was written
};
using JsonPieces = std::function<std::string_view()>;
Result<DecodedManifest> decode_corpus_manifest(const JsonPieces& pieces);

// Names the archive by what it holds: the first 16 hex digits of the SHA-256 of the manifest's bytes.
std::string archive_id(std::string_view encoded_manifest);

// "2026-11-22T000512Z-<id8>.tar.zst": `suffix` is "tar.zst" or "tar.gz". Times outside of 2020 to 2100 give
// 1970-01-01.
std::string archive_file_name(std::uint64_t time_ms, std::string_view archive_id, std::string_view suffix);

}  // namespace fuzzmill::schema
