#include "store/objects/s3_read.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;

class S3Source : public ByteSource {
 public:
  S3Source(std::shared_ptr<S3Client> client, std::string name)
      : client_(std::move(client)), name_(std::move(name)) {}

  // How long it is and which it is; an object without a byte has no range to ask for.
  Status look() {
    auto answer = client_->call({"HEAD", name_});
    if (!answer) return std::move(answer).error();
    etag_ = answer->etag, total_ = answer->content_length;
    return {};
  }

  Result<std::size_t> read(char* out, std::size_t size) override {
    if (at_ == buffer_.size() && next_ < total_) {
      if (auto fetched = fetch(); !fetched) return std::move(fetched).error();
    }
    const std::size_t count = std::min(size, buffer_.size() - at_);
    std::memcpy(out, buffer_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  // The bytes from `next_` on.
  Status fetch() {
    const std::uint64_t expected = std::min<std::uint64_t>(client_->options().read_bytes, total_ - next_);
    S3Call call{"GET", name_};
    call.range = {{next_, next_ + expected - 1}};
    auto answer = client_->call(call);
    if (!answer) return std::move(answer).error();
    if (answer->etag != etag_ || answer->status == 416) {
      return schema::conflict(fmt::format("{} was replaced while it was read", name_));
    }
    if (answer->body.size() != expected || (answer->status != 206 && expected != total_)) {
      return schema::unavailable(
          fmt::format("{}: the server sent {} bytes in place of {}", name_, answer->body.size(), expected));
    }
    buffer_ = std::move(answer->body), at_ = 0, next_ += buffer_.size();
    return {};
  }

  std::shared_ptr<S3Client> client_;
  std::string name_, etag_, buffer_;
  std::size_t at_ = 0;
  std::uint64_t next_ = 0, total_ = 0;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> read_s3(std::shared_ptr<S3Client> client, const std::string& name) {
  auto source = std::make_unique<S3Source>(std::move(client), name);
  if (auto there = source->look(); !there) return std::move(there).error();
  return std::unique_ptr<ByteSource>(std::move(source));
}

}  // namespace fuzzmill::store
