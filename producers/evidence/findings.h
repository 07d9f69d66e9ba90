// Evidence of crashes: artifacts and reports come from two sides in any order, and leave as one finding.
//
//   file seen (inotify, scan)  ─┐
//   artifact named by the log  ─┼─→ waits, by file name ─→ settle(): content checked, offered to the sink
//   once report read from the log   ─┘
//
// A file is taken when its content is what its name claims (SHA-1): then its writer is done, whatever inotify
// said. Whether it is new is asked of our own memory, by content; the fuzzer's word is never taken. The log
// is hostile: it can name files of the artifact folder only. Not thread safe. Pure but for the reader and the
// memory it is given; time is an argument.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "producers/agent/supervise.h"
#include "producers/engine/libfuzzer_log.h"
#include "producers/evidence/artifact.h"
#include "schema/digest.h"
#include "schema/result.h"

namespace fuzzmill::producers {

struct Finding {
  std::string artifact;  // file name; empty: the fuzzer died with a report and wrote none
  std::string kind;      // crash, leak, timeout, oom, slow-unit
  std::optional<std::string> input;
  std::optional<std::string> report;
  std::optional<std::uint64_t> pid;
  schema::Sha256 content{};    // of the input
  bool process_ended = false;  // the process whose finding this is has ended, just now
};

// The process at the log's other end, ended. `died`: by its own doing, with a bad exit.
struct ProcessEnd {
  std::uint64_t pid = 0;
  bool died = false;
};

struct FindingsOptions {
  ArtifactPlace place;
  std::chrono::milliseconds report_wait{
      10'000};                                 // a file waits so long for its report while the process lives
  std::chrono::milliseconds exit_wait{1'000};  // a file with a report waits so long for the exit code
  std::chrono::milliseconds retry{1'000};      // after a sink or a reader that failed
  std::size_t max_reports = 256;               // kept waiting; of more only the artifacts are kept
  std::function<schema::Result<std::string>(const std::filesystem::path&)> read;
  std::function<bool(const std::string& kind, const schema::Sha256& content)> known;
  std::function<void(const std::string&)> warn;  // for the log of people
};

class Findings {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // True: taken, and remembered as known. False: keep it, and offer it again after `retry`.
  using Sink = std::function<bool(const Finding&)>;

  explicit Findings(FindingsOptions options) : options_(std::move(options)) {}

  // A file of the artifact folder, by name; others than artifacts are ignored. `fresh`: written by the
  // running process, not left by an earlier one.
  void file_seen(const std::string& name, bool fresh, Time now);
  void report_seen(ReportSeen report, Time now);
  void artifact_named(const std::string& path, Time now);  // by the log, without a report

  // Offers to the sink what is ready. With `ended`, nothing waits for evidence any longer.
  void settle(Time now, const std::optional<ProcessEnd>& ended, const Sink& sink);

  // When settle() is next worth a call, if anything waits.
  std::optional<Time> next() const;
  std::size_t waiting() const { return waiting_.size(); }

  // What the run that just ended yielded; forgets it.
  RunYield take_yield();

 private:
  struct Waiting {
    std::optional<ReportSeen> report;
    bool fresh = false;
    Time due;
  };
  enum class Fate { kGone, kWait };

  std::optional<std::string> name_of(const std::string& path) const;
  std::filesystem::path path_of(const std::string& name) const;
  Fate settle_one(const std::string& name, Waiting& waiting, const std::optional<ProcessEnd>& ended,
                  const Sink& sink);
  Fate without_file(const std::string& name, Waiting& waiting, const std::optional<ProcessEnd>& ended,
                    const Sink& sink, const std::string& why);
  Fate offer(Finding finding, bool fresh, const Sink& sink);
  void settle_orphans(const ProcessEnd& ended, const Sink& sink);
  std::size_t reports_kept() const;

  FindingsOptions options_;
  std::map<std::string, Waiting> waiting_;
  std::deque<ReportSeen> orphans_;  // reports that named no artifact
  RunYield yield_ = RunYield::kNothing;
};

}  // namespace fuzzmill::producers
