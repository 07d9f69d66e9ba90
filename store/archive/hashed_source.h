// For verify and make_archive alone: a source that tells the SHA-256 of what was read from it.
#pragma once

#include <memory>
#include <string>

#include "store/archive/sha256_stream.h"
#include "store/objects/object_store.h"

namespace fuzzmill::store {

class HashedSource : public ByteSource {
 public:
  explicit HashedSource(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  schema::Result<std::size_t> read(char* out, std::size_t size) override {
    auto got = source_->read(out, size);
    if (!got) return got;
    hash_.add(std::string_view(out, *got));
    bytes_ += *got;
    return got;
  }
  std::string sha256() {  // of all so far; once
    return schema::hex(hash_.finish());
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::unique_ptr<ByteSource> source_;
  Sha256Stream hash_;
  std::uint64_t bytes_ = 0;
};

}  // namespace fuzzmill::store
