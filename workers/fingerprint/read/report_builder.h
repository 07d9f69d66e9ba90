// Puts reports together from what the readers of single formats find, line by line: the open report and the
// section of it that frames belong to, a cause that waits for its signal, a stack without a header. Keeps
// the bounds of report.h, whatever it is fed. One object for one text, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "workers/fingerprint/read/cause_line.h"
#include "workers/fingerprint/read/frame_line.h"
#include "workers/fingerprint/read/own_place.h"
#include "workers/fingerprint/read/primary.h"
#include "workers/fingerprint/read/report.h"

namespace fuzzmill::workers {

struct Reports {
  std::vector<Report> all;  // in the order of the text; never empty
  std::size_t primary = 0;  // the one that the text is about: what the process died of
};

// Which stack of a report the frames that follow belong to.
enum class Section : std::uint8_t {
  kFault,
  kFreed,
  kAllocated,
  kOtherSide,
  kObject,   // the function that holds the object
  kIgnored,  // thread creation and what else is not kept
};

class ReportBuilder {
 public:
  // Where the line that is read next stands in the text.
  void set_line(std::size_t begin, std::size_t end) {
    line_begin_ = begin;
    line_end_ = end;
    last_was_frame_ = is_frame_;
    is_frame_ = false;
  }

  // The report that is open; nullptr before the first, and after as many as are kept.
  Report* current() { return is_open_ ? &reports_.back() : nullptr; }
  Standing& standing() { return standings_.back(); }  // REQUIRES current()
  Section section() const { return section_; }

  std::size_t line_begin() const { return line_begin_; }
  std::size_t report_count() const { return reports_.size(); }

  // Opens a report at this line; one whose text_end is set keeps its text_begin. False when there are too
  // many: then nothing is open.
  bool open(Report report, Rank rank, bool complete);
  void start(Section section);
  void extend();  // the line belongs to the open report

  // The text, cleaned and cut, for as long as a report lives: only for what a report keeps.
  std::string_view keep(std::string_view text, std::size_t max = kMaxFrameText);
  Frame keep(Frame frame);

  // A frame of the open section. Numbered ones begin a new, ignored stack where the number falls back;
  // without an open report they wait for a header or a summary below them.
  void add_frame(const Frame& frame);
  void add_numbered_frame(const FrameLine& frame);
  void add_plain_frame(const Frame& frame);  // one without a number: follows the one on the line before
  // The frame that was added last, for readers that find its place on the next line; nullptr when it was not
  // kept.
  Frame* last_frame();
  void place_last_frame(std::string_view place);
  bool wants_frames() const;  // false: the next frame of this section would not be kept

  // Why the program is about to die. It waits for the signal that explains it; a report that is opened for
  // one takes it (take_cause), any other forgets it.
  void set_cause(Cause cause, std::string_view language = {});
  Cause& cause() { return cause_; }  // kind is empty when none waits
  bool take_cause(Report& report);

  // A death that a report before it explains: an abort after an uncaught exception. The report goes on and
  // the signal's own stack is not kept. False when no report explains it.
  bool absorb(const Report& death);

  void note_slow_unit() { slow_unit_ = true; }
  // Of the report that the line belongs to: the one it opens, the one it extends, or the next.
  void mark(schema::Mark mark) { marks_.add(mark); }

  // Frames without a header over them, given to the report that a summary below them makes.
  std::vector<Frame> take_loose_frames();
  bool has_reports() const { return !reports_.empty(); }

  Reports finish(bool last_line_cut_off);

 private:
  std::vector<Frame>* frames_of_section();
  void forget_loose_frames();
  bool only_frame_is(const Frame& frame) const;
  void report_without_header();

  std::shared_ptr<TextPool> texts_ = std::make_shared<TextPool>();
  std::vector<Report> reports_;
  std::vector<Standing> standings_;  // one for each report
  bool is_open_ = false;
  Section section_ = Section::kIgnored;
  std::int64_t last_index_ = -1;
  bool last_was_kept_ = false;   // the frame that was added last
  bool is_frame_ = false;        // this line
  bool last_was_frame_ = false;  // the line before
  Cause cause_;                  // not yet explained by a signal
  std::string_view cause_language_;
  OwnPlace cause_place_;
  OwnPlace opening_place_;  // of a cause that a report is about to be opened for
  std::size_t cause_begin_ = 0;
  std::vector<Frame> loose_frames_;
  TextPool loose_texts_;  // of those, gone when they are thrown away
  bool slow_unit_ = false;
  schema::Marks marks_;        // of no report yet
  schema::Marks cause_marks_;  // told with the cause that waits
  std::size_t line_begin_ = 0;
  std::size_t line_end_ = 0;
};

}  // namespace fuzzmill::workers
