#include "workers/fingerprint/read/gdb_reader.h"

#include <utility>

#include "workers/fingerprint/read/signal_kind.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kMaxJoined = 16 * 1024;
constexpr std::size_t kMaxInstruction = 256;

// Frames are wrapped at the terminal's width: at a blank between arguments, or before " at file:line".
bool is_complete(std::string_view frame) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < frame.size(); ++i) {
    const char c = frame[i];
    if (c == '\\' && in_string) {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '(' || c == '{')) {
      ++depth;
    } else if (!in_string && (c == ')' || c == '}')) {
      --depth;
    }
  }
  return depth <= 0;
}

bool starts_frame(std::string_view line) { return line.size() > 3 && line[0] == '#' && is_digit(line[1]); }

}  // namespace

Took GdbReader::line(std::string_view line, ReportBuilder& builder) {
  if (auto rest = after(line, " received signal ")) return on_stop(line, *rest, builder);
  if (auto rest = after(line, "terminated with signal ")) return on_stop(line, *rest, builder);
  if (auto rest = after(line, "REPRO: stopped signal=")) return on_stop(line, *rest, builder);
  if (line.starts_with("(gdb) ") || line.starts_with("=> 0x")) {
    if (builder.current() == nullptr) open({}, builder);
    return next(line, builder);
  }
  if (on_thread(line, builder)) return Took::kOnlyLooking;
  if (is_ours(builder)) return next(line, builder);
  return Took::kNo;
}

Took GdbReader::on_stop(std::string_view line, std::string_view rest, ReportBuilder& builder) {
  std::string_view signal = known_signal(signal_at_front(rest));
  if (signal.empty()) {
    const auto number = take_number(rest);
    if (number) signal = signal_name(*number);
    if (!number && signal_at_front(rest).empty()) return Took::kNo;
  }
  // Told twice: when it stopped, and when it was let go or by a script.
  if (is_ours(builder) && builder.current()->signal == signal) return Took::kOnlyLooking;
  const auto at = line.find("Thread ");
  std::string_view number = at == std::string_view::npos ? std::string_view() : line.substr(at + 7);
  thread_ = take_number(number).value_or(1);
  registers_ = {};
  instruction_.clear();
  open(signal, builder);
  return Took::kOnlyLooking;
}

void GdbReader::open(std::string_view signal, ReportBuilder& builder) {
  if (is_ours(builder) && builder.current()->kind == "unknown" && !signal.empty()) {
    builder.current()->signal = signal;
    builder.current()->kind = kind_of_signal(signal);
    builder.standing().rank = Rank::kFatal;
    return;
  }
  Report report;
  report.signal = signal;
  if (!signal.empty()) report.kind = kind_of_signal(signal);
  builder.take_cause(report);
  if (builder.open(std::move(report), signal.empty() ? Rank::kLogged : Rank::kFatal, true))
    ours_ = builder.report_count();
}

// "Thread 2 (Thread 0x7f… (LWP 12) "name"):" stands over each stack of `thread apply all bt`.
bool GdbReader::on_thread(std::string_view line, ReportBuilder& builder) {
  std::string_view text = line;
  if (!consume(text, "Thread ")) return false;
  const auto number = take_number(text);
  if (!number || !(text.starts_with(" (Thread 0x") || text.starts_with(" (LWP "))) return false;
  if (builder.current() == nullptr) open({}, builder);
  if (!is_ours(builder)) {
    if (builder.current() != nullptr) builder.start(Section::kIgnored);
    return true;
  }
  const bool wanted = *number == thread_ && builder.current()->frames.empty();
  builder.start(wanted ? Section::kFault : Section::kIgnored);
  return true;
}

Took GdbReader::next(std::string_view line, ReportBuilder& builder) {
  if (!is_ours(builder)) return Took::kNo;
  if (join(line, builder)) return Took::kAndNext;
  if (on_thread(line, builder)) return Took::kOnlyLooking;
  if (starts_frame(line)) {
    // What is above it ran because of the signal; the fault is below.
    if (contains(line, "<signal handler called>") && builder.section() == Section::kFault) {
      builder.current()->frames.clear();
      return Took::kAndNext;
    }
    if (is_complete(line)) return Took::kOnlyLooking;
    frame_.assign(line.substr(0, kMaxJoined));
    return Took::kAndNext;
  }
  if (line.starts_with("=> 0x")) {
    on_instruction(line);
    set_fault(builder);
  } else if (registers_.read(line)) {
    if (!instruction_.empty()) set_fault(builder);
  } else if (auto address = after(line, "si_addr = 0x"); address && !contains(line, "si_code = 128")) {
    std::string_view digits = line.substr(static_cast<std::size_t>(address->data() - line.data()) - 2);
    if (builder.current()->kind == "segv" || builder.current()->kind == "bus") {
      builder.current()->address = take_hex(digits);
      builder.current()->kind = kind_of_fault(builder.current()->signal, builder.current()->address);
    }
  }
  return Took::kOnlyLooking;
}

// "=> 0x4f <f+4>:\tmov    %eax,(%rax)"
void GdbReader::on_instruction(std::string_view line) {
  if (!instruction_.empty()) return;
  std::string_view text = line.substr(3);
  take_hex(text);
  if (text.starts_with(" <")) {
    const auto end = text.find(">:");
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
  if (consume(text, ":")) instruction_ = clean(trim(text), kMaxInstruction);
}

void GdbReader::set_fault(ReportBuilder& builder) {
  Report& report = *builder.current();
  if (report.address) return;
  if (report.signal == "SIGILL" || report.signal == "SIGTRAP") {
    report.address = registers_.value("rip");
    if (!report.address) report.address = registers_.value("eip");
    if (!report.address) report.address = registers_.value("pc");
    return;
  }
  const bool fault = report.signal == "SIGSEGV" || report.signal == "SIGBUS" || report.signal.empty();
  if (!fault || instruction_.empty()) return;
  const auto access = memory_access(instruction_, registers_);
  if (!access) return;
  report.address = access->address;
  if (report.access.empty()) report.access = access->access;
  if (report.kind == "segv") report.kind = kind_of_fault(report.signal, report.address);
}

// True when the line was part of a frame that began before it.
bool GdbReader::join(std::string_view line, ReportBuilder& builder) {
  if (frame_.empty()) {
    // "    at file.c:12" below a frame whose arguments just fitted.
    std::string_view text = trim(line);
    if (line.starts_with("    at ") && consume(text, "at ")) {
      Frame* frame = builder.last_frame();
      FrameLine read;
      const std::string whole = "#0  0x1 in f () at " + std::string(text);
      if (frame != nullptr && frame->file.empty() && read_frame(whole, read)) {
        frame->file = builder.keep(read.frame.file);
        frame->line = read.frame.line;
        return true;
      }
    }
    return false;
  }
  if (!line.starts_with("   ") || frame_.size() + line.size() > kMaxJoined) {
    flush(builder);
    return false;
  }
  frame_ += ' ';
  frame_ += trim(line);
  if (is_complete(frame_)) flush(builder);
  return true;
}

void GdbReader::flush(ReportBuilder& builder) {
  if (frame_.empty()) return;
  FrameLine read;
  if (read_frame(frame_, read)) builder.add_numbered_frame(read);
  frame_.clear();
}

}  // namespace fuzzmill::workers
