// gzip by libarchive: its raw format is the stream itself, its one filter is gzip, and nothing else is tried.
#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "store/archive/unpacked.h"

namespace fuzzmill::store {
namespace {

using schema::Result;

struct FreeReader {
  void operator()(archive* a) const { archive_read_free(a); }
};

class UnpackGzip : public Unpacked {
 public:
  UnpackGzip(std::string head, std::unique_ptr<ByteSource> source)
      : source_(std::move(source)),
        head_(std::move(head)),
        in_(128 * 1024, '\0'),
        archive_(archive_read_new()) {}

  schema::Status begin() {
    archive* a = archive_.get();
    archive_entry* entry = nullptr;
    if (archive_read_support_format_raw(a) != ARCHIVE_OK ||
        archive_read_append_filter(a, ARCHIVE_FILTER_GZIP) != ARCHIVE_OK ||
        archive_read_open(a, this, nullptr, give, nullptr) != ARCHIVE_OK ||
        archive_read_next_header(a, &entry) != ARCHIVE_OK) {
      return trouble();
    }
    return {};
  }

  Result<std::string_view> next() override {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int code = archive_read_data_block(archive_.get(), &bytes, &size, &offset);
    if (code == ARCHIVE_OK && size > 0) return std::string_view(static_cast<const char*>(bytes), size);
    if (code != ARCHIVE_OK && code != ARCHIVE_EOF) return trouble();
    // libarchive stops where the last member ends and says nothing of what follows.
    const la_int64_t used = archive_filter_bytes(archive_.get(), -1);
    if (const la_ssize_t more = give(archive_.get(), this, &bytes); more < 0) return trouble();
    if (static_cast<std::uint64_t>(used) != packed_)
      return schema::invalid("archive has bytes behind its end");
    return std::string_view();
  }

  std::uint64_t packed() const override { return packed_; }

 private:
  static la_ssize_t give(archive* a, void* self, const void** bytes) {
    auto* reader = static_cast<UnpackGzip*>(self);
    std::size_t size = std::exchange(reader->head_at_, reader->head_.size());
    if (size < reader->head_.size()) {
      *bytes = reader->head_.data();
      size = reader->head_.size();
    } else {
      auto got = reader->source_->read(reader->in_.data(), reader->in_.size());
      if (!got) {
        reader->problem_ = std::move(got).error();
        archive_set_error(a, EIO, "source");
        return -1;
      }
      *bytes = reader->in_.data();
      size = *got;
    }
    reader->packed_ += size;
    return static_cast<la_ssize_t>(size);
  }

  schema::Error trouble() const {
    if (problem_) return *problem_;
    const char* text = archive_error_string(archive_.get());
    return schema::invalid(
        fmt::format("archive is damaged: gzip: {}", text != nullptr ? text : "no reason given"));
  }

  std::unique_ptr<ByteSource> source_;
  std::string head_;
  std::size_t head_at_ = 0;
  std::string in_;
  std::optional<schema::Error> problem_;  // of the source
  std::uint64_t packed_ = 0;
  std::unique_ptr<archive, FreeReader> archive_;
};

}  // namespace

Result<std::unique_ptr<Unpacked>> unpack_gzip(std::string head, std::unique_ptr<ByteSource> source) {
  auto unpacked = std::make_unique<UnpackGzip>(std::move(head), std::move(source));
  if (auto begun = unpacked->begin(); !begun) return std::move(begun).error();
  return std::unique_ptr<Unpacked>(std::move(unpacked));
}

}  // namespace fuzzmill::store
