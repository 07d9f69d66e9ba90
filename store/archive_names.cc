#include "store/archive_names.h"

#include <fmt/format.h>

namespace fuzzmill::store {
namespace {

constexpr std::string_view kChecksum = ".sha256";
constexpr std::string_view kTarGz = ".tar.gz";
constexpr std::string_view kTarZst = ".tar.zst";
constexpr std::size_t kDigits = 64;

}  // namespace

std::string archive_object(std::string_view target, std::string_view file_name) {
  return fmt::format("{}{}/{}", kCorpusPrefix, target, file_name);
}

std::string checksum_object(std::string_view object) { return fmt::format("{}{}", object, kChecksum); }
std::string quarantine_object(std::string_view object) {
  return fmt::format("{}{}", kQuarantinePrefix, object);
}

bool is_archive_object(std::string_view object) {
  return object.ends_with(kTarZst) || object.ends_with(kTarGz);
}

std::string_view file_of(std::string_view object) { return object.substr(object.rfind('/') + 1); }

std::string checksum_line(std::string_view sha256, std::string_view object) {
  return fmt::format("{}  {}\n", sha256, file_of(object));
}

schema::Result<std::string> parse_checksum(std::string_view text, std::string_view object) {
  std::string sha256(text.substr(0, kDigits));
  const bool digits =
      sha256.size() == kDigits && sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!digits || text != checksum_line(sha256, object)) {
    return schema::invalid(
        fmt::format("{} is not what sha256sum writes of {}", checksum_object(object), file_of(object)));
  }
  return sha256;
}

CatalogRow archive_row(const schema::CorpusManifest& manifest, std::string id, std::string object,
                       std::string sha256, std::uint64_t bytes, std::uint64_t now_ms) {
  CatalogRow row;
  row.id = std::move(id), row.target = manifest.target, row.sha256 = std::move(sha256), row.bytes = bytes;
  row.format = object.ends_with(kTarGz) ? kTarGz.substr(1) : kTarZst.substr(1);
  row.object = std::move(object);
  for (const schema::ManifestSnapshot& snapshot : manifest.snapshots) {
    row.nodes.push_back({snapshot.node, snapshot.snapshot});
    row.files_left_out += snapshot.files_left_out;
  }
  row.files = manifest.files.size();
  for (const schema::ManifestEntry& file : manifest.files) row.files_bytes += file.size;
  row.time_ms = manifest.time_ms, row.recorded_ms = now_ms, row.verified_ms = now_ms;
  row.expires_s = now_ms / 1000 + kCorpusRetention_s;
  return row;
}

}  // namespace fuzzmill::store
