// Reads an archive as a stream, trusting nothing in it: only tar within zstd or gzip, only headers that
// ArchiveWriter gives (manifest.json first, where there is one, with manifest.json.sha256 behind it, then
// corpus/<sha256> in rising order, each once), only zeros between files, sizes bounded before memory is
// taken, nothing behind the end. So a bit that turned is found wherever it lies, but in the few bytes of the
// compressor's own frame that change nothing; those the archive's .sha256 finds. Nothing is written anywhere.
//
// A bomb is bounded by what the manifest declares, which is known before the first file is read; the manifest
// itself by ReadLimits::ratio and its own limits; a page by ReadLimits::total_bytes.
//
// Life cycle: open(), next() until it says that the archive ended. Threads: one. Memory: one file, the
// compressor's window (16 MB at most) and the manifest. Errors: kInvalid names the entry and what is wrong
// with it (absolute path, "..", link, device, twice, out of order, name that is no UTF-8, cut short, checksum
// of the compressor); kTooLarge a bomb; else the source's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "schema/corpus_manifest.h"
#include "schema/result.h"
#include "store/objects/object_store.h"

namespace fuzzmill::store {

struct ReadLimits {
  std::uint64_t entry_bytes = 64u << 20;   // one file of the corpus
  std::uint64_t total_bytes = 1ull << 40;  // of all files
  std::uint64_t entries = 2'000'000;
  std::uint64_t ratio = 2000;  // unpacked over packed of the manifest, once 64 MB of it are unpacked
};

// A file of the corpus, its bytes checked against the SHA-256 that its name is.
struct ReadFile {
  schema::Sha256 sha256{};
  std::string_view bytes;  // until the next call
};

class ArchiveReader {
 public:
  // Reads up to the first entry after the manifest. `manifest` says what the archive begins with: one that is
  // read and that the files are checked against (an archive), one that is passed over without a look, or none
  // (a page).
  enum class Manifest { kFirst, kSkipped, kNone };
  static schema::Result<std::unique_ptr<ArchiveReader>> open(std::unique_ptr<ByteSource> source,
                                                             Manifest manifest, ReadLimits limits = {});
  virtual ~ArchiveReader() = default;

  virtual const schema::CorpusManifest& manifest() const = 0;  // REQUIRES Manifest::kFirst
  virtual schema::CorpusManifest take_manifest() = 0;          // once the archive has ended
  virtual const std::string& id() const = 0;                   // schema::archive_id(); empty of a page
  // The next file; nothing when the archive has ended as it should. With Manifest::kFirst the files are those
  // of the manifest, all of them and no other.
  virtual schema::Result<std::optional<ReadFile>> next() = 0;
};

// Every byte: the archive reads to its end, each file is what its name says, and what the manifest names is
// what there is. `expected_sha256` (64 hex digits, or empty) is that of the archive's file. The error names
// the first thing that is wrong. `progress` (may be empty) is called now and then with files and bytes so
// far.
struct VerifiedArchive {
  schema::CorpusManifest manifest;
  std::string id;           // schema::archive_id()
  std::string sha256;       // of the archive's file
  std::uint64_t bytes = 0;  // of the archive's file
  std::uint64_t files = 0, files_bytes = 0;
};
using Progress = std::function<void(std::uint64_t files, std::uint64_t bytes)>;
schema::Result<VerifiedArchive> verify_archive(std::unique_ptr<ByteSource> source,
                                               const std::string& expected_sha256,
                                               const Progress& progress = {});

// The bytes of a string, and of a file on the disk.
std::unique_ptr<ByteSource> bytes_source(std::string_view bytes);  // must live as long
schema::Result<std::unique_ptr<ByteSource>> file_source(const std::filesystem::path& file);

}  // namespace fuzzmill::store
