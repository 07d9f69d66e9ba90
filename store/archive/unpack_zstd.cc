#include <fmt/format.h>
#include <zstd.h>

#include "store/archive/packed_sink.h"
#include "store/archive/unpacked.h"

namespace fuzzmill::store {
namespace {

using schema::Result;

// ZSTD_error_frameParameter_windowTooLarge; zstd_errors.h names it the same in all versions.
constexpr std::string_view kWindowTooLarge = "Frame requires too much memory for decoding";

class UnpackZstd : public Unpacked {
 public:
  UnpackZstd(std::string head, std::unique_ptr<ByteSource> source)
      : source_(std::move(source)),
        context_(ZSTD_createDCtx()),
        in_(ZSTD_DStreamInSize(), '\0'),
        out_(ZSTD_DStreamOutSize(), '\0') {
    std::copy(head.begin(), head.end(), in_.begin());
    left_ = std::string_view(in_).substr(0, head.size());
    packed_ = head.size();
  }

  bool begin() {
    return context_ &&
           !ZSTD_isError(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kZstdWindowLog));
  }

  Result<std::string_view> next() override {
    while (!ended_) {
      if (left_.empty() && !full_) {
        const auto got = fetch();
        if (!got) return got.error();
        if (*got == 0) return schema::invalid("archive is cut short");
      }
      ZSTD_inBuffer in{left_.data(), left_.size(), 0};
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      const std::size_t code = ZSTD_decompressStream(context_.get(), &out, &in);
      if (ZSTD_isError(code)) return damaged(ZSTD_getErrorName(code));
      left_.remove_prefix(in.pos);
      full_ = out.pos == out.size;  // then more may come out before more goes in
      ended_ = code == 0;
      if (ended_) {
        const auto more = fetch();
        if (!more) return more.error();
        if (*more != 0) return schema::invalid("archive has bytes behind its end");
      }
      if (out.pos > 0) return std::string_view(out_.data(), out.pos);
    }
    return std::string_view();
  }

  std::uint64_t packed() const override { return packed_; }

 private:
  // How much is left to be unpacked.
  Result<std::size_t> fetch() {
    if (!left_.empty()) return left_.size();
    const auto got = source_->read(in_.data(), in_.size());
    if (!got) return got;
    left_ = std::string_view(in_).substr(0, *got);
    packed_ += *got;
    return got;
  }

  static schema::Error damaged(std::string_view why) {
    if (why == kWindowTooLarge) return schema::too_large("archive: zstd window of more than 16 MB");
    return schema::invalid(fmt::format("archive is damaged: zstd: {}", why));
  }

  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  std::string in_, out_;
  std::string_view left_;  // of in_
  bool full_ = false, ended_ = false;
  std::uint64_t packed_ = 0;
};

}  // namespace

Result<std::unique_ptr<Unpacked>> unpack_zstd(std::string head, std::unique_ptr<ByteSource> source) {
  auto unpacked = std::make_unique<UnpackZstd>(std::move(head), std::move(source));
  if (!unpacked->begin()) return schema::unavailable("no memory for zstd");
  return std::unique_ptr<Unpacked>(std::move(unpacked));
}

}  // namespace fuzzmill::store
