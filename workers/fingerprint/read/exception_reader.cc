#include "workers/fingerprint/read/exception_reader.h"

#include <algorithm>
#include <utility>

#include "workers/fingerprint/read/at_frame.h"
#include "workers/fingerprint/read/mask.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr int kMaxMessageLines = 32;

struct Opening {
  std::string_view marker;
  std::string_view language;
  bool name_follows;  // on a line of its own
};

// What says that nobody caught an exception.
constexpr Opening kOpenings[] = {
    {"== Java Exception: ", "java", false},
    {"FATAL EXCEPTION", "java", true},
    {"Uncaught Exception: Jazzer.js: ", "javascript", false},
    {"Uncaught Exception: ", "javascript", false},
    {"Unhandled exception. ", "csharp", false},
    {"Unhandled Exception: ", "csharp", false},
    {"Unhandled Exception:", "csharp", true},
};

struct Wording {
  std::string_view part;
  std::string_view kind;
};

// What the exception says about its kind; the first part it contains decides.
constexpr Wording kKinds[] = {
    {"FuzzerSecurityIssueLow: Stack overflow", "stack-overflow"},
    {"FuzzerSecurityIssueLow: Out of memory", "out-of-memory"},
    {"FuzzerSecurityIssue", "security-exception"},
    {"java.lang.OutOfMemoryError", "out-of-memory"},
    {"java.lang.StackOverflowError", "stack-overflow"},
};

std::string_view kind_of_exception(std::string_view exception) {
  for (const Wording& row : kKinds) {
    if (contains(exception, row.part)) return row.kind;
  }
  return "uncaught-exception";
}

// "java.lang.IllegalStateException: text", "TypeError: text", "Error": what a stack of "at " lines may
// follow.
bool may_be_exception(std::string_view text) {
  const std::string_view name = before(text, ":");
  if (name.size() > 200 || contains(name, " ")) return false;
  const std::string_view type = name.substr(0, name.find('$'));
  return type.ends_with("Exception") || type.ends_with("Error") || type.ends_with("Throwable");
}

}  // namespace

Took ExceptionReader::line(std::string_view line, ReportBuilder& builder) {
  for (const Opening& row : kOpenings) {
    const auto at = line.find(row.marker);
    if (at == std::string_view::npos) continue;
    if (!row.name_follows)
      return begin(line, at, line.substr(at + row.marker.size()), row.language, Rank::kFatal, builder);
    prefix_.learn(line, line.starts_with("***") ? 0 : at);
    language_ = row.language;
    begin_ = builder.line_begin();
    lines_left_ = kMaxMessageLines;
    state_ = State::kName;
    return Took::kAndNext;
  }
  if (const auto at = line.find("Exception in thread \""); at != std::string_view::npos) {
    if (auto exception = after(line.substr(at + 21), "\" "))
      return begin(line, at, *exception, "java", Rank::kUncaught, builder);
  }
  const auto blank = line.find_first_not_of(" \t");
  if (blank == std::string_view::npos) return Took::kNo;
  std::string_view text = line.substr(blank);
  consume(text, "Uncaught ");
  if (text.starts_with("at ")) return on_loose_stack(text, builder);
  if (!may_be_exception(text)) {
    // A log prefix ends in ": " or a blank.
    const auto last = line.substr(0, line.find("Exception")).rfind(' ');
    if (last == std::string_view::npos || !may_be_exception(line.substr(last + 1))) return Took::kNo;
    text = line.substr(last + 1);
  }
  maybe_ = clean(text, kMaxMessageText);
  prefix_.learn(line, static_cast<std::size_t>(text.data() - line.data()));
  begin_ = builder.line_begin();
  state_ = State::kMaybe;
  return Took::kOnlyLooking;
}

// A stack whose head is cut off.
Took ExceptionReader::on_loose_stack(std::string_view text, ReportBuilder& builder) {
  Frame frame;
  const bool java = read_at_frame(text.substr(3), frame) == "java";
  if (!java || builder.current() != nullptr) return Took::kNo;
  prefix_.learn(text, 0);
  begin_ = builder.line_begin();
  open({}, "java", Rank::kLogged, builder);
  if (builder.current() == nullptr) return Took::kNo;
  builder.current()->kind = "unknown";
  builder.add_frame(frame);
  return Took::kAndNext;
}

Took ExceptionReader::begin(std::string_view line, std::size_t at, std::string_view exception,
                            std::string_view language, Rank rank, ReportBuilder& builder) {
  // Jazzer.js puts "==12==" before it, which its stack has not.
  const bool process = at >= 2 && line.substr(0, at).find("==") != std::string_view::npos;
  prefix_.learn(line, process || language == "javascript" ? 0 : at);
  begin_ = builder.line_begin();
  open(exception, language, rank, builder);
  return Took::kAndNext;
}

bool ExceptionReader::open(std::string_view exception, std::string_view language, Rank rank,
                           ReportBuilder& builder) {
  Report report;
  report.kind = kind_of_exception(exception);
  report.language = language;
  report.message = mask_data(exception);
  report.text_begin = begin_;
  report.text_end = builder.line_begin();
  state_ = State::kFrames;
  lines_left_ = kMaxMessageLines;
  in_cause_ = false;
  if (!builder.open(std::move(report), rank, true)) return false;
  builder.standing().uncaught = true;
  return true;
}

Took ExceptionReader::next(std::string_view line, ReportBuilder& builder) {
  const std::string_view text = trim(prefix_.strip(line));
  if (state_ == State::kMaybe) {
    Frame frame;
    if (!text.starts_with("at ") || read_at_frame(text.substr(3), frame).empty()) return Took::kNo;
    // Part of an exception that is being told already: node prints it under Jazzer.js's own line.
    open(maybe_, read_at_frame(text.substr(3), frame), Rank::kLogged, builder);
  }
  if (state_ == State::kName) return on_name(text, builder);
  return on_stack(text, builder);
}

// Android: "Process: com.example, PID: 12" stands before the name; mono repeats its own words.
Took ExceptionReader::on_name(std::string_view text, ReportBuilder& builder) {
  if (--lines_left_ <= 0) return Took::kNo;
  if (text.empty() || text.starts_with("Process: ") || text.starts_with("PID: ")) return Took::kAndNext;
  open(text, language_, Rank::kFatal, builder);
  return Took::kAndNext;
}

Took ExceptionReader::on_stack(std::string_view text, ReportBuilder& builder) {
  Report* report = builder.current();
  if (report == nullptr) return Took::kNo;
  if (text.starts_with("at ")) {
    Frame frame;
    const std::string_view language = read_at_frame(text.substr(3), frame);
    if (!language.empty()) {
      if (report->frames.empty()) report->language = language;
      builder.add_frame(frame);
      return Took::kAndNext;
    }
  }
  const bool no_frames = report->frames.empty();
  if (text.starts_with("Caused by: ") || text.starts_with("Suppressed: ")) {
    // The stack of the outermost exception is the one that counts, unless it has none.
    if (no_frames && kind_of_exception(text) != "uncaught-exception") report->kind = kind_of_exception(text);
    builder.start(no_frames ? Section::kFault : Section::kIgnored);
    builder.extend();
    return Took::kAndNext;
  }
  if (text.starts_with("... ") || text.starts_with("---")) return Took::kAndNext;
  // A message may have more lines than one.
  if (no_frames && --lines_left_ > 0 && !text.starts_with("==")) return Took::kAndNext;
  state_ = State::kIdle;
  builder.start(Section::kIgnored);
  return Took::kNo;
}

}  // namespace fuzzmill::workers
