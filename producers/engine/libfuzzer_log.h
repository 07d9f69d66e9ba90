// libFuzzer's log (its standard error) as it comes: status lines, reports, artifacts, and which belongs to
// which.
//
// The order differs by kind (a timeout writes its artifact before its report, a crash after it, out-of-memory
// between report and summary), so a block of lines is one finding:
//   opened   by the first line of a report, or by an artifact line;
//   complete when it has a summary and an artifact, in whichever order;
//   closed   before that by a status line, by a report of another process, or by the end of the log.
// A slow unit has no report: its artifact line is the whole finding.
//
// The target's own output is mixed in, and hostile: lines and reports are bounded, nothing here is trusted to
// name a file (see findings.h). Not thread safe. Pure: no clock, no files.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "producers/engine/bounded_text.h"
#include "producers/engine/libfuzzer_status.h"

namespace fuzzmill::producers {

struct StatusSeen {
  std::uint64_t executions = 0;
  std::optional<std::uint64_t> coverage;
  std::optional<std::uint64_t> corpus_files;
  std::optional<std::uint64_t> corpus_bytes;
  std::optional<std::uint64_t> exec_per_second;          // its average since its start
  std::optional<std::uint64_t> ooms, timeouts, crashes;  // of fork mode, since its start
  bool new_path = false;  // the line tells of an input that found something new
  bool copied = false;    // from the log of a job that ended: said before, in fuzz-K.log
};

// The seeds are run: from here on it fuzzes. Once a run; in fork mode with the first line of the parent.
struct InitialisedSeen {
  std::uint64_t executions = 0;
};

// The target gives no coverage: libFuzzer says that no input was interesting. Versions to 14 end then.
struct UninstrumentedSeen {};

// A step of -merge=1 as its parent tells it.
struct MergeSeen {
  std::optional<std::uint64_t> files;      // at its start: how many it has to read
  std::optional<std::uint64_t> attempt;    // of reading them; each crash of the target costs one
  std::optional<std::uint64_t> new_files;  // at its end: added to the corpus
};

// A job of -jobs ended. Its whole log comes next in the parent's: reports and artifacts of it are told again
// (they are the same by content), its status lines are marked as copied, and its beginning and end are not
// told.
struct JobEndedSeen {
  std::uint64_t job = 0;
  std::int64_t exit_code = 0;
};

// A report, with its artifact when the log named one.
struct ReportSeen {
  std::string text;                  // with the lines just before it, where an assertion says itself
  std::string artifact;              // path as printed; empty: none
  std::optional<std::uint64_t> pid;  // from ==PID==
  bool truncated = false;            // lines of it were left out
};

// An artifact that has no report in this log.
struct ArtifactSeen {
  std::string path;
};

// The fuzzer says that its work is done.
struct DoneSeen {
  std::uint64_t executions = 0;
};

using LogEvent = std::variant<StatusSeen, ReportSeen, ArtifactSeen, DoneSeen, InitialisedSeen,
                              UninstrumentedSeen, MergeSeen, JobEndedSeen>;

struct LogLimits {
  std::size_t line_bytes = 16 * 1024;    // the rest of a longer line is left out
  std::size_t report_head = 192 * 1024;  // of one report …
  std::size_t report_tail = 64 * 1024;   // … with what is between left out
  std::size_t preface_lines = 8;         // kept from before a report
};

class LibfuzzerLog {
 public:
  explicit LibfuzzerLog(LogLimits limits = {}) : limits_(limits) {}

  // Any piece of the log; appends what it told to `events`.
  void feed(std::string_view chunk, std::vector<LogEvent>& events);
  // The process and its log ended: what is open is closed. Ready for the next run then.
  void finish(std::vector<LogEvent>& events);

  // INITED was seen: before it, the fuzzer only replays its seeds.
  bool initialised() const { return initialised_; }

 private:
  struct Block {
    BoundedText text;
    bool has_report = false;
    bool has_summary = false;
    std::optional<std::uint64_t> pid;
    std::string artifact;
  };

  void take_line(std::string_view line, std::vector<LogEvent>& events);
  bool take_outside(std::string_view line, std::vector<LogEvent>& events);
  void take_status(const StatusLine& status, std::vector<LogEvent>& events);
  void open_block();
  void close_block(std::vector<LogEvent>& events);
  void take_report_line(std::string_view line, std::vector<LogEvent>& events);
  void take_artifact(std::string_view line, std::string_view path, std::vector<LogEvent>& events);
  void remember(std::string_view line);

  LogLimits limits_;
  std::string line_;  // begun and not ended
  std::deque<std::string> preface_;
  std::optional<Block> block_;
  bool initialised_ = false;
  bool copies_ = false;            // a job ended: what follows was said before
  std::uint64_t fork_corpus_ = 0;  // files, as the parent of fork mode told last
};

}  // namespace fuzzmill::producers
