#include "workers/fingerprint/read/python_reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "workers/fingerprint/read/mask.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

struct FatalError {
  std::string_view starts;
  std::string_view kind;
  std::string_view signal;
};

// After "Fatal Python error: ".
constexpr FatalError kFatalErrors[] = {
    {"Segmentation fault", "segv", "SIGSEGV"},
    {"Aborted", "abort", "SIGABRT"},
    {"Bus error", "bus", "SIGBUS"},
    {"Floating point exception", "fpe", "SIGFPE"},
    {"Floating-point exception", "fpe", "SIGFPE"},
    {"Illegal instruction", "illegal-instruction", "SIGILL"},
    {"Cannot recover from stack overflow", "stack-overflow", ""},
};

// "  File "a.py", line 12, in f"; a fatal error's frames have no comma after the number.
bool read_python_frame(std::string_view text, Frame& out) {
  if (!consume(text, "File \"")) return false;
  const auto quote = text.find("\", line ");
  if (quote == std::string_view::npos) return false;
  out = Frame{};
  out.file = text.substr(0, quote);
  text.remove_prefix(quote + 8);
  out.line = static_cast<std::uint32_t>(take_number(text).value_or(0) & UINT32_MAX);
  consume(text, ",");
  if (consume(text, " in ")) out.function = trim(text);
  return true;
}

// "ValueError: text", "pkg.Error" or "KeyError: 'x'": an identifier up to a colon or the end.
bool is_exception(std::string_view text) {
  const std::string_view name = before(text, ":");
  if (name.empty() || is_digit(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return is_word(c) || c == '.'; });
}

}  // namespace

Took PythonReader::line(std::string_view line, ReportBuilder& builder) {
  if (const auto at = line.find("Traceback (most recent call last)"); at != std::string_view::npos)
    return on_traceback(line, at, builder);
  if (const auto at = line.find("=== Uncaught Python exception: ==="); at != std::string_view::npos) {
    prefix_.learn(line, at > 0 && line[at - 1] == ' ' ? at - 1 : at);
    begin_ = builder.line_begin();
    uncaught_ = true;
    chained_ = false;
    state_ = State::kName;
    return Took::kAndNext;
  }
  if (auto rest = after(line, "BUG DETECTED: PySecSan: ")) {
    prefix_.learn(line, line.find("==="));
    begin_ = builder.line_begin();
    exception_ = clean(trim(before(*rest, "===")), kMaxMessageText);
    open("security-exception", Rank::kFatal, builder);
    return Took::kAndNext;
  }
  if (contains(line, "During handling of the above exception") ||
      contains(line, "The above exception was the direct cause")) {
    const Report* report = builder.current();
    chained_ = report != nullptr && report->language == "python";
    return Took::kYes;
  }
  if (auto rest = after(line, "Fatal Python error: ")) {
    prefix_.learn(line, line.find("Fatal Python error: "));
    fatal_kind_ = "abort";
    for (const FatalError& row : kFatalErrors) {
      if (rest->starts_with(row.starts)) fatal_kind_ = row.kind;
    }
    exception_ = clean(trim(*rest), kMaxMessageText);
    begin_ = builder.line_begin();
    return Took::kYes;
  }
  if (contains(line, "hread ") && contains(line, "(most recent call first)") && !fatal_kind_.empty()) {
    open(fatal_kind_, Rank::kFatal, builder);
    fatal_kind_ = {};
    state_ = State::kFatal;
    return Took::kAndNext;
  }
  return on_headless(line, builder);
}

// A traceback whose head is cut off.
Took PythonReader::on_headless(std::string_view line, ReportBuilder& builder) {
  Frame frame;
  const auto at = line.find("File \"");
  if (builder.current() != nullptr || at == std::string_view::npos) return Took::kNo;
  if (!trim(line.substr(0, at)).empty() || !read_python_frame(line.substr(at), frame)) return Took::kNo;
  prefix_.learn(line, 0);
  begin_ = builder.line_begin();
  open("unknown", Rank::kLogged, builder);
  hold(frame);
  return Took::kAndNext;
}

Took PythonReader::on_traceback(std::string_view line, std::size_t at, ReportBuilder& builder) {
  prefix_.learn(line, at);
  if (!uncaught_) begin_ = builder.line_begin();
  Report* current = builder.current();
  if (chained_ && current != nullptr) {
    // The last exception of a chain is the one that nobody caught.
    current->frames.clear();
    current->message.clear();
    builder.start(Section::kFault);
    builder.extend();
    frames_.clear();
    state_ = State::kTraceback;
  } else {
    open("uncaught-exception", uncaught_ ? Rank::kFatal : Rank::kLogged, builder);
  }
  chained_ = uncaught_ = false;
  return Took::kAndNext;
}

void PythonReader::open(std::string_view kind, Rank rank, ReportBuilder& builder) {
  Report report;
  report.kind = kind;
  report.language = "python";
  report.message = mask_data(exception_);
  report.text_begin = begin_;
  report.text_end = builder.line_begin();
  if (builder.open(std::move(report), rank, true)) builder.standing().uncaught = true;
  frames_.clear();
  state_ = State::kTraceback;
}

Took PythonReader::next(std::string_view line, ReportBuilder& builder) {
  const std::string_view text = prefix_.strip(line);
  if (state_ == State::kName) {
    if (trim(text).empty()) return Took::kAndNext;
    exception_ = clean(trim(text), kMaxMessageText);
    state_ = State::kIdle;
    return Took::kYes;
  }
  const Took took = on_traceback_line(text, builder);
  if (took != Took::kAndNext) close(builder);
  return took;
}

Took PythonReader::on_traceback_line(std::string_view text, ReportBuilder& builder) {
  Frame frame;
  if (read_python_frame(trim(text), frame)) {
    hold(frame);
    builder.extend();
    return Took::kAndNext;
  }
  if (trim(text).empty()) return Took::kYes;
  // Source text, carets and "[Previous line repeated 3 more times]" are indented.
  if (text.front() == ' ' || text.front() == '\t') return Took::kAndNext;
  if (text.starts_with("===") || text.starts_with("[Previous line")) return Took::kAndNext;
  Report* report = builder.current();
  if (report == nullptr || !report->message.empty() || !is_exception(text)) return Took::kNo;
  report->message = mask_data(text);
  report->kind = "uncaught-exception";
  builder.extend();
  return Took::kYes;
}

void PythonReader::hold(const Frame& frame) {
  if (frames_.size() == 2 * kMaxKeptFrames) {
    if (state_ == State::kFatal) return;
    // Of more frames than are kept the inner ones count: they come last.
    frames_.erase(frames_.begin(), frames_.begin() + kMaxKeptFrames);
  }
  frames_.push_back({clean(frame.function, kMaxFrameText), clean(frame.file, kMaxFrameText), frame.line});
}

void PythonReader::close(ReportBuilder& builder) {
  exception_.clear();
  if (state_ == State::kTraceback) std::reverse(frames_.begin(), frames_.end());
  if (builder.section() == Section::kFault) {
    for (const HeldFrame& held : frames_) {
      Frame frame;
      frame.function = held.function, frame.file = held.file, frame.line = held.line;
      builder.add_frame(frame);
    }
  }
  frames_.clear();
  builder.start(Section::kIgnored);
  state_ = State::kIdle;
}

}  // namespace fuzzmill::workers
