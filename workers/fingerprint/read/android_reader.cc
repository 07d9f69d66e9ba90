#include "workers/fingerprint/read/android_reader.h"

#include <utility>

#include "workers/fingerprint/read/cause_line.h"
#include "workers/fingerprint/read/mask.h"
#include "workers/fingerprint/read/signal_kind.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {

// "signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0": `rest` begins at the number.
Took AndroidReader::on_signal(std::string_view rest, ReportBuilder& builder) {
  Report report;
  const auto number = take_number(rest);
  if (!number || !consume(rest, " (")) return Took::kNo;
  report.signal = known_signal(before(rest, ")"));
  if (report.signal.empty()) report.signal = signal_name(*number);
  if (auto address = after(rest, "fault addr ")) report.address = take_hex(*address);
  if (report.signal == "SIGABRT") report.address.reset();  // it is the sender's pid
  report.kind = kind_of_fault(report.signal, report.address);
  if (contains(rest, "SEGV_MTE")) report.kind = "tag-mismatch";
  // libc says it first and debuggerd again, with more.
  if (is_ours(builder) && builder.current()->frames.empty() && builder.current()->signal == report.signal) {
    Report& current = *builder.current();
    if (report.address) current.address = report.address;
    if (current.message.empty() && current.kind != "abort") current.kind = report.kind;
    builder.start(Section::kFault);
    builder.extend();
    return Took::kYes;
  }
  if (!builder.take_cause(report) && builder.absorb(report)) return Took::kYes;
  if (builder.open(std::move(report), Rank::kFatal, true)) ours_ = builder.report_count();
  return Took::kYes;
}

Took AndroidReader::line(std::string_view line, ReportBuilder& builder) {
  if (auto rest = after(line, "Fatal signal ")) return on_signal(*rest, builder);
  if (contains(line, ", code ")) {
    if (auto rest = after(line, "signal ")) return on_signal(*rest, builder);
  }
  if (!is_ours(builder)) return Took::kNo;
  Report& report = *builder.current();
  if (auto text = after(line, "Abort message: ")) {
    std::string_view message = trim(*text);
    consume(message, "'");
    if (message.ends_with('\'')) message.remove_suffix(1);
    builder.extend();
    if (report.kind != "abort" || !report.message.empty()) return Took::kYes;
    Cause cause;
    if (read_cause(message, cause)) {
      report.kind = cause.kind;
      report.message = std::move(cause.message);
    } else {
      report.message = mask_data(message);
    }
    return Took::kYes;
  }
  // Other threads' stacks follow the one that crashed.
  if (trim(line).ends_with("backtrace:") || contains(line, "--- --- ---")) {
    builder.start(report.frames.empty() ? Section::kFault : Section::kIgnored);
    return Took::kYes;
  }
  return Took::kNo;
}

}  // namespace fuzzmill::workers
