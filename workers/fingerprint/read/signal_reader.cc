#include "workers/fingerprint/read/signal_reader.h"

#include <string>
#include <utility>

#include "workers/fingerprint/read/signal_kind.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

// "11 SEGV_MAPERR 7f6b0c580000": the address has no "0x".
bool read_chrome(std::string_view rest, Report& out) {
  const auto number = take_number(rest);
  if (!number || !rest.starts_with(' ')) return false;
  out.signal = signal_name(*number);
  rest = trim(rest);
  const auto blank = rest.find(' ');
  if (blank != std::string_view::npos) {
    const std::string digits = "0x" + std::string(rest.substr(blank + 1, 16));
    std::string_view address = digits;
    out.address = take_hex(address);
  }
  return !out.signal.empty();
}

// "SIGSEGV (@0x10) received by PID 12 …" or "SIGSEGV received at time=…".
bool read_glog_signal(std::string_view rest, Report& out) {
  const std::string_view name = signal_at_front(rest);
  if (name.empty() || !contains(rest, " received ")) return false;
  out.signal = known_signal(name);
  if (auto address = after(rest, "(@"); address && (name == "SIGSEGV" || name == "SIGBUS"))
    out.address = take_hex(*address);
  return true;
}

}  // namespace

Took SignalReader::line(std::string_view line, ReportBuilder& builder) {
  Report report;
  if (auto rest = after(line, "Received signal "); rest && read_chrome(*rest, report)) {
  } else if (auto stars = after(line, "*** SIG"); stars) {
    const std::string_view rest = line.substr(static_cast<std::size_t>(stars->data() - line.data()) - 3);
    if (!read_glog_signal(rest, report)) return Took::kNo;
  } else {
    return Took::kNo;
  }
  report.kind = kind_of_fault(report.signal, report.address);
  if (!builder.take_cause(report) && builder.absorb(report)) return Took::kYes;
  builder.open(std::move(report), Rank::kFatal, true);
  return Took::kYes;
}

}  // namespace fuzzmill::workers
