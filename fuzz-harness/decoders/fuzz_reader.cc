// Fuzzes each reader of reports alone: the first byte chooses it, and the lines that follow are all its own,
// also those that report_reader.cc would not show it. What it builds must keep the bounds of report.h.
#include <array>
#include <memory>

#include "fuzz-harness/decoders/require.h"
#include "workers/fingerprint/read/android_reader.h"
#include "workers/fingerprint/read/cause_reader.h"
#include "workers/fingerprint/read/detail_reader.h"
#include "workers/fingerprint/read/exception_reader.h"
#include "workers/fingerprint/read/frame_line.h"
#include "workers/fingerprint/read/gdb_reader.h"
#include "workers/fingerprint/read/go_reader.h"
#include "workers/fingerprint/read/honggfuzz_reader.h"
#include "workers/fingerprint/read/plain_frame.h"
#include "workers/fingerprint/read/python_reader.h"
#include "workers/fingerprint/read/rust_reader.h"
#include "workers/fingerprint/read/sanitizer_reader.h"
#include "workers/fingerprint/read/signal_reader.h"
#include "workers/fingerprint/read/text.h"
#include "workers/fingerprint/read/valgrind_reader.h"

namespace {

using namespace fuzzmill::workers;
using fuzzmill::fuzz::require;

// The lines that are frames whatever the format.
class FrameReader final : public FormatReader {
 public:
  Took line(std::string_view line, ReportBuilder& builder) override {
    FrameLine frame;
    Frame plain;
    if (read_frame(line, frame)) {
      builder.add_numbered_frame(frame);
    } else if (read_plain_frame(line, plain)) {
      builder.add_plain_frame(std::move(plain));
    } else {
      return Took::kNo;
    }
    return Took::kYes;
  }
};

template <class Reader>
std::unique_ptr<FormatReader> make() {
  return std::make_unique<Reader>();
}

// Seeds begin with the letter of their reader, so the order is what corpus/fuzz_reader knows.
constexpr std::array kReaders = {
    make<AndroidReader>,   make<CauseReader>,  make<DetailReader>,  make<ExceptionReader>, make<FrameReader>,
    make<GdbReader>,       make<GoReader>,     make<PythonReader>,  make<HonggfuzzReader>, make<RustReader>,
    make<SanitizerReader>, make<SignalReader>, make<ValgrindReader>};

void check(const Report& report) {
  require(!report.kind.empty(), "a report has a kind");
  require(report.frames.size() <= kMaxKeptFrames, "frames are bounded");
  require(report.message.size() <= kMaxMessageText, "a message is bounded");
  for (const auto* frames : {&report.freed_by, &report.allocated_by, &report.other_side})
    require(frames->size() <= kMaxEvidenceFrames, "other stacks are bounded");
  for (const Frame& frame : report.frames) {
    require(frame.function.size() <= kMaxFrameText && frame.file.size() <= kMaxFrameText &&
                frame.module.size() <= kMaxFrameText,
            "a frame's names are bounded");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::unique_ptr<FormatReader> reader =
      kReaders[(data[0] + kReaders.size() - 'a' % kReaders.size()) % kReaders.size()]();
  const std::string_view text = fuzzmill::fuzz::text_of(data, size).substr(1);
  ReportBuilder builder;
  LineReader lines(text);
  bool busy = false;
  for (std::string_view line; lines.next(line);) {
    builder.set_line(lines.begin(), lines.end());
    Took took = busy ? reader->next(line, builder) : Took::kNo;
    if (took == Took::kNo || took == Took::kOnlyLooking) took = reader->line(line, builder);
    busy = took == Took::kAndNext || took == Took::kOnlyLooking;
  }
  if (busy) reader->end(builder);
  const Reports reports = builder.finish(lines.last_was_cut_off());
  require(!reports.all.empty() && reports.all.size() <= kMaxReports, "reports are bounded");
  require(reports.primary < reports.all.size(), "the primary report is one of them");
  for (const Report& report : reports.all) check(report);
  return 0;
}
