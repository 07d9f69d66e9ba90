#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "store/archive/hashed_source.h"
#include "store/archive/manifest_sum.h"
#include "store/archive/merge.h"
#include "store/objects/files.h"

namespace fuzzmill::store {
namespace {

using schema::CorpusManifest;
using schema::ManifestEntry;
using schema::Result;
using schema::Sha256;
using schema::Status;

constexpr std::uint64_t kFirstSecond = 1'577'836'800;  // 2020-01-01
constexpr std::uint64_t kLastSecond = 4'102'444'800;   // 2100-01-01

std::uint64_t plausible_second(std::uint64_t time_ms) {
  const std::uint64_t second = time_ms / 1000;
  return second < kFirstSecond || second > kLastSecond ? 0 : second;
}

// Sources side by side.
class Sources {
 public:
  explicit Sources(std::vector<std::unique_ptr<FileSource>> sources) {
    for (auto& source : sources) heads_.push_back({std::move(source), std::nullopt, false});
  }

  // REQUIRES rising order of what is asked for. The view holds until the next call.
  Result<std::string_view> find(const Sha256& sha256) {
    for (Head& head : heads_) {
      while (!head.ended && (!head.file || head.file->sha256 < sha256)) {
        auto next = head.source->next();
        if (!next) return std::move(next).error();
        head.file = *next;
        head.ended = !head.file.has_value();
      }
      if (head.file && head.file->sha256 == sha256) return head.file->bytes;
    }
    return schema::not_found(fmt::format("no archive and no page has {}", schema::corpus_entry_name(sha256)));
  }

 private:
  struct Head {
    std::unique_ptr<FileSource> source;
    std::optional<ReadFile> file;
    bool ended = false;
  };
  std::vector<Head> heads_;
};

std::uint64_t expected_tar(const CorpusManifest& manifest) {
  constexpr std::uint64_t kHeaderAndPadding = 768, kManifestLine = 200;
  std::uint64_t bytes = 0;
  for (const ManifestEntry& entry : manifest.files)
    bytes += entry.size + kHeaderAndPadding + entry.copies.size() * kManifestLine;
  return bytes;
}

// The manifest and its sum. It is encoded twice, for its size stands before it and its text is never whole in
// memory.
Result<Sha256> write_manifest(ArchiveWriter& writer, const CorpusManifest& manifest) {
  Sha256Stream hash;
  std::uint64_t size = 0;
  schema::encode_corpus_manifest(manifest,
                                 [&](std::string_view piece) { hash.add(piece), size += piece.size(); });
  const Sha256 sha256 = hash.finish();
  Status written = writer.begin(std::string(schema::kManifestName), size);
  schema::encode_corpus_manifest(manifest, [&](std::string_view piece) {
    if (written) written = writer.write(piece);
  });
  if (written) written = writer.add(std::string(kManifestSumName), manifest_sum(sha256));
  if (!written) return std::move(written).error();
  return sha256;
}

Result<MadeArchive> write(const std::filesystem::path& file, ArchiveFormat format,
                          const CorpusManifest& manifest, std::vector<std::unique_ptr<FileSource>> sources) {
  auto writer =
      ArchiveWriter::to_file(file, format, plausible_second(manifest.time_ms), expected_tar(manifest));
  if (!writer) return std::move(writer).error();
  const auto sha256 = write_manifest(**writer, manifest);
  if (!sha256) return sha256.error();
  MadeArchive made;
  Sources from(std::move(sources));
  for (const ManifestEntry& entry : manifest.files) {
    const auto bytes = from.find(entry.sha256);
    if (!bytes) return bytes.error();
    if (bytes->size() != entry.size) {
      return schema::invalid(fmt::format("{} has {} bytes, the snapshot says {}",
                                         schema::corpus_entry_name(entry.sha256), bytes->size(), entry.size));
    }
    if (auto added = (*writer)->add(schema::corpus_entry_name(entry.sha256), *bytes); !added) {
      return std::move(added).error();
    }
    made.files_bytes += bytes->size();
  }
  auto written = (*writer)->finish();
  if (!written) return std::move(written).error();
  made.written = std::move(*written);
  made.id = schema::hex(*sha256).substr(0, 16);
  made.name = schema::archive_file_name(manifest.time_ms, made.id, suffix(format));
  return made;
}

// Reads the disk, not what the kernel remembers of our writing. The manifest is compared by its SHA-256 and
// the files with the manifest at hand, so that it is in memory once.
Status read_back(const std::filesystem::path& file, const CorpusManifest& manifest, const MadeArchive& made) {
  auto source = file_source(file);
  if (!source) return std::move(source).error();
  auto owned = std::make_unique<HashedSource>(std::move(*source));
  HashedSource* hashed = owned.get();
  auto reader = ArchiveReader::open(std::move(owned), ArchiveReader::Manifest::kSkipped);
  if (!reader) return std::move(reader).error();
  std::size_t files = 0;
  while (true) {
    const auto next = (*reader)->next();
    if (!next) return next.error();
    if (!*next) break;
    if (files == manifest.files.size() || manifest.files[files].sha256 != (*next)->sha256) {
      return schema::invalid(schema::corpus_entry_name((*next)->sha256) + " is not in the manifest");
    }
    ++files;
  }
  if (files != manifest.files.size()) return schema::invalid("files are missing");
  if ((*reader)->id() != made.id) return schema::invalid("the manifest is another");
  if (hashed->sha256() != made.written.sha256) return schema::invalid("its SHA-256 is another");
  return {};
}

void forget_pages(const std::filesystem::path& file) {
  const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (fd.get() >= 0) ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
}

}  // namespace

Result<MadeArchive> make_archive(const std::filesystem::path& file, ArchiveFormat format,
                                 const CorpusManifest& manifest,
                                 std::vector<std::unique_ptr<FileSource>> sources) {
  auto made = write(file, format, manifest, std::move(sources));
  if (made) {
    forget_pages(file);
    // What we packed well and read back badly is the disk's fault: try again.
    if (auto fine = read_back(file, manifest, *made); !fine) {
      made =
          schema::unavailable(fmt::format("{} does not read back: {}", file.string(), fine.error().message));
    }
  }
  if (!made) ::unlink(file.c_str());
  return made;
}

}  // namespace fuzzmill::store
