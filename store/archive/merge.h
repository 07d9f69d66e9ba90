// Makes a new archive of a target out of the newest one and what arrived since, as streams: sources are read
// side by side in order of SHA-256, and each file of the manifest is copied from the first source that has
// it. Memory: one file of each source and the manifest.
// Threads: any. Errors: those of the reader and the writer; kNotFound names the first file that no source
// has.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schema/corpus_listing.h"
#include "schema/corpus_manifest.h"
#include "store/archive/archive_reader.h"
#include "store/archive/archive_writer.h"

namespace fuzzmill::store {

// Files in rising order of SHA-256.
class FileSource {
 public:
  virtual ~FileSource() = default;
  // The next file; nothing at the end. The view holds until the next call.
  virtual schema::Result<std::optional<ReadFile>> next() = 0;
};
// An archive: open it with Manifest::kSkipped, and no second copy of its manifest is in memory.
std::unique_ptr<FileSource> archive_files(std::unique_ptr<ArchiveReader> reader);
// The pages of one snapshot one after the other, each opened when the one before has ended.
using OpenPage = std::function<schema::Result<std::unique_ptr<ByteSource>>()>;
std::unique_ptr<FileSource> page_files(std::vector<OpenPage> pages);

// What a target's next archive holds: `before` (or nothing) with the node's part replaced by `snapshot` and
// the listing `pages`. With a base the listing is the difference to the node's part in `before`. Parts of
// nodes whose snapshot is older than `forget_before_ms` go. Pure. The target is that of `before`; without it
// the caller sets it. kConflict: the base is not what `before` holds of the node. kInvalid: the listing
// contradicts itself.
schema::Result<schema::CorpusManifest> next_manifest(const schema::CorpusManifest* before,
                                                     const schema::ManifestSnapshot& snapshot,
                                                     const std::string& base,
                                                     const std::vector<schema::CorpusListing>& pages,
                                                     std::uint64_t forget_before_ms);

// Writes `file`, fsyncs it, reads all of it back from the disk and checks it. On an error nothing is left at
// `file`.
struct MadeArchive {
  std::string id, name;  // name: schema::archive_file_name()
  WrittenArchive written;
  std::uint64_t files_bytes = 0;
};
schema::Result<MadeArchive> make_archive(const std::filesystem::path& file, ArchiveFormat format,
                                         const schema::CorpusManifest& manifest,
                                         std::vector<std::unique_ptr<FileSource>> sources);

}  // namespace fuzzmill::store
