#include "workers/fingerprint/read/go_reader.h"

#include <utility>

#include "workers/fingerprint/read/mask.h"
#include "workers/fingerprint/read/place.h"
#include "workers/fingerprint/read/signal_kind.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

struct Wording {
  std::string_view starts;
  std::string_view kind;
};

// After "panic: runtime error: ".
constexpr Wording kRuntimeErrors[] = {
    {"index out of range", "index-out-of-bounds"},
    {"slice bounds out of range", "slice-out-of-bounds"},
    {"cannot convert slice with length", "slice-out-of-bounds"},
    {"makeslice: ", "slice-out-of-bounds"},
    {"growslice: ", "slice-out-of-bounds"},
    {"invalid memory address or nil pointer dereference", "null-dereference"},
    {"integer divide by zero", "divide-by-zero"},
};

// After "fatal error: ".
constexpr Wording kFatalErrors[] = {
    {"stack overflow", "stack-overflow"},
    {"runtime: out of memory", "out-of-memory"},
    {"runtime: cannot allocate memory", "out-of-memory"},
    {"out of memory", "out-of-memory"},
    {"all goroutines are asleep", "deadlock"},
    {"concurrent map", "concurrent-map-access"},
    {"unexpected signal during runtime execution", "segv"},
    {"fault", "segv"},
};

template <std::size_t N>
std::string_view kind_of(std::string_view text, const Wording (&rows)[N], std::string_view otherwise) {
  for (const Wording& row : rows) {
    if (text.starts_with(row.starts)) return row.kind;
  }
  return otherwise;
}

std::string_view kind_of_panic(std::string_view message) {
  std::string_view error = message;
  return consume(error, "runtime error: ") ? kind_of(error, kRuntimeErrors, "panic") : "panic";
}

// "goroutine 17 [running, locked to thread]:"
bool is_goroutine(std::string_view text) {
  if (!consume(text, "goroutine ") || !take_number(text)) return false;
  return contains(text, " [") && contains(text, "]:");
}

std::string_view without_recovered(std::string_view message) {
  return trim(message.substr(0, message.find(" [recovered")));
}

}  // namespace

Took GoReader::line(std::string_view line, ReportBuilder& builder) {
  if (const auto at = line.find("goroutine "); at != std::string_view::npos && is_goroutine(line.substr(at)))
    return on_goroutine(line, at, builder);
  if (const auto at = line.find("panic: "); at != std::string_view::npos) return on_panic(line, at, builder);
  if (const auto at = line.find("fatal error: "); at != std::string_view::npos)
    return on_fatal_error(line, at, builder);
  if (auto rest = after(line, "[signal "); rest && !pending_.kind.empty()) {
    on_signal(*rest);
    return Took::kYes;
  }
  // A log of a recovered panic: "Panic in f: runtime error: …", which is no sanitizer's.
  if (auto rest = after(line, "runtime error: ")) {
    const std::string_view kind = kind_of(*rest, kRuntimeErrors, {});
    if (kind.empty()) return Took::kNo;
    builder.set_cause({kind, mask_data(*rest)}, "go");
    return Took::kYes;
  }
  // The runtime's words for a signal in code that is not Go's: "SIGSEGV: segmentation violation".
  if (const std::string_view signal = signal_at_front(line);
      !signal.empty() && line.substr(signal.size()).starts_with(": ")) {
    pending_ = Pending{};
    pending_.kind = kind_of_signal(signal);
    pending_.signal = known_signal(signal);
    pending_.fatal = true;
    pending_.begin = builder.line_begin();
    prefix_.learn(line, 0);
  }
  return Took::kNo;
}

Took GoReader::on_panic(std::string_view line, std::size_t at, ReportBuilder& builder) {
  if (at > 0 && is_word(line[at - 1])) return Took::kNo;
  const std::string_view message = without_recovered(line.substr(at + 7));
  // A panic that is raised again while the first is handled stands below it, after a tab.
  if (pending_.recovered && trim(line.substr(0, at)).empty()) return Took::kYes;
  pending_ = Pending{};
  pending_.kind = kind_of_panic(message);
  pending_.message = mask_data(message);
  pending_.begin = builder.line_begin();
  pending_.recovered = contains(line, " [recovered");
  prefix_.learn(line, at);
  // Programs in other languages panic too: without a goroutine it is a cause like an assert.
  builder.set_cause({pending_.kind, pending_.message},
                    message.starts_with("runtime error: ") ? "go" : std::string_view());
  return Took::kYes;
}

Took GoReader::on_fatal_error(std::string_view line, std::size_t at, ReportBuilder& builder) {
  if (at > 0 && is_word(line[at - 1])) return Took::kNo;
  const std::string_view message = line.substr(at + 13);
  pending_ = Pending{};
  pending_.kind = kind_of(message, kFatalErrors, "fatal-error");
  pending_.message = mask_data(message);
  pending_.begin = builder.line_begin();
  pending_.fatal = true;
  prefix_.learn(line, at);
  return Took::kNo;
}

// "[signal SIGSEGV: segmentation violation code=0x1 addr=0x30 pc=0xac5680]", before Go 1.9 "[signal 0xb …".
void GoReader::on_signal(std::string_view text) {
  if (auto number = take_hex(text)) {
    pending_.signal = signal_name(*number);
  } else {
    pending_.signal = known_signal(signal_at_front(text));
  }
  if (auto address = after(text, "addr=")) pending_.address = take_hex(*address);
  if (auto pc = after(text, "pc=")) pending_.pc = take_hex(*pc);
  const bool fault = pending_.kind == "null-dereference" || pending_.kind == "segv";
  if (fault && pending_.address) pending_.kind = *pending_.address < kNullPage ? "null-dereference" : "segv";
  if (pending_.kind == "segv" && !pending_.signal.empty() && pending_.signal != "SIGSEGV")
    pending_.kind = kind_of_signal(pending_.signal);
}

// The first goroutine after a panic is the one that panicked; the others only were there.
Took GoReader::on_goroutine(std::string_view line, std::size_t at, ReportBuilder& builder) {
  Report* current = builder.current();
  const bool ours = current != nullptr && current->language == "go";
  if (pending_.kind.empty()) {
    if (!ours) return Took::kNo;
    const bool missing = current->frames.empty();
    builder.start(missing ? Section::kFault : Section::kIgnored);
    if (!missing) return Took::kYes;
  } else {
    Report report;
    report.kind = pending_.kind;
    report.message = std::move(pending_.message);
    report.language = "go";
    report.signal = pending_.signal;
    report.address = pending_.address;
    report.pc = pending_.pc;
    report.text_begin = pending_.begin;
    report.text_end = builder.line_begin();
    const bool opened =
        builder.open(std::move(report), pending_.fatal ? Rank::kFatal : Rank::kUncaught, true);
    if (opened) builder.standing().uncaught = true;
    pending_ = Pending{};
  }
  prefix_.learn(line, at);
  place_expected_ = any_frame_ = false;
  return Took::kAndNext;
}

Took GoReader::next(std::string_view line, ReportBuilder& builder) {
  const std::string_view text = trim(prefix_.strip(line));
  if (place_expected_) {
    place_expected_ = false;
    // "file.go:12 +0x1f fp=0x… sp=0x… pc=0x…"
    std::string_view place = text.substr(0, text.find(" +0x"));
    place = place.substr(0, place.find(" fp=0x"));
    if (has_line_number(place)) {
      builder.place_last_frame(trim(place));
      builder.extend();
      return Took::kAndNext;
    }
  }
  if (text.empty()) return any_frame_ ? Took::kYes : Took::kAndNext;
  if (text.starts_with("...")) return Took::kAndNext;  // "...additional frames elided..."
  if (text.starts_with("created by ")) return Took::kYes;
  return on_function(text, builder);
}

// "pkg.(*T).Method(0x1, {0x2, 0x3})", or "pkg.F(...)" for one that was inlined.
Took GoReader::on_function(std::string_view text, ReportBuilder& builder) {
  const auto open = text.rfind('(');
  if (!text.ends_with(')') || open == std::string_view::npos || open == 0 || is_goroutine(text))
    return Took::kNo;
  Frame frame;
  frame.function = text.substr(0, open);
  frame.inlined = text.substr(open) == "(...)";
  builder.add_frame(frame);
  place_expected_ = any_frame_ = true;
  return Took::kAndNext;
}

}  // namespace fuzzmill::workers
