#include <fmt/format.h>

#include "store/archive/archive_reader.h"
#include "store/archive/hashed_source.h"

namespace fuzzmill::store {
namespace {

using schema::Result;

constexpr std::uint64_t kProgressFiles = 256;

}  // namespace

Result<VerifiedArchive> verify_archive(std::unique_ptr<ByteSource> source, const std::string& expected_sha256,
                                       const Progress& progress) {
  auto owned = std::make_unique<HashedSource>(std::move(source));
  HashedSource* hashed = owned.get();
  auto reader = ArchiveReader::open(std::move(owned), ArchiveReader::Manifest::kFirst);
  if (!reader) return std::move(reader).error();
  VerifiedArchive verified;
  while (true) {
    const auto file = (*reader)->next();
    if (!file) return file.error();
    if (!*file) break;
    ++verified.files;
    verified.files_bytes += (*file)->bytes.size();
    if (progress && verified.files % kProgressFiles == 0) progress(verified.files, verified.files_bytes);
  }
  // An archive that ended as it should was read to the end of its source.
  verified.sha256 = hashed->sha256();
  verified.bytes = hashed->bytes();
  if (!expected_sha256.empty() && expected_sha256 != verified.sha256) {
    return schema::invalid(fmt::format("archive has the SHA-256 {}, not the {} that it was written with",
                                       verified.sha256, expected_sha256));
  }
  if (progress) progress(verified.files, verified.files_bytes);
  verified.id = (*reader)->id();
  verified.manifest = (*reader)->take_manifest();
  return verified;
}

}  // namespace fuzzmill::store
