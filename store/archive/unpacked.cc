#include "store/archive/unpacked.h"

#include <algorithm>
#include <cstring>

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;

constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";
constexpr std::string_view kGzipMagic = "\x1f\x8b\x08";

bool begins_with(const std::string& text, std::string_view head) {
  return text.compare(0, head.size(), head) == 0;
}

}  // namespace

Result<std::unique_ptr<Unpacked>> Unpacked::open(std::unique_ptr<ByteSource> source) {
  std::string head(4, '\0');
  std::size_t size = 0;
  while (size < head.size()) {
    const auto got = source->read(head.data() + size, head.size() - size);
    if (!got) return got.error();
    if (*got == 0) return schema::invalid("archive is cut short: it has no head");
    size += *got;
  }
  if (begins_with(head, kZstdMagic)) return unpack_zstd(std::move(head), std::move(source));
  if (begins_with(head, kGzipMagic)) return unpack_gzip(std::move(head), std::move(source));
  return schema::invalid("archive is neither zstd nor gzip");
}

Status UnpackedBytes::fill() {
  if (ended_) return {};
  const auto block = unpacked_->next();
  if (!block) return block.error();
  block_ = *block;
  ended_ = block_.empty();
  return {};
}

Result<std::string_view> UnpackedBytes::some(std::size_t most) {
  if (block_.empty()) {
    if (auto filled = fill(); !filled) return std::move(filled).error();
    if (ended_) return schema::invalid("archive is cut short");
  }
  const std::string_view piece = block_.substr(0, most);
  block_.remove_prefix(piece.size());
  return piece;
}

Result<std::string_view> UnpackedBytes::take(std::size_t size) {
  if (size <= block_.size()) return some(size);
  if (size > capacity_) {
    // Not touched before the bytes are there: what an archive claims costs no memory.
    capacity_ = std::max<std::size_t>(size, 1 << 20);
    buffer_.reset();
    buffer_ = std::make_unique_for_overwrite<char[]>(capacity_);
  }
  for (std::size_t have = 0; have < size;) {
    const auto piece = some(size - have);
    if (!piece) return piece.error();
    std::memcpy(buffer_.get() + have, piece->data(), piece->size());
    have += piece->size();
  }
  return std::string_view(buffer_.get(), size);
}

Result<bool> UnpackedBytes::ended() {
  if (!block_.empty()) return false;
  if (auto filled = fill(); !filled) return std::move(filled).error();
  return ended_;
}

}  // namespace fuzzmill::store
