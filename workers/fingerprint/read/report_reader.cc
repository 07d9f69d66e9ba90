#include "workers/fingerprint/read/report_reader.h"

#include <bit>
#include <utility>

#include "workers/fingerprint/read/android_reader.h"
#include "workers/fingerprint/read/cause_line.h"
#include "workers/fingerprint/read/cause_reader.h"
#include "workers/fingerprint/read/cause_table.h"
#include "workers/fingerprint/read/detail_reader.h"
#include "workers/fingerprint/read/exception_reader.h"
#include "workers/fingerprint/read/frame_line.h"
#include "workers/fingerprint/read/gdb_reader.h"
#include "workers/fingerprint/read/go_reader.h"
#include "workers/fingerprint/read/honggfuzz_reader.h"
#include "workers/fingerprint/read/mark_reader.h"
#include "workers/fingerprint/read/plain_frame.h"
#include "workers/fingerprint/read/python_reader.h"
#include "workers/fingerprint/read/rust_reader.h"
#include "workers/fingerprint/read/sanitizer_reader.h"
#include "workers/fingerprint/read/signal_reader.h"
#include "workers/fingerprint/read/text.h"
#include "workers/fingerprint/read/valgrind_reader.h"

namespace fuzzmill::workers {
namespace {

// The readers, in the order in which they are asked: the one that only looks, then special ones before the
// sanitizers' general one.
enum Format : std::uint16_t {
  kMark = 1 << 0,
  kGo = 1 << 1,
  kRust = 1 << 2,
  kPython = 1 << 3,
  kException = 1 << 4,
  kAndroid = 1 << 5,
  kGdb = 1 << 6,
  kValgrind = 1 << 7,
  kHonggfuzz = 1 << 8,
  kSignal = 1 << 9,
  kSanitizer = 1 << 10,
  kDetail = 1 << 11,
  kCause = 1 << 12,
};

// Every line that is not a frame and means something to a reader holds one of its words.
constexpr WordFilter::Word kWords[] = {
    {"anitizer", kSanitizer},
    {"libFuzzer", kSanitizer},
    {"runtime error", kSanitizer | kGo},
    {" of size ", kDetail},
    {"caused by a ", kDetail},
    {"leak of ", kDetail},
    {"ABORTING", kDetail},
    {"freed by", kDetail},
    {"freed here", kDetail},
    {"llocated by", kDetail},
    {"llocated here", kDetail},
    {"eviously allocated", kDetail},
    {"Uninitialized val", kDetail},
    {"created by", kDetail},
    {"created at", kDetail},
    {"Previous ", kDetail},
    {"acquired ", kDetail},
    {"As if synchronized", kDetail},
    {"fields were destroyed", kDetail},
    {"is located ", kDetail},
    {"<== M", kDetail},
    {"Location is ", kDetail},
    {"what():", kCause},
    {"Slowest unit", kCause},
    {"panic: ", kGo},
    {"fatal error: ", kGo},
    {"goroutine ", kGo},
    {"[signal ", kGo},
    {"SIGSEGV: ", kGo},
    {"SIGABRT: ", kGo},
    {"SIGBUS: ", kGo},
    {"SIGFPE: ", kGo},
    {"SIGILL: ", kGo},
    {"SIGTRAP: ", kGo},
    {"panicked at ", kRust},
    {"stack backtrace:", kRust},
    {"overflowed its", kRust},
    {"memory allocation of", kRust},
    {"Traceback (most", kPython},
    {"Uncaught Python", kPython},
    {"PySecSan: ", kPython},
    {"During handling of", kPython},
    {"The above exception", kPython},
    {"Fatal Python", kPython},
    {"(most recent call", kPython},
    {"File \"", kPython},
    {"== Java Exc", kException},
    {"FATAL EXC", kException},
    {"Uncaught Exc", kException},
    {"Unhandled ", kException},
    {"Exception", kException},
    {"Error", kException},
    {"Throwable", kException},
    {"Fatal signal", kAndroid},
    {", code ", kAndroid},
    {"Abort message", kAndroid},
    {"backtrace:", kAndroid},
    {"--- --- ---", kAndroid},
    {"MiraclePtr Status", kMark},
    {"FuzzerSecurityIss", kMark},
    {"to the zero page", kMark},
    {"wild jump", kMark},
    {"high value address", kMark},
    {"DCHECK failed", kMark},
    {"Security CHECK", kMark},
    {"_SECURITY_IMPLICA", kMark},
    {"Debug check failed", kMark},
    {"received signal", kGdb},
    {"terminated with sig", kGdb},
    {"REPRO: stopped", kGdb},
    {"(gdb) ", kGdb},
    {"(Thread 0x", kGdb},
    {" (LWP ", kGdb},
    {"=> 0x", kMark | kGdb},
    {"Invalid ", kValgrind},
    {"Jump to the", kValgrind},
    {"uninitialised", kValgrind},
    {"unaddressable", kValgrind},
    {"Mismatched ", kValgrind},
    {"Source and dest", kValgrind},
    {"has a fishy", kValgrind},
    {"lost in loss", kValgrind},
    {"Process terminating", kValgrind},
    {"DESCRIPTION: ", kHonggfuzz},
    {".java", kException},
    {"(Native M", kException},
    {"Received signal", kSignal},
    {"*** SIG", kSignal},
};
constexpr WordFilter kFilter = [] {
  WordFilter filter(kWords);
  filter.add(kCauseWords, kCause);
  return filter;
}();

class ReportReader {
 public:
  void line(std::string_view line, std::size_t begin, std::size_t end);
  Reports finish(bool last_line_cut_off);

 private:
  ReportBuilder builder_;
  MarkReader mark_;
  GoReader go_;
  RustReader rust_;
  PythonReader python_;
  ExceptionReader exception_;
  AndroidReader android_;
  GdbReader gdb_;
  ValgrindReader valgrind_;
  HonggfuzzReader honggfuzz_;
  SignalReader signal_;
  SanitizerReader sanitizer_;
  DetailReader detail_;
  CauseReader cause_;
  // In the order of Format's bits.
  FormatReader* const readers_[13] = {&mark_,      &go_,     &rust_,     &python_,    &exception_,
                                      &android_,   &gdb_,    &valgrind_, &honggfuzz_, &signal_,
                                      &sanitizer_, &detail_, &cause_};
  FormatReader* busy_ = nullptr;  // is in the middle of something
  FrameLine frame_;
  Frame plain_;
};

void ReportReader::line(std::string_view line, std::size_t begin, std::size_t end) {
  builder_.set_line(begin, end);
  if (busy_ != nullptr) {
    const Took took = busy_->next(line, builder_);
    if (took == Took::kAndNext) return;
    if (took != Took::kOnlyLooking) busy_ = nullptr;
    if (took == Took::kYes) return;
  }
  if (line.find('#') != std::string_view::npos && read_frame(line, frame_, builder_.wants_frames()))
    return builder_.add_numbered_frame(frame_);
  if (read_plain_frame(line, plain_)) return builder_.add_plain_frame(plain_);
  WordFilter::Mask wanted = kFilter.readers_of(line);
  if (is_glog_fatal(line)) wanted |= kCause;
  for (; wanted != 0; wanted &= static_cast<WordFilter::Mask>(wanted - 1)) {
    FormatReader* reader = readers_[std::countr_zero(wanted)];
    if (reader == busy_) continue;  // it has seen the line
    const Took took = reader->line(line, builder_);
    if (took == Took::kAndNext || took == Took::kOnlyLooking) busy_ = reader;
    if (took == Took::kYes || took == Took::kAndNext) return;
  }
}

Reports ReportReader::finish(bool last_line_cut_off) {
  if (busy_ != nullptr) busy_->end(builder_);
  return builder_.finish(last_line_cut_off);
}

}  // namespace

Reports read_reports(std::string_view text) {
  LineReader lines(text);
  ReportReader reader;
  std::string_view line;
  while (lines.next(line)) reader.line(line, lines.begin(), lines.end());
  return reader.finish(lines.last_was_cut_off());
}

Report parse_report(std::string_view text) {
  Reports reports = read_reports(text);
  return std::move(reports.all[reports.primary]);
}

}  // namespace fuzzmill::workers
