#include "store/corpus_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <memory>

#include "schema/digest.h"
#include "schema/event.h"
#include "store/archive_folder.h"

namespace fuzzmill::store {
namespace {

using schema::ArchiveManifest;
using schema::ManifestFile;
using schema::Result;
using schema::Status;

constexpr const char* kCorpus = "corpus";
constexpr std::uint64_t kFirstSecond = 1'577'836'800;  // 2020-01-01
constexpr std::uint64_t kLastSecond = 4'102'444'800;   // 2100-01-01
constexpr const char* kCompression = "zstd:compression-level=3";

struct FreeWriter {
  void operator()(archive* a) const { archive_write_free(a); }
};
struct FreeReader {
  void operator()(archive* a) const { archive_read_free(a); }
};
struct FreeEntry {
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};
using Writer = std::unique_ptr<archive, FreeWriter>;
using Reader = std::unique_ptr<archive, FreeReader>;

schema::Error trouble(archive* a, std::string_view what) {
  const char* text = archive_error_string(a);
  return schema::internal(
      fmt::format("corpus archive: {}: {}", what, text != nullptr ? text : "no reason given"));
}

std::uint64_t plausible_second(std::uint64_t time_ms) {
  const std::uint64_t second = time_ms / 1000;
  return second < kFirstSecond || second > kLastSecond ? 0 : second;
}

la_ssize_t append_bytes(archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

// Same owner, mode and time for all, so that equal corpora give equal archives.
Status add_entry(archive* writer, const std::string& name, std::string_view bytes, std::uint64_t second) {
  const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_uid(entry.get(), 0);
  archive_entry_set_gid(entry.get(), 0);
  archive_entry_set_mtime(entry.get(), static_cast<std::time_t>(second), 0);
  if (archive_write_header(writer, entry.get()) != ARCHIVE_OK) return trouble(writer, "header");
  if (archive_write_data(writer, bytes.data(), bytes.size()) != static_cast<la_ssize_t>(bytes.size())) {
    return trouble(writer, "data");
  }
  return {};
}

Result<std::string> read_entry(archive* reader, archive_entry* entry, std::size_t limit) {
  const la_int64_t size = archive_entry_size(entry);
  if (size < 0 || static_cast<std::uint64_t>(size) > limit)
    return schema::too_large("corpus archive: entry too large");
  std::string bytes(static_cast<std::size_t>(size), '\0');
  if (archive_read_data(reader, bytes.data(), bytes.size()) != size)
    return trouble(reader, "entry cut short");
  return bytes;
}

}  // namespace

Result<std::string> pack_corpus(ArchiveManifest& manifest, const std::vector<CorpusFile>& files) {
  std::map<std::string, std::string_view> contents;  // by SHA-256: the same bytes lie there once
  std::size_t total = 0;
  manifest.files.clear();
  for (const CorpusFile& file : files) {
    const std::string sha256 = schema::sha256_hex(file.bytes);
    manifest.files.push_back({sha256, file.name, file.bytes.size()});
    contents.emplace(sha256, file.bytes);
    total += file.bytes.size();
  }
  if (total > kMaxCorpusArchive)
    return schema::too_large(fmt::format("corpus of {} bytes is over the limit", total));
  std::sort(manifest.files.begin(), manifest.files.end(), [](const ManifestFile& a, const ManifestFile& b) {
    return a.sha256 != b.sha256 ? a.sha256 < b.sha256 : a.name < b.name;
  });

  std::string out;
  const Writer writer(archive_write_new());
  if (archive_write_set_format_ustar(writer.get()) != ARCHIVE_OK ||
      archive_write_add_filter_zstd(writer.get()) != ARCHIVE_OK ||
      archive_write_set_options(writer.get(), kCompression) != ARCHIVE_OK ||
      archive_write_set_bytes_in_last_block(writer.get(), 1) != ARCHIVE_OK ||
      archive_write_open(writer.get(), &out, nullptr, append_bytes, nullptr) != ARCHIVE_OK) {
    return trouble(writer.get(), "cannot begin");
  }
  const std::uint64_t second = plausible_second(manifest.time_ms);
  auto added =
      add_entry(writer.get(), std::string(schema::kManifestEntry), encode_manifest(manifest), second);
  if (!added) return std::move(added).error();
  for (const auto& [sha256, bytes] : contents) {
    added = add_entry(writer.get(), schema::archive_entry({sha256, {}, 0}), bytes, second);
    if (!added) return std::move(added).error();
  }
  if (archive_write_close(writer.get()) != ARCHIVE_OK) return trouble(writer.get(), "cannot finish");
  return out;
}

Result<ArchiveManifest> check_corpus(std::string_view bytes) {
  const Reader reader(archive_read_new());
  if (archive_read_support_format_tar(reader.get()) != ARCHIVE_OK ||
      archive_read_support_filter_zstd(reader.get()) != ARCHIVE_OK ||
      archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
    return schema::invalid("corpus archive is no .tar.zst");
  }
  archive_entry* entry = nullptr;
  if (archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK ||
      archive_entry_pathname(entry) != schema::kManifestEntry) {
    return schema::invalid("corpus archive does not begin with manifest.json");
  }
  const auto text = read_entry(reader.get(), entry, schema::kMaxManifestSize);
  if (!text) return text.error();
  auto manifest = schema::decode_manifest(*text);
  if (!manifest) return manifest;

  std::map<std::string, std::uint64_t> expected;  // entry to size
  for (const ManifestFile& file : manifest->files) expected[schema::archive_entry(file)] = file.size;
  std::size_t left = kMaxCorpusArchive;
  int code;
  while ((code = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    const std::string name = archive_entry_pathname(entry);
    const auto at = expected.find(name);
    if (at == expected.end())
      return schema::invalid("corpus archive: an entry is not in the manifest, or twice");
    const auto content = read_entry(reader.get(), entry, left);
    if (!content) return content.error();
    if (content->size() != at->second || "corpus/" + schema::sha256_hex(*content) != name) {
      return schema::invalid(fmt::format("corpus archive: {} is not what the manifest says", name));
    }
    left -= content->size();
    expected.erase(at);
  }
  if (code != ARCHIVE_EOF) return trouble(reader.get(), "cannot be read");
  if (!expected.empty())
    return schema::invalid(fmt::format("corpus archive: {} is missing", expected.begin()->first));
  return manifest;
}

std::string corpus_archive_name(std::uint64_t time_ms, std::string_view archive_id) {
  const auto second = static_cast<std::time_t>(plausible_second(time_ms));
  std::tm utc{};
  gmtime_r(&second, &utc);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H%M%SZ", &utc);
  return fmt::format("{}-{}.tar.zst", std::string_view(text, size), archive_id.substr(0, 8));
}

CorpusArchive::CorpusArchive(std::filesystem::path root)
    : root_(std::filesystem::absolute(root).lexically_normal()) {}

Result<CorpusArchiveRow> CorpusArchive::put(ArchiveManifest manifest,
                                            const std::vector<CorpusFile>& files) const {
  if (!schema::valid_name(manifest.target) || !schema::valid_name(manifest.node)) {
    return schema::invalid("corpus archive: target or node is no name");
  }
  // A lane's event ids begin alike: the hash tells snapshots of one second apart.
  const std::string id = schema::sha256_hex(manifest.event).substr(0, 16);
  const std::string name = corpus_archive_name(manifest.time_ms, id);
  const auto bytes = pack_corpus(manifest, files);
  if (!bytes) return bytes.error();

  auto top = ArchiveFolder::open(root_);
  if (!top) return std::move(top).error();
  auto corpus = top->enter(kCorpus);
  if (!corpus) return std::move(corpus).error();
  const auto folder = corpus->enter(manifest.target);
  if (!folder) return folder.error();
  folder->remove_leftovers(std::chrono::hours(1));
  const auto verify = [](const std::string& read_back) -> Status {
    auto checked = check_corpus(read_back);
    // What we packed well and read back badly is the disk's fault: try again.
    if (!checked)
      return schema::unavailable("written archive does not read back: " + checked.error().message);
    return {};
  };
  if (auto written = folder->write(name, *bytes, verify); !written) return std::move(written).error();

  CorpusArchiveRow row;
  row.archive = id, row.target = manifest.target, row.node = manifest.node, row.engine = manifest.engine;
  row.build_id = manifest.build_id, row.path = (root_ / kCorpus / manifest.target / name).string();
  row.sha256 = schema::sha256_hex(*bytes), row.bytes = bytes->size(), row.files = manifest.files.size();
  for (const ManifestFile& file : manifest.files) row.files_bytes += file.size;
  row.files_left_out = manifest.files_left_out, row.time_ms = manifest.time_ms;
  return row;
}

}  // namespace fuzzmill::store
