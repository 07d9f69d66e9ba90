#include "workers/fingerprint/read/cause_line.h"

#include <cstdint>

#include "workers/fingerprint/read/cause_table.h"
#include "workers/fingerprint/read/mask.h"
#include "workers/fingerprint/read/report.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

// Masks of words that are no row; below them stand the rows' numbers.
constexpr WordFilter::Mask kHardened = 1 << 12, kCheckMacro = 1 << 13, kTimeoutText = 1 << 14,
                           kFatalTag = 1 << 15;
constexpr WordFilter::Word kOtherWords[] = {
    {": assertion ", kHardened}, {":assertion ", kHardened},    {"Hardening assertion ", kHardened},
    {"CHECK", kCheckMacro},      {"Timeout of ", kTimeoutText}, {"FATAL:", kFatalTag},
};

const WordFilter& filter() {
  static const WordFilter kFilter = [] {
    WordFilter filter(kOtherWords);
    WordFilter::Mask row = 0;
    for (const CauseRow& one : cause_rows()) filter.add({one.text, row++});
    return filter;
  }();
  return kFilter;
}

// What a line holds: the first row of the table, and what else read_cause() has to look for.
struct Found {
  std::size_t row = SIZE_MAX;
  std::size_t at = 0;  // where its text first begins
  WordFilter::Mask others = 0;
};

Found find_words(std::string_view line) {
  Found out;
  filter().each(line, [&](WordFilter::Mask mask, std::size_t at) {
    if (mask >= kHardened) {
      out.others |= mask;
    } else if (mask < out.row) {
      out.row = mask, out.at = at;
    }
  });
  return out;
}

// "(1 vs. 0)" at the end of a CHECK shows the values of this input; the full stop is the logger's.
std::string_view without_values(std::string_view text) {
  if (contains(text, " vs. ")) {
    const auto open = text.rfind(" (");
    if (open != std::string_view::npos) text = text.substr(0, open);
  }
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

// What compilers add to an expression: "(x), function f, file a.c, line 3.", ", at a.cpp:12",
// " in file a.cpp, line 3", ". Details: …".
std::string_view bare_expression(std::string_view text) {
  for (std::string_view tail :
       {std::string_view("), function "), std::string_view("), at "), std::string_view(", at "),
        std::string_view(" in file "), std::string_view(", file "), std::string_view(". Details: ")}) {
    const std::string_view head = before(text, tail);
    if (head.size() == text.size()) continue;
    text = head;
    if (tail.front() == ')' && text.starts_with('(')) text.remove_prefix(1);
  }
  text = trim(text);
  if (text.size() > 1 && text.front() == '(' && text.back() == ')' && text.find(')') == text.size() - 1)
    text = text.substr(1, text.size() - 2);
  return text;
}

std::string message_of(std::string_view rest, Take take) {
  switch (take) {
    case Take::kNothing:
      return {};
    case Take::kRest:
      return mask_data(without_values(rest));
    case Take::kExpression:
      return clean(bare_expression(rest), kMaxMessageText);
    case Take::kTypeName:
      return clean(before(rest, "'"), kMaxMessageText);
    case Take::kFirstWord:
      return clean(before(before(rest, " "), ":"), kMaxMessageText);
    case Take::kQuoted:
      break;
  }
  auto end = rest.rfind("' failed");
  if (end == std::string_view::npos) end = rest.rfind('\'');
  return clean(trim(rest.substr(0, end)), kMaxMessageText);
}

// "prog: a.c:12: int f(int): Assertion `x' failed": where it says so itself.
void read_glibc_place(std::string_view lead, Frame& place) {
  lead = trim(lead);
  if (!lead.ends_with(':')) return;
  lead.remove_suffix(1);
  for (std::size_t colon = lead.find(':'); colon != std::string_view::npos;
       colon = lead.find(':', colon + 1)) {
    std::string_view digits = lead.substr(colon + 1);
    const auto number = take_number(digits);
    if (!number || !digits.starts_with(':') || *number > UINT32_MAX) continue;
    std::string_view file = lead.substr(0, colon);
    if (const auto blank = file.rfind(' '); blank != std::string_view::npos) file.remove_prefix(blank + 1);
    if (file.empty()) return;
    place.file = file;
    place.line = static_cast<std::uint32_t>(*number);
    place.function = trim(digits.substr(1));
    return;
  }
}

// libc++: "vector:1432: assertion !empty() failed: back() called on an empty vector", since 18 with
// "libc++ Hardening assertion".
bool read_hardened_library(std::string_view line, Cause& out) {
  auto text = after(line, ": assertion ");
  if (!text) text = after(line, ":assertion ");
  if (!text) text = after(line, "Hardening assertion ");
  if (!text) return false;
  auto why = after(*text, " failed: ");
  if (!why && !contains(*text, " failed")) return false;
  out.kind = "assert";
  // AddressSanitizer's next line may be glued to a text that ends without a line ending.
  out.message = mask_data(before(why ? *why : before(*text, " failed"), "AddressSanitizer:"));
  return true;
}

// Android: "a.cpp:33 CHECK_EQ( x,1u) failed: 25 vs. 1"; abseil: "RAW: Check x failed".
bool read_check_macro(std::string_view line, Cause& out) {
  const auto at = line.find("CHECK");
  if (at == std::string_view::npos) return false;
  const std::string_view text = line.substr(at);
  const auto open = text.find('(');
  const auto failed = text.find(") failed");
  if (open == std::string_view::npos || failed == std::string_view::npos || failed < open || open > 16)
    return false;
  out.kind = "check-failure";
  out.message = clean(trim(text.substr(open + 1, failed - open - 1)), kMaxMessageText);
  return true;
}

// Centipede: "========= Timeout of 20 seconds exceeded; exiting".
bool read_timeout(std::string_view line, Cause& out) {
  if (!contains(line, "Timeout of ") || !contains(line, " seconds exceeded")) return false;
  out.kind = "timeout";
  out.message.clear();
  return true;
}

// glog "F0812 20:32:32.874783 47273 file.h:195] text" and Chrome "[…:FATAL:file.cc(41)] text".
bool read_fatal_log(std::string_view line, Cause& out) {
  std::string_view rest;
  if (is_glog_fatal(line)) {
    auto text = after(line, "] ");
    if (!text) return false;
    rest = *text;
  } else {
    auto tag = after(line, "FATAL:");
    if (!tag) return false;
    auto text = after(*tag, "] ");
    if (!text) return false;
    rest = *text;
  }
  out.kind = "fatal-error";
  out.message = mask_data(without_values(rest));
  return true;
}

}  // namespace

bool is_glog_fatal(std::string_view line) {
  return line.size() > 6 && line[0] == 'F' && is_digit(line[1]) && is_digit(line[2]) && is_digit(line[3]) &&
         is_digit(line[4]) && line[5] == ' ';
}

bool read_cause(std::string_view line, Cause& out) {
  out.place = Frame{};
  const Found found = find_words(line);
  if (found.row < cause_rows().size()) {
    const CauseRow& row = cause_rows()[found.row];
    out.kind = row.kind;
    out.message = message_of(line.substr(found.at + row.text.size()), row.take);
    if (row.take == Take::kQuoted) read_glibc_place(line.substr(0, found.at), out.place);
    return true;
  }
  if ((found.others & kHardened) != 0 && read_hardened_library(line, out)) return true;
  if ((found.others & kCheckMacro) != 0 && read_check_macro(line, out)) return true;
  if ((found.others & kTimeoutText) != 0 && read_timeout(line, out)) return true;
  return ((found.others & kFatalTag) != 0 || is_glog_fatal(line)) && read_fatal_log(line, out);
}

bool read_what(std::string_view line, Cause& cause) {
  auto what = after(line, "what():  ");
  if (!what || cause.kind != "uncaught-exception") return false;
  cause.message = clean(cause.message + ": " + mask_data(*what), kMaxMessageText);
  return true;
}

}  // namespace fuzzmill::workers
