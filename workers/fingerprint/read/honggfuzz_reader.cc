#include "workers/fingerprint/read/honggfuzz_reader.h"

#include <utility>

#include "workers/fingerprint/read/header_line.h"
#include "workers/fingerprint/read/place.h"
#include "workers/fingerprint/read/signal_kind.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

// " <0x00005555> [func:f file:/s/a.c line:7 module:/s/t]". A frame without a place is misread by honggfuzz
// as "func:f (/s/t+0xf1) file:(BuildId line:98 module:".
bool read_honggfuzz_frame(std::string_view text, Frame& out) {
  auto function = after(text, "[func:");
  if (!function) return false;
  out = Frame{};
  auto file = after(*function, " file:");
  std::string_view name = before(*function, " file:");
  if (const auto open = name.rfind(" ("); open != std::string_view::npos && name.ends_with(')')) {
    std::string_view inner = name.substr(open + 2, name.size() - open - 3);
    if (const auto plus = inner.rfind("+0x"); plus != std::string_view::npos) {
      std::string_view offset = inner.substr(plus + 1);
      out.offset = take_hex(offset).value_or(0);
      out.module = inner.substr(0, plus);
      name = name.substr(0, open);
    }
  }
  if (name != "UNKNOWN") out.function = name;
  if (!file) return true;
  const std::string_view path = before(*file, " line:");
  if (!path.starts_with('(') && !path.empty()) {
    set_place(path, out);
    if (auto number = after(*file, " line:"))
      out.line = static_cast<std::uint32_t>(take_number(*number).value_or(0) & UINT32_MAX);
  }
  if (auto module = after(*file, " module:"); module && out.module.empty()) out.module = before(*module, "]");
  return true;
}

}  // namespace

Took HonggfuzzReader::line(std::string_view line, ReportBuilder& builder) {
  if (auto text = after(line, "DESCRIPTION: "); text && line.starts_with("DESCRIPTION: ")) {
    description_ = clean(trim(*text), kMaxMessageText);
    begin_ = builder.line_begin();
    return Took::kAndNext;
  }
  return Took::kNo;
}

Took HonggfuzzReader::next(std::string_view line, ReportBuilder& builder) {
  std::string_view text = line;
  if (consume(text, "SIGNAL: ")) {
    on_signal(text, builder);
    return Took::kAndNext;
  }
  for (std::string_view key :
       {"ORIG_FNAME: ", "FUZZ_FNAME: ", "PID: ", "INSTRUCTION: ", "STACK HASH: ", "STACK:"}) {
    if (line.starts_with(key)) return Took::kAndNext;
  }
  Report* report = builder.current();
  if (report == nullptr) return Took::kNo;
  if (consume(text, "PC: ")) {
    report->pc = take_hex(text);
    return Took::kAndNext;
  }
  if (consume(text, "FAULT ADDRESS: ")) {
    if (!report->address && (report->signal == "SIGSEGV" || report->signal == "SIGBUS")) {
      report->address = take_hex(text);
      report->kind = kind_of_fault(report->signal, report->address);
    }
    return Took::kAndNext;
  }
  Frame frame;
  if (!read_honggfuzz_frame(line, frame)) {
    builder.extend();
    builder.start(Section::kIgnored);
    return Took::kNo;
  }
  builder.add_frame(frame);
  return Took::kAndNext;
}

// The description is the sanitizer's header, without "ERROR: ".
void HonggfuzzReader::on_signal(std::string_view text, ReportBuilder& builder) {
  Report report;
  report.signal = known_signal(signal_at_front(text));
  report.kind = kind_of_signal(report.signal);
  const std::string with_error = "ERROR: " + description_;
  Header header;
  if (!description_.empty() && read_header(with_error, header)) {
    report.kind = header.kind;
    report.sanitizer = header.tool;
    report.address = header.address;
    report.pc = header.pc;
    if (report.kind == "segv") report.kind = kind_of_fault("SIGSEGV", report.address);
  }
  report.text_begin = begin_;
  report.text_end = builder.line_begin();
  builder.open(std::move(report), Rank::kFatal, true);
}

}  // namespace fuzzmill::workers
