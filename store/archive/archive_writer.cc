#include "store/archive/archive_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <optional>

#include "store/archive/packed_sink.h"
#include "store/objects/files.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;

constexpr int kBlock = 256 * 1024;                   // of what libarchive gives at once
constexpr std::uint64_t kPageBytes = 4u << 20;       // of a snapshot, about
constexpr std::uint64_t kLastSecond = 077777777777;  // that the header has digits for

struct FreeWriter {
  void operator()(archive* a) const {
    archive_write_fail(a);  // else freeing an unfinished archive would finish it
    archive_write_free(a);
  }
};
struct FreeEntry {
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};

// libarchive writes the tar. Of its compressors we take gzip; zstd's window is not to be set through it.
class Writer : public ArchiveWriter {
 public:
  Writer(std::string name, FileDescriptor file, std::string* memory, std::uint64_t second)
      : name_(std::move(name)),
        file_(std::move(file)),
        memory_(memory),
        second_(second > kLastSecond ? 0 : second),
        archive_(archive_write_new()),
        entry_(archive_entry_new()) {}

  Status open(ArchiveFormat format, std::uint64_t expected) {
    if (format == ArchiveFormat::kTarZst) {
      auto sink = zstd_sink([this](std::string_view bytes) { return put(bytes); }, expected);
      if (!sink) return std::move(sink).error();
      sink_ = std::move(*sink);
    }
    archive* a = archive_.get();
    const bool zipped = format == ArchiveFormat::kTarGz;
    if (archive_write_set_format_ustar(a) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(a, kBlock) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
        (zipped && archive_write_add_filter_gzip(a) != ARCHIVE_OK) ||
        (zipped && archive_write_set_options(a, "gzip:!timestamp,gzip:compression-level=6") != ARCHIVE_OK) ||
        archive_write_open(a, this, nullptr, take, nullptr) != ARCHIVE_OK) {
      return trouble("cannot begin");
    }
    return {};
  }

  Status begin(const std::string& name, std::uint64_t size) override {
    archive_entry* entry = archive_entry_clear(entry_.get());
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(size));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_uid(entry, 0);
    archive_entry_set_gid(entry, 0);
    archive_entry_set_mtime(entry, static_cast<std::time_t>(second_), 0);
    if (archive_write_header(archive_.get(), entry) != ARCHIVE_OK) return trouble("cannot add " + name);
    ++written_.entries;
    return {};
  }
  Status write(std::string_view piece) override {
    const la_ssize_t wanted = static_cast<la_ssize_t>(piece.size());
    if (archive_write_data(archive_.get(), piece.data(), piece.size()) != wanted)
      return trouble("cannot add data");
    return {};
  }
  Status add(const std::string& name, std::string_view bytes) override {
    if (auto begun = begin(name, bytes.size()); !begun) return begun;
    return write(bytes);
  }

  Result<WrittenArchive> finish() override {
    if (archive_write_close(archive_.get()) != ARCHIVE_OK) return trouble("cannot finish");
    if (sink_) {
      if (auto finished = sink_->finish(); !finished) return std::move(finished).error();
    }
    if (file_.get() >= 0 && ::fsync(file_.get()) != 0) return os_error(errno, "cannot sync", name_);
    written_.sha256 = schema::hex(hash_.finish());
    return written_;
  }

 private:
  static la_ssize_t take(archive*, void* self, const void* bytes, std::size_t size) {
    auto* writer = static_cast<Writer*>(self);
    const std::string_view piece(static_cast<const char*>(bytes), size);
    if (!writer->problem_) {
      auto taken = writer->sink_ ? writer->sink_->write(piece) : writer->put(piece);
      if (!taken) writer->problem_ = std::move(taken).error();
    }
    return writer->problem_ ? -1 : static_cast<la_ssize_t>(size);
  }

  Status put(std::string_view packed) {
    hash_.add(packed);
    written_.bytes += packed.size();
    if (file_.get() >= 0) return write_whole(file_.get(), packed, name_);
    memory_->append(packed);
    return {};
  }

  schema::Error trouble(std::string_view what) const {
    if (problem_) return *problem_;
    const char* text = archive_error_string(archive_.get());
    return schema::internal(
        fmt::format("archive {}: {}: {}", name_, what, text != nullptr ? text : "no reason given"));
  }

  std::string name_;     // for messages
  FileDescriptor file_;  // or memory_
  std::string* memory_;
  std::uint64_t second_;
  Sha256Stream hash_;
  WrittenArchive written_;
  std::optional<schema::Error> problem_;  // the first
  std::unique_ptr<PackedSink> sink_;
  std::unique_ptr<archive, FreeWriter> archive_;
  std::unique_ptr<archive_entry, FreeEntry> entry_;
};

Result<std::unique_ptr<ArchiveWriter>> begun(std::unique_ptr<Writer> writer, ArchiveFormat format,
                                             std::uint64_t expected) {
  if (auto begun = writer->open(format, expected); !begun) return std::move(begun).error();
  return std::unique_ptr<ArchiveWriter>(std::move(writer));
}

}  // namespace

std::string_view suffix(ArchiveFormat format) {
  return format == ArchiveFormat::kTarZst ? "tar.zst" : "tar.gz";
}

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::to_file(const std::filesystem::path& file,
                                                              ArchiveFormat format, std::uint64_t second,
                                                              std::uint64_t expected) {
  FileDescriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640));
  if (out.get() < 0) return os_error(errno, "cannot make", file.string());
  return begun(std::make_unique<Writer>(file.string(), std::move(out), nullptr, second), format, expected);
}

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::to_memory(std::string& out, std::uint64_t second) {
  return begun(std::make_unique<Writer>("in memory", FileDescriptor(), &out, second), ArchiveFormat::kTarZst,
               kPageBytes);
}

}  // namespace fuzzmill::store
