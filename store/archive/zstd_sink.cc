#include <fmt/format.h>
#include <zstd.h>

#include <string>

#include "store/archive/packed_sink.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;

struct Setting {
  ZSTD_cParameter parameter;
  int archive, page;
};

// The names of the files stand in the manifest and again before each file, and inputs of a corpus resemble
// others far away, for they lie in the order of their hashes. So what counts is how far back and how much the
// compressor remembers, not how hard it searches: on corpora of 5,000 and 20,000 inputs this gives 0.64 and
// 0.68 of what tar czf does at the speed of level 1, where level 9 gives 0.67 and 0.77 at a third of the
// speed.
constexpr Setting kSettings[] = {
    {ZSTD_c_compressionLevel, 1, 1},
    {ZSTD_c_windowLog, kZstdWindowLog, 22},
    {ZSTD_c_hashLog, 21, 18},
    {ZSTD_c_checksumFlag, 1, 1},
};

class ZstdSink : public PackedSink {
 public:
  explicit ZstdSink(PackedOut out)
      : context_(ZSTD_createCCtx()), out_(std::move(out)), buffer_(ZSTD_CStreamOutSize(), '\0') {}

  Status begin(PackedSize size) {
    if (!context_) return schema::unavailable("no memory for zstd");
    for (const Setting& setting : kSettings) {
      const int value = size == PackedSize::kArchive ? setting.archive : setting.page;
      const std::size_t code = ZSTD_CCtx_setParameter(context_.get(), setting.parameter, value);
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

Result<std::unique_ptr<PackedSink>> zstd_sink(PackedOut out, PackedSize size) {
  auto sink = std::make_unique<ZstdSink>(std::move(out));
  if (auto begun = sink->begin(size); !begun) return std::move(begun).error();
  return std::unique_ptr<PackedSink>(std::move(sink));
}

}  // namespace fuzzmill::store
