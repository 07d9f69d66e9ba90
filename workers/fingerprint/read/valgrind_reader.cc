#include "workers/fingerprint/read/valgrind_reader.h"

#include <utility>

#include "workers/fingerprint/read/place.h"
#include "workers/fingerprint/read/signal_kind.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

struct Wording {
  std::string_view part;
  std::string_view kind;
  std::string_view access = {};
  Rank rank = Rank::kMayGoOn;
};

constexpr Wording kWordings[] = {
    {"Invalid read of size ", "segv", "READ"},
    {"Invalid write of size ", "segv", "WRITE"},
    {"Jump to the invalid address", "segv"},
    {"Conditional jump or move depends on uninitialised", "use-of-uninitialized-value"},
    {"Use of uninitialised value", "use-of-uninitialized-value"},
    {"points to uninitialised byte", "use-of-uninitialized-value"},
    {"contains uninitialised byte", "use-of-uninitialized-value"},
    {"points to unaddressable byte", "segv"},
    {"Invalid free() / delete", "bad-free"},
    {"Mismatched free() / delete", "alloc-dealloc-mismatch"},
    {"Mismatched new/delete size", "new-delete-type-mismatch"},
    {"Source and destination overlap in ", "memcpy-param-overlap"},
    {"has a fishy (possibly negative) value", "negative-size-param"},
    {"are definitely lost in loss record", "memory-leak"},
    {"are indirectly lost in loss record", "memory-leak"},
    {"are possibly lost in loss record", "memory-leak"},
    {"Process terminating with default action of signal ", "deadly-signal", {}, Rank::kFatal},
};

// "==12== text" → text; with a time stamp "==00:00:01.2 12== text".
bool take_mark(std::string_view& text) {
  if (!consume(text, "==")) return false;
  const auto end = text.find("==");
  if (end == std::string_view::npos || end == 0 || end > 32 || !is_digit(text[end - 1])) return false;
  text.remove_prefix(end + 2);
  return true;
}

// "at 0x4005: f (a.c:6)", "by 0x52: ??? (in /lib/x.so)".
bool read_valgrind_frame(std::string_view text, Frame& out) {
  if (!consume(text, "at ") && !consume(text, "by ")) return false;
  if (!take_hex(text) || !consume(text, ": ")) return false;
  out = Frame{};
  std::string_view function = text;
  if (const auto open = text.rfind(" ("); open != std::string_view::npos && text.ends_with(')')) {
    function = text.substr(0, open);
    std::string_view place = text.substr(open + 2, text.size() - open - 3);
    if (consume(place, "in ")) {
      out.module = place;
    } else {
      set_place(place, out);
    }
  }
  if (function != "???") out.function = function;
  return true;
}

}  // namespace

Took ValgrindReader::line(std::string_view line, ReportBuilder& builder) {
  std::string_view text = line;
  if (!take_mark(text)) return Took::kNo;
  for (const Wording& row : kWordings) {
    auto rest = after(text, row.part);
    if (!rest) continue;
    Report report;
    report.kind = row.kind;
    report.sanitizer = "Valgrind";
    report.access = row.access;
    if (!row.access.empty()) report.access_size = take_number(*rest);
    if (row.rank == Rank::kFatal) {
      if (auto number = take_number(*rest)) report.signal = signal_name(*number);
      report.kind = kind_of_signal(report.signal);
      if (!builder.take_cause(report) && builder.absorb(report)) return Took::kYes;
    }
    const bool opened = builder.open(std::move(report), row.rank, true);
    if (opened) builder.standing().direct_leak = row.part.starts_with("are definitely");
    return Took::kAndNext;
  }
  return Took::kNo;
}

Took ValgrindReader::next(std::string_view line, ReportBuilder& builder) {
  std::string_view text = line;
  if (!take_mark(text) || builder.current() == nullptr) return Took::kNo;
  text = trim(text);
  if (text.empty()) return Took::kYes;
  Frame frame;
  if (read_valgrind_frame(text, frame)) {
    builder.add_frame(frame);
    return Took::kAndNext;
  }
  Report& report = *builder.current();
  if (contains(text, "was created by")) {
    builder.start(Section::kAllocated);
  } else if (text.starts_with("Block was alloc'd")) {
    builder.start(Section::kAllocated);
  } else if (text.starts_with("Address 0x")) {
    std::string_view address = text.substr(8);
    report.address = take_hex(address);
    on_block(address, builder);
  } else if (auto region = after(text, "mapped region at address ")) {
    report.address = take_hex(*region);
    report.kind = kind_of_fault(report.signal, report.address);
  } else {
    return report.frames.empty() ? Took::kAndNext : Took::kNo;
  }
  builder.extend();
  return Took::kAndNext;
}

// " is 24 bytes inside a block of size 28 free'd", " is not stack'd, malloc'd or (recently) free'd".
void ValgrindReader::on_block(std::string_view text, ReportBuilder& builder) {
  Report& report = *builder.current();
  auto size = after(text, " block of size ");
  if (!size) {
    if (contains(text, "on thread") && contains(text, "stack")) report.object.region = Object::Region::kStack;
    if (report.kind == "segv") report.kind = kind_of_fault("SIGSEGV", report.address);
    builder.start(Section::kIgnored);
    return;
  }
  report.object.region = Object::Region::kHeap;
  report.object.size = take_number(*size).value_or(0);
  const bool freed = size->starts_with(" free'd");
  if (report.kind == "segv") report.kind = freed ? "heap-use-after-free" : "heap-buffer-overflow";
  if (report.kind == "bad-free" && freed) report.kind = "double-free";
  builder.start(freed ? Section::kFreed : Section::kAllocated);
}

}  // namespace fuzzmill::workers
