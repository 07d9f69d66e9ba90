#include "workers/fingerprint/read/report_reader.h"

#include <algorithm>
#include <utility>

#include "schema/taxonomy.h"
#include "workers/fingerprint/read/cause_line.h"
#include "workers/fingerprint/read/frame_line.h"
#include "workers/fingerprint/read/header_line.h"
#include "workers/fingerprint/read/mask.h"
#include "workers/fingerprint/read/primary.h"
#include "workers/fingerprint/read/runtime_error.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

// Below it an address is a null pointer with a member's offset, as the kernel keeps the first page free.
constexpr std::uint64_t kNullPage = 0x1000;

// Programs that crash on purpose write to one of these; the cause is in the line before.
constexpr std::uint64_t kDeliberateAddresses[] = {0xbbadbeef, 0xfbadbeef, 0x1f75b7dd, 0x977537dd, 0x9f7537dd};

// Every line that is not a frame and means something holds one of these.
constexpr std::string_view kTellingWords[] = {
    "anitizer",    "libFuzzer", "runtime error", "of size",   "caused by a", "leak of ",
    "ABORTING",    "freed by",  "allocated",     "Uninitial", "created by",  "Previous ",
    "sertion",     "SERTION",   "ssert fail",    "SSERT F",   "ailed: ",     "exception",
    "terminate c", "irtual",    "*** ",          "free",      "malloc",      "orrupted",
    "panic",       "timeout e", "FATAL:",        "what():",   "Slowest ",    "failed",
};
constexpr WordFilter kTelling(kTellingWords);

// glog's fatal lines begin "F0812 ".
bool may_be_fatal_log(std::string_view line) { return line[0] == 'F' && is_digit(line[1]); }

// Kinds that say how a process ended but not why: a cause printed before explains them.
bool takes_cause(const Report& report) {
  for (std::string_view kind : {"abort", "deadly-signal", "trap", "illegal-instruction", "breakpoint"}) {
    if (report.kind == kind) return true;
  }
  return report.address && std::find(std::begin(kDeliberateAddresses), std::end(kDeliberateAddresses),
                                     *report.address) != std::end(kDeliberateAddresses);
}

class ReportReader {
 public:
  void line(std::string_view line);
  Reports finish(bool last_line_cut_off);

 private:
  enum class Section { kFault, kFreed, kAllocated, kOther };

  void on_frame(FrameLine& frame);
  void on_header(const Header& header);
  void on_runtime_error(const RuntimeError& error);
  void on_summary(const Summary& summary);
  bool on_leak(std::string_view line);
  bool on_access(std::string_view line);
  void on_detail(std::string_view line);
  void on_quiet_line(std::string_view line);
  void open(Report report, Rank rank, bool complete);
  void report_without_header();

  Report* current() { return is_open_ ? &reports_.back() : nullptr; }
  void start(Section section) {
    section_ = section;
    last_index_ = -1;
  }

  std::vector<Report> reports_;
  std::vector<Standing> standings_;  // one for each report
  bool is_open_ = false;
  Section section_ = Section::kOther;
  std::int64_t last_index_ = -1;
  bool in_leak_ = false;
  bool direct_leak_ = false;
  bool last_was_frame_ = false;
  Cause cause_;                      // not yet explained by a signal
  std::vector<Frame> loose_frames_;  // a stack without a header above it
  bool slow_unit_ = false;
  FrameLine frame_;
  Header header_;
  RuntimeError error_;
};

void ReportReader::line(std::string_view line) {
  if (contains(line, "#") && read_frame(line, frame_)) {
    on_frame(frame_);
    last_was_frame_ = true;
    return;
  }
  last_was_frame_ = false;
  if (line.size() < 4) return;
  if (!kTelling.may_match(line) && !may_be_fatal_log(line)) return;
  if (contains(line, "anitizer") || contains(line, "libFuzzer")) {
    Summary summary;
    if (read_summary(line, summary)) return on_summary(summary);
    if (read_header(line, header_)) return on_header(header_);
  }
  if (contains(line, "runtime error") && read_runtime_error(line, error_)) return on_runtime_error(error_);
  on_quiet_line(line);
}

void ReportReader::on_quiet_line(std::string_view line) {
  if (is_open_) {
    if (in_leak_ && on_leak(line)) return;
    if (on_access(line)) return;
    on_detail(line);
  }
  Cause cause;
  if (read_cause(line, cause)) {
    cause_ = std::move(cause);
  } else if (!cause_.kind.empty()) {
    read_what(line, cause_);
  } else if (line.starts_with("Slowest unit: ")) {
    slow_unit_ = true;
  }
}

void ReportReader::on_frame(FrameLine& frame) {
  // A number that falls back begins another stack, unless no line stands between: symbolizers that
  // rewrite a log leave odd numbers inside a stack.
  if (!last_was_frame_ && static_cast<std::int64_t>(frame.index) <= last_index_) start(Section::kOther);
  last_index_ = frame.index;
  Report* report = current();
  if (report == nullptr) {
    const bool first_stack = section_ != Section::kOther || loose_frames_.empty();
    if (first_stack) section_ = Section::kFault;
    if (first_stack && loose_frames_.size() < kMaxKeptFrames) loose_frames_.push_back(std::move(frame.frame));
    return;
  }
  if (section_ == Section::kFault && report->frames.size() < kMaxKeptFrames) {
    report->frames.push_back(std::move(frame.frame));
  } else if (section_ == Section::kFreed && report->freed_by.size() < kMaxEvidenceFrames) {
    report->freed_by.push_back(std::move(frame.frame));
  } else if (section_ == Section::kAllocated && report->allocated_by.size() < kMaxEvidenceFrames) {
    report->allocated_by.push_back(std::move(frame.frame));
  }
}

void ReportReader::open(Report report, Rank rank, bool complete) {
  is_open_ = reports_.size() < kMaxReports;
  if (!is_open_) return;
  reports_.push_back(std::move(report));
  standings_.push_back({rank, complete, false, {}});
  start(Section::kFault);
  in_leak_ = direct_leak_ = false;
}

void ReportReader::on_header(const Header& header) {
  Report* before = current();
  // Some runners print the header twice.
  if (before != nullptr && before->frames.empty() && before->kind == header.kind &&
      before->sanitizer == header.tool)
    return;
  Report report;
  report.kind = header.kind;
  report.sanitizer = header.tool;
  report.address = header.address;
  report.pc = header.pc;
  if (!cause_.kind.empty() && takes_cause(report)) {
    report.kind = cause_.kind;
    report.message = std::move(cause_.message);
  }
  cause_ = {};
  if ((report.kind == "segv" || report.kind == "unknown-crash") && report.address &&
      *report.address < kNullPage) {
    report.kind = "null-dereference";
  }
  open(std::move(report), header.fatal ? Rank::kFatal : Rank::kMayGoOn, header.complete);
  in_leak_ = header.kind == "memory-leak";
}

void ReportReader::on_runtime_error(const RuntimeError& error) {
  Report report;
  report.kind = error.kind;
  report.access = error.access;
  report.sanitizer = "UndefinedBehaviorSanitizer";
  report.message = mask_numbers(error.text);
  open(std::move(report), Rank::kMayGoOn, true);
  // Without print_stacktrace=1 the place is all there is.
  if (is_open_) standings_.back().place = error.place;
}

void ReportReader::on_summary(const Summary& summary) {
  Report* report = current();
  if (report == nullptr) {
    if (reports_.empty() && !summary.kind.empty()) {
      Report headless;
      headless.kind = summary.kind;
      headless.sanitizer = summary.tool;
      headless.frames = std::move(loose_frames_);
      loose_frames_.clear();
      open(std::move(headless), Rank::kFatal, true);
      start(Section::kOther);
    }
    return;
  }
  standings_.back().complete = true;
  // The header's wording is not always the kind; where we do not know it, the summary may.
  if (schema::find_kind(report->kind) == nullptr && schema::find_kind(summary.kind) != nullptr)
    report->kind = summary.kind;
}

bool ReportReader::on_leak(std::string_view line) {
  const bool direct = contains(line, "Direct leak of ");
  if (!direct && !contains(line, "Indirect leak of ")) return false;
  Report& report = reports_.back();
  // The first direct leak is the cause; an indirect one only hangs from it.
  if (direct && !direct_leak_) {
    direct_leak_ = true;
    standings_.back().direct_leak = true;
    report.frames.clear();
  }
  start(report.frames.empty() ? Section::kFault : Section::kOther);
  return true;
}

bool ReportReader::on_access(std::string_view line) {
  Report& report = reports_.back();
  if (!report.access.empty() || section_ != Section::kFault || !report.frames.empty()) return false;
  if (auto rest = after(line, "caused by a ")) {
    if (rest->starts_with("READ")) report.access = "READ";
    if (rest->starts_with("WRITE")) report.access = "WRITE";
    return true;
  }
  auto rest = after(line, " of size ");
  if (!rest) return false;
  const std::string_view verb = trim(line.substr(0, line.size() - rest->size() - 9));
  if (verb.ends_with("READ") || verb.ends_with("Read") || verb.ends_with("read")) {
    report.access = "READ";
  } else if (verb.ends_with("WRITE") || verb.ends_with("Write") || verb.ends_with("write")) {
    report.access = "WRITE";
  } else if (!verb.ends_with("ACCESS")) {
    return false;
  }
  report.access_size = take_number(*rest);
  if (!report.address) {
    if (auto at = after(*rest, " at ")) report.address = take_hex(*at);
  }
  return true;
}

void ReportReader::on_detail(std::string_view line) {
  if (contains(line, "ABORTING") && contains(line, "==")) {
    standings_.back().complete = true;
    if (standings_.back().rank == Rank::kFatal) standings_.back().rank = Rank::kAborted;
  } else if (contains(line, "freed by thread") || contains(line, "freed by:")) {
    start(Section::kFreed);
  } else if (contains(line, "allocated by thread") || contains(line, "previously allocated") ||
             contains(line, "allocated here:") || contains(line, "Uninitialized value was created")) {
    start(Section::kAllocated);
  } else if (contains(line, "Uninitialized value was stored") || contains(line, "created by") ||
             contains(line, "Previous write of") || contains(line, "Previous read of")) {
    start(Section::kOther);
  }
}

// A cause without a report (the handler was off, the log was cut), or a stack without a header.
void ReportReader::report_without_header() {
  Report report;
  if (!cause_.kind.empty()) {
    report.kind = cause_.kind;
    report.message = std::move(cause_.message);
  } else if (slow_unit_) {
    report.kind = "slow-unit";
    report.sanitizer = "libFuzzer";
  }
  report.frames = std::move(loose_frames_);
  open(std::move(report), Rank::kFatal, true);
}

Reports ReportReader::finish(bool last_line_cut_off) {
  const bool died = std::any_of(standings_.begin(), standings_.end(),
                                [](const Standing& standing) { return standing.rank >= Rank::kFatal; });
  const bool frame_cut_off = last_line_cut_off && last_was_frame_ && is_open_;
  if (frame_cut_off) standings_.back().complete = false;
  if (reports_.empty() || (!died && !cause_.kind.empty())) report_without_header();
  for (std::size_t i = 0; i < reports_.size(); ++i) {
    reports_[i].truncated = !standings_[i].complete;
    if (reports_[i].frames.empty() && !standings_[i].place.file.empty()) {
      reports_[i].frames.push_back(std::move(standings_[i].place));
    }
    refine_kind(reports_[i]);
  }
  const std::size_t primary = choose_primary(reports_, standings_);
  return {std::move(reports_), primary};
}

}  // namespace

Reports read_reports(std::string_view text) {
  LineReader lines(text);
  ReportReader reader;
  std::string_view line;
  while (lines.next(line)) reader.line(line);
  return reader.finish(lines.last_was_cut_off());
}

Report parse_report(std::string_view text) {
  Reports reports = read_reports(text);
  return std::move(reports.all[reports.primary]);
}

}  // namespace fuzzmill::workers
