#include "workers/fingerprint/read/report_builder.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "workers/fingerprint/read/place.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kUsualFrames = 24;  // in a stack: room that is made at once

// Programs that crash on purpose write to one of these; the cause is in the line before.
constexpr std::uint64_t kDeliberateAddresses[] = {0xbbadbeef, 0xfbadbeef, 0x1f75b7dd, 0x977537dd, 0x9f7537dd};

// Kinds that say how a process ended but not why: a cause printed before explains them.
constexpr std::string_view kEndings[] = {"abort", "deadly-signal", "trap", "illegal-instruction",
                                         "breakpoint"};

bool takes_cause(const Report& report) {
  if (std::find(std::begin(kEndings), std::end(kEndings), report.kind) != std::end(kEndings)) return true;
  return report.address && std::find(std::begin(kDeliberateAddresses), std::end(kDeliberateAddresses),
                                     *report.address) != std::end(kDeliberateAddresses);
}

// The place of the report's own line stands in for a stack that was not printed, and for the line of a
// first frame that has none.
void use_place(Frame& place, Report& report) {
  if (report.frames.empty() && !(place.file.empty() && place.function.empty())) {
    report.frames.push_back(std::move(place));
  } else if (!report.frames.empty() && report.frames[0].line == 0 && !place.file.empty() &&
             report.frames[0].file == place.file) {
    report.frames[0].line = place.line;
    report.frames[0].column = place.column;
  }
}

void give(schema::Marks& from, schema::Marks& to) {
  if (from.empty()) return;
  for (const schema::MarkRow& row : schema::marks()) {
    if (from.has(row.mark)) to.add(row.mark);
  }
  from = {};
}

std::string_view keep_in(TextPool& pool, std::string_view text, std::size_t max = kMaxFrameText) {
  return is_plain(text) && text.size() <= max ? pool.keep(text) : pool.keep(clean(text, max));
}

Frame keep_in(TextPool& pool, Frame frame) {
  constexpr std::size_t kMaxBuildId = 128;
  frame.function = keep_in(pool, frame.function);
  frame.file = keep_in(pool, frame.file);
  frame.module = keep_in(pool, frame.module);
  frame.build_id = keep_in(pool, frame.build_id, kMaxBuildId);
  return frame;
}

}  // namespace

bool ReportBuilder::open(Report report, Rank rank, bool complete) {
  is_open_ = reports_.size() < kMaxReports;
  if (!is_open_) return false;
  report.text_begin = report.text_end == 0 ? line_begin_ : report.text_begin;
  report.text_end = line_end_;
  report.texts = texts_;
  reports_.push_back(std::move(report));
  standings_.push_back({});
  standings_.back().rank = rank;
  standings_.back().complete = complete;
  standings_.back().place = keep(opening_place_.frame());
  opening_place_ = {};
  cause_ = {}, cause_place_ = {};
  give(cause_marks_, reports_.back().marks);
  give(marks_, reports_.back().marks);
  start(Section::kFault);
  return true;
}

void ReportBuilder::start(Section section) {
  section_ = section;
  last_index_ = -1;
  last_was_kept_ = false;
}

void ReportBuilder::extend() {
  if (!is_open_) return;
  reports_.back().text_end = line_end_;
  give(marks_, reports_.back().marks);
}

std::vector<Frame>* ReportBuilder::frames_of_section() {
  if (!is_open_) return section_ == Section::kFault ? &loose_frames_ : nullptr;
  Report& report = reports_.back();
  switch (section_) {
    case Section::kFault:
      return &report.frames;
    case Section::kFreed:
      return &report.freed_by;
    case Section::kAllocated:
      return &report.allocated_by;
    case Section::kOtherSide:
      return &report.other_side;
    case Section::kObject:
    case Section::kIgnored:
      break;
  }
  return nullptr;
}

bool ReportBuilder::wants_frames() const {
  if (!is_open_) return loose_frames_.size() < kMaxKeptFrames;
  const std::size_t count = reports_.back().frames.size();
  if (section_ == Section::kFault) return count < kMaxKeptFrames;
  // A stack of one frame may be printed once more, whole.
  return section_ != Section::kIgnored || count == 1;
}

std::string_view ReportBuilder::keep(std::string_view text, std::size_t max) {
  return keep_in(*texts_, text, max);
}

Frame ReportBuilder::keep(Frame frame) { return keep_in(*texts_, frame); }

void ReportBuilder::add_frame(const Frame& frame) {
  is_frame_ = true;
  last_was_kept_ = false;
  extend();
  if (section_ == Section::kObject && is_open_) {
    Object& object = reports_.back().object;
    object.function = clean(frame.function, kMaxFrameText);
    object.file = clean(frame.file, kMaxFrameText);
    object.line = frame.line;
    section_ = Section::kIgnored;
    return;
  }
  std::vector<Frame>* frames = frames_of_section();
  const std::size_t most = section_ == Section::kFault ? kMaxKeptFrames : kMaxEvidenceFrames;
  if (frames == nullptr || frames->size() >= most) return;
  if (frames->capacity() == 0) frames->reserve(kUsualFrames);
  frames->push_back(keep_in(is_open_ ? *texts_ : loose_texts_, frame));
  last_was_kept_ = true;
}

void ReportBuilder::add_plain_frame(const Frame& frame) {
  FrameLine line;
  line.index = last_was_frame_ ? static_cast<std::uint32_t>(last_index_ + 1) : 0;
  line.frame = frame;
  add_numbered_frame(line);
}

void ReportBuilder::add_numbered_frame(const FrameLine& frame) {
  // A number that falls back begins another stack, unless no line stands between: symbolizers that
  // rewrite a log leave odd numbers inside a stack.
  if (!last_was_frame_ && static_cast<std::int64_t>(frame.index) <= last_index_) start(Section::kIgnored);
  last_index_ = frame.index;
  if (!is_open_ && loose_frames_.empty()) section_ = Section::kFault;
  if (is_open_ && frame.index == 0 && only_frame_is(frame.frame)) {
    section_ = Section::kFault;
    is_frame_ = last_was_kept_ = true;
    return extend();
  }
  add_frame(frame.frame);
}

// A debugger prints frame 0 when it stops and again with the whole stack.
bool ReportBuilder::only_frame_is(const Frame& frame) const {
  const std::vector<Frame>& frames = reports_.back().frames;
  return frames.size() == 1 && frames[0].line == frame.line && frames[0].offset == frame.offset &&
         frames[0].function == clean(frame.function, kMaxFrameText) &&
         frames[0].file == clean(frame.file, kMaxFrameText);
}

Frame* ReportBuilder::last_frame() {
  std::vector<Frame>* frames = last_was_kept_ ? frames_of_section() : nullptr;
  return frames == nullptr || frames->empty() ? nullptr : &frames->back();
}

void ReportBuilder::place_last_frame(std::string_view place) {
  Frame* frame = last_frame();
  if (frame == nullptr || !frame->file.empty()) return;
  set_place(place, *frame);
  frame->file = keep_in(is_open_ ? *texts_ : loose_texts_, frame->file);
}

void ReportBuilder::set_cause(Cause cause, std::string_view language) {
  cause_ = std::move(cause);
  cause_place_ = OwnPlace(cause_.place);
  cause_.place = {};
  cause_language_ = language;
  cause_begin_ = line_begin_;
  give(marks_, cause_marks_);
  if (!is_open_) forget_loose_frames();  // the stack of a cause stands below it
}

bool ReportBuilder::take_cause(Report& report) {
  if (cause_.kind.empty() || !takes_cause(report)) return false;
  report.kind = cause_.kind;
  report.message = std::move(cause_.message);
  report.language = cause_language_;
  report.text_begin = cause_begin_;
  report.text_end = line_end_;
  opening_place_ = std::exchange(cause_place_, {});
  cause_ = {};
  return true;
}

bool ReportBuilder::absorb(const Report& death) {
  if (!is_open_ || !standings_.back().uncaught) return false;
  if (!takes_cause(death) && death.kind != "unexpected-exit") return false;
  Report& report = reports_.back();
  if (report.sanitizer.empty()) report.sanitizer = death.sanitizer;
  if (report.signal.empty()) report.signal = death.signal;
  standings_.back().rank = std::max(standings_.back().rank, Rank::kFatal);
  extend();
  start(report.frames.empty() ? Section::kFault : Section::kIgnored);
  return true;
}

std::vector<Frame> ReportBuilder::take_loose_frames() {
  for (Frame& frame : loose_frames_) frame = keep(frame);
  loose_texts_ = TextPool();
  return std::exchange(loose_frames_, {});
}

void ReportBuilder::forget_loose_frames() {
  if (loose_frames_.empty()) return;
  loose_frames_.clear();
  loose_texts_ = TextPool();
}

// A cause without a report (the handler was off, the log was cut), or a stack without a header.
void ReportBuilder::report_without_header() {
  Report report;
  if (!cause_.kind.empty()) {
    report.kind = cause_.kind;
    report.message = std::move(cause_.message);
    report.language = cause_language_;
    report.text_begin = cause_begin_;
    report.text_end = line_end_;
    opening_place_ = std::exchange(cause_place_, {});
  } else if (slow_unit_) {
    report.kind = "slow-unit";
    report.sanitizer = "libFuzzer";
  }
  report.frames = take_loose_frames();
  open(std::move(report), Rank::kFatal, true);
}

Reports ReportBuilder::finish(bool last_line_cut_off) {
  const bool died = std::any_of(standings_.begin(), standings_.end(), [](const Standing& standing) {
    return standing.rank >= Rank::kFatal || standing.uncaught;
  });
  if (last_line_cut_off && is_frame_ && is_open_) standings_.back().complete = false;
  if (reports_.empty() || (!died && !cause_.kind.empty())) report_without_header();
  for (std::size_t i = 0; i < reports_.size(); ++i) {
    reports_[i].truncated = !standings_[i].complete;
    use_place(standings_[i].place, reports_[i]);
    refine_kind(reports_[i]);
  }
  give(cause_marks_, reports_.back().marks);
  give(marks_, reports_.back().marks);
  const std::size_t primary = choose_primary(reports_, standings_);
  return {std::move(reports_), primary};
}

}  // namespace fuzzmill::workers
