#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "store/archive/packed_sink.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;

// The names of the files stand in the manifest and again before each file, and inputs of a corpus resemble
// others far away, for they lie in the order of their hashes. So what counts is how far back and how much the
// compressor remembers, not how hard it searches: on corpora of 5,000 and 20,000 inputs this gives 0.64 and
// 0.68 of what tar czf does at the speed of level 1, where level 9 gives 0.67 and 0.77 at a third of the
// speed.
constexpr int kLevel = 1;
constexpr int kLeastWindowLog = 20;
constexpr int kHashBelowWindow = 3;  // as powers of two

class ZstdSink : public PackedSink {
 public:
  explicit ZstdSink(PackedOut out)
      : context_(ZSTD_createCCtx()), out_(std::move(out)), buffer_(ZSTD_CStreamOutSize(), '\0') {}

  // A window larger than what goes through it, and the table for it, would only be zeroed.
  Status begin(std::uint64_t expected) {
    if (!context_) return schema::unavailable("no memory for zstd");
    const int window =
        std::clamp(static_cast<int>(std::bit_width(expected)), kLeastWindowLog, kZstdWindowLog);
    const std::pair<ZSTD_cParameter, int> settings[] = {{ZSTD_c_compressionLevel, kLevel},
                                                        {ZSTD_c_windowLog, window},
                                                        {ZSTD_c_hashLog, window - kHashBelowWindow},
                                                        {ZSTD_c_checksumFlag, 1}};
    for (const auto& [parameter, value] : settings) {
      const std::size_t code = ZSTD_CCtx_setParameter(context_.get(), parameter, value);
      if (ZSTD_isError(code)) return schema::internal(fmt::format("zstd: {}", ZSTD_getErrorName(code)));
    }
    return {};
  }
  Status write(std::string_view bytes) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (in.pos < in.size) {
      const auto left = step(in, ZSTD_e_continue);
      if (!left) return left.error();
    }
    return {};
  }
  Status finish() override {
    ZSTD_inBuffer none{nullptr, 0, 0};
    while (true) {
      const auto left = step(none, ZSTD_e_end);
      if (!left) return left.error();
      if (*left == 0) return {};
    }
  }

 private:
  Result<std::size_t> step(ZSTD_inBuffer& in, ZSTD_EndDirective directive) {
    ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
    const std::size_t left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
    if (ZSTD_isError(left)) return schema::internal(fmt::format("zstd: {}", ZSTD_getErrorName(left)));
    if (auto written = out_(std::string_view(buffer_.data(), out.pos)); !written)
      return std::move(written).error();
    return left;
  }

  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  PackedOut out_;
  std::string buffer_;
};

}  // namespace

Result<std::unique_ptr<PackedSink>> zstd_sink(PackedOut out, std::uint64_t expected) {
  auto sink = std::make_unique<ZstdSink>(std::move(out));
  if (auto begun = sink->begin(expected); !begun) return std::move(begun).error();
  return std::unique_ptr<PackedSink>(std::move(sink));
}

}  // namespace fuzzmill::store
