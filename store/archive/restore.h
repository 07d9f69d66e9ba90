// Restores an archive into a folder, in two steps: a plan, which people see, and its application. Nothing
// that is there is ever changed or removed, whatever the archive says and whatever happens meanwhile.
//
// Every step is openat() below the folder with O_NOFOLLOW; a file is written without a name (O_TMPFILE; where
// the file system has none, under a temporary one) and linked to its own when it is whole (linkat, which
// never replaces). All is synced once, at the end. Names of the manifest that are no safe relative path
// (absolute, "..", empty or over-long components, control characters, bytes that are no UTF-8, beginning with
// our temporary prefix) or that clash give way to the SHA-256, and the plan says why; so do names that are
// taken between the plan and its application. Threads: any. Errors: kInvalid for the archive, kDenied,
// kConflict when the folder is not empty and `merge` was not asked, kUnavailable when the disk is full: what
// was written so far stays, is whole, and a second restore with `merge` goes on from there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "store/archive/archive_reader.h"

namespace fuzzmill::store {

struct RestoreOptions {
  std::filesystem::path to;
  bool merge = false;  // `to` may have files: only what is missing by content is added
  std::vector<std::string>
      nodes;  // only what these nodes had, under all their names; empty: each content once
  // Asked before each file is given its name; its error ends the restore (a live fuzzer that appeared). May
  // be empty.
  std::function<schema::Status()> check;
};

struct PlannedFile {
  schema::Sha256 sha256{};
  std::uint64_t size = 0;
  std::string name;  // below `to`
  std::int64_t mtime_ms = 0;
  std::string why_renamed;  // empty: it has its own name
};

struct RestorePlan {
  std::vector<PlannedFile> files;  // sorted by sha256, then name: the order of the archive
  std::uint64_t bytes = 0;
  std::uint64_t already_there = 0;  // by content, and left alone
  std::uint64_t renamed = 0;
};

// `present`: SHA-256 of what lies in `to` already (empty without merge), and the names there. Pure.
struct Present {
  std::vector<schema::Sha256> contents;  // sorted
  std::vector<std::string> names;  // sorted; of all that is no regular file, too; those of folders end with /
};
RestorePlan plan_restore(const schema::CorpusManifest& manifest, const RestoreOptions& options,
                         const Present& present);
// Reads the folder: every regular file below it, by content; links are not followed. kNotFound when there is
// none.
schema::Result<Present> look_at(const std::filesystem::path& folder, const Progress& progress = {});

struct Restored {
  std::uint64_t files = 0, bytes = 0;
  std::uint64_t renamed = 0;  // to the SHA-256, for their names were taken since the plan
  std::string manifest;  // path of the restore manifest, beside the folder: <to>.restored-<id>.json (-2, …
                         // when it is there)
};
// `archive` is read from its beginning. The restore manifest tells after an error, too, what was added.
schema::Result<Restored> restore(std::unique_ptr<ByteSource> archive, const RestorePlan& plan,
                                 const RestoreOptions& options, std::uint64_t now_ms,
                                 const Progress& progress = {});

// What differs between two archives of a target.
struct ArchiveDiff {
  std::vector<schema::ManifestEntry> only_first, only_second;  // by content
  std::uint64_t in_both = 0;
  std::uint64_t renamed = 0;  // in both, but the names differ
};
ArchiveDiff diff_archives(const schema::CorpusManifest& first, const schema::CorpusManifest& second);

}  // namespace fuzzmill::store
