#include "workers/fingerprint/read/sanitizer_reader.h"

#include <utility>

#include "schema/taxonomy.h"
#include "workers/fingerprint/read/mask.h"
#include "workers/fingerprint/read/signal_kind.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

struct SignalOfKind {
  std::string_view kind;
  std::string_view signal;
};

constexpr SignalOfKind kSignals[] = {
    {"segv", "SIGSEGV"}, {"null-dereference", "SIGSEGV"},   {"bus", "SIGBUS"},
    {"fpe", "SIGFPE"},   {"illegal-instruction", "SIGILL"}, {"abort", "SIGABRT"},
    {"trap", "SIGTRAP"},
};

}  // namespace

Took SanitizerReader::line(std::string_view line, ReportBuilder& builder) {
  if (contains(line, "anitizer") || contains(line, "libFuzzer")) {
    Summary summary;
    if (read_summary(line, summary)) {
      on_summary(summary, builder);
      return Took::kYes;
    }
    if (read_header(line, header_)) {
      on_header(builder);
      return Took::kYes;
    }
  }
  if (contains(line, "runtime error") && read_runtime_error(line, error_)) {
    on_runtime_error(builder);
    return Took::kYes;
  }
  return Took::kNo;
}

void SanitizerReader::on_header(ReportBuilder& builder) {
  const Report* before = builder.current();
  // Some runners print the header twice.
  if (before != nullptr && before->frames.empty() && before->kind == header_.kind &&
      before->sanitizer == header_.tool)
    return;
  // A failed allocation is told in two lines, of which the second is the sanitizer's own check.
  if (before != nullptr && before->frames.empty() && before->kind == "out-of-memory" &&
      header_.kind == "sanitizer-failure")
    return builder.start(Section::kFault);
  Report report;
  report.kind = header_.kind;
  report.sanitizer = header_.tool;
  report.address = header_.address;
  report.pc = header_.pc;
  for (const SignalOfKind& row : kSignals) {
    if (report.kind == row.kind) report.signal = row.signal;
  }
  if (!builder.take_cause(report) && builder.absorb(report)) return;
  if ((report.kind == "segv" || report.kind == "unknown-crash") && report.address &&
      *report.address < kNullPage) {
    report.kind = "null-dereference";
  }
  builder.open(std::move(report), header_.fatal ? Rank::kFatal : Rank::kMayGoOn, header_.complete);
}

void SanitizerReader::on_runtime_error(ReportBuilder& builder) {
  Report report;
  report.kind = error_.kind;
  report.access = error_.access;
  report.sanitizer = "UndefinedBehaviorSanitizer";
  report.message = mask_numbers(error_.text);
  // Without print_stacktrace=1 the place is all there is.
  if (builder.open(std::move(report), Rank::kMayGoOn, true))
    builder.standing().place = builder.keep(error_.place);
}

void SanitizerReader::on_summary(const Summary& summary, ReportBuilder& builder) {
  Report* report = builder.current();
  if (report == nullptr) {
    if (builder.has_reports() || summary.kind.empty()) return;
    Report headless;
    headless.kind = summary.kind;
    headless.sanitizer = summary.tool;
    headless.frames = builder.take_loose_frames();
    builder.open(std::move(headless), Rank::kFatal, true);
    builder.start(Section::kIgnored);
    return;
  }
  builder.standing().complete = true;
  builder.extend();
  // The header's wording is not always the kind; where we do not know it, the summary may.
  if (schema::find_kind(report->kind) == nullptr && schema::find_kind(summary.kind) != nullptr)
    report->kind = summary.kind;
}

}  // namespace fuzzmill::workers
