#include "workers/fingerprint/read/rust_reader.h"

#include <utility>

#include "workers/fingerprint/read/mask.h"
#include "workers/fingerprint/read/place.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr int kMaxMessageLines = 64;

// "', src/main.rs:4:5" closes the message of the old wording; `at` is the quote.
bool find_closing(std::string_view text, std::size_t& at, std::string_view& place) {
  at = text.rfind("', ");
  if (at == std::string_view::npos) return false;
  place = trim(text.substr(at + 3));
  return has_line_number(place) && !contains(place, " ");
}

// What follows a message that is empty or was lost.
bool is_no_message(std::string_view text) {
  return text.starts_with("==") || text.starts_with("note: ") || text.starts_with("stack backtrace:");
}

// Takes "  3:     0x55d5 - " or "  3: " off the front.
bool take_index(std::string_view& text) {
  std::string_view rest = text;
  if (!take_number(rest) || !consume(rest, ":") || rest.empty() || rest.front() != ' ') return false;
  skip_blanks(rest);
  std::string_view after_address = rest;
  if (take_hex(after_address) && consume(after_address, " - ")) rest = after_address;
  text = trim(rest);
  return true;
}

}  // namespace

Took RustReader::line(std::string_view line, ReportBuilder& builder) {
  if (auto rest = after(line, " panicked at "); rest && contains(line, "thread ")) {
    return on_panic(line, *rest, builder);
  }
  if (contains(line, "stack backtrace:")) {
    Report* report = builder.current();
    if (report == nullptr || report->language != "rust" || !report->frames.empty()) return Took::kNo;
    builder.start(Section::kFault);
    prefix_.learn(line, line.find("stack backtrace:"));
    state_ = State::kBacktrace;
    return Took::kAndNext;
  }
  if (contains(line, "thread '") && contains(line, " has overflowed its stack")) {
    builder.set_cause({"stack-overflow", {}}, "rust");
    return Took::kYes;
  }
  if (contains(line, "memory allocation of ") && contains(line, " bytes failed")) {
    builder.set_cause({"out-of-memory", {}}, "rust");
    return Took::kYes;
  }
  return Took::kNo;
}

Took RustReader::on_panic(std::string_view line, std::string_view rest, ReportBuilder& builder) {
  begin_ = builder.line_begin();
  prefix_.learn(line, line.find("thread "));
  place_ = OwnPlace();
  lines_left_ = kMaxMessageLines;
  if (rest.starts_with('\'')) {
    message_.clear();
    return on_quoted(rest.substr(1), builder);
  }
  std::string_view place = trim(rest);
  if (!place.ends_with(':') || !has_line_number(place.substr(0, place.size() - 1))) {
    // panic!() of something that is no text: "thread 'main' panicked at Box<dyn Any>".
    open(rest, builder);
    return Took::kYes;
  }
  Frame read;
  set_place(place.substr(0, place.size() - 1), read);
  place_ = OwnPlace(read);
  state_ = State::kMessage;
  return Took::kAndNext;
}

Took RustReader::next(std::string_view line, ReportBuilder& builder) {
  const std::string_view text = prefix_.strip(line);
  switch (state_) {
    case State::kMessage:
      state_ = State::kIdle;
      if (is_no_message(text)) {
        open({}, builder);
        return Took::kNo;
      }
      open(text, builder);
      return Took::kYes;
    case State::kQuoted:
      return on_quoted(text, builder);
    case State::kBacktrace:
      return on_backtrace(trim(text), builder);
    case State::kIdle:
      break;
  }
  return Took::kNo;
}

void RustReader::end(ReportBuilder& builder) {
  if (state_ == State::kMessage || state_ == State::kQuoted) open(message_, builder);
}

// The message may have many lines, of which the first says what; the last ends with the place.
Took RustReader::on_quoted(std::string_view text, ReportBuilder& builder) {
  std::size_t quote = 0;
  std::string_view place;
  const bool closed = find_closing(text, quote, place);
  if (closed) {
    Frame read;
    set_place(place, read);
    place_ = OwnPlace(read);
  }
  if (state_ != State::kQuoted) message_ = clean(closed ? text.substr(0, quote) : text, kMaxMessageText);
  if (!closed && --lines_left_ > 0) {
    // A signal's report right after it: the text is not closed because it was cut.
    if (state_ == State::kQuoted && (contains(text, "ERROR: ") || contains(text, "stack backtrace:"))) {
      state_ = State::kIdle;
      open(message_, builder);
      return Took::kNo;
    }
    state_ = State::kQuoted;
    return Took::kAndNext;
  }
  state_ = State::kIdle;
  open(message_, builder);
  return Took::kYes;
}

void RustReader::open(std::string_view message, ReportBuilder& builder) {
  Report report;
  report.kind = "panic";
  report.language = "rust";
  report.message = mask_data(message);
  report.text_begin = begin_;
  report.text_end = builder.line_begin();
  if (!builder.open(std::move(report), Rank::kUncaught, true)) return;
  builder.standing().uncaught = true;
  builder.standing().place = builder.keep(place_.frame());
}

Took RustReader::on_backtrace(std::string_view text, ReportBuilder& builder) {
  if (text.starts_with("at ")) {
    builder.place_last_frame(trim(text.substr(3)));
    builder.extend();
    return Took::kAndNext;
  }
  // Functions that were inlined have no number: "- core::ops::f".
  std::string_view function = text;
  if (!take_index(function) && !consume(function, "- ")) {
    state_ = State::kIdle;
    builder.start(Section::kIgnored);
    return Took::kNo;
  }
  if (function == "<unknown>") return Took::kAndNext;
  Frame frame;
  frame.function = function;
  builder.add_frame(frame);
  return Took::kAndNext;
}

}  // namespace fuzzmill::workers
