// Evidence of crashes: artifacts and reports come from two sides in any order, and leave as one finding.
//
//   file seen (inotify, scan)  ─┐
//   artifact named by the log  ─┼─→ waits, by path ─→ settle(): content checked, offered to the sink
//   report read from the log   ─┘
//
// A file is taken when its writer is done: when its content is what its name claims (SHA-1), whatever inotify
// said; where the name says nothing of the content, when it was closed or named, or read twice alike. Whether
// it is new is asked of our own memory, by content; the fuzzer's word is never taken. The log is hostile: it
// can name files of the artifact folders only. Memory is bounded: what is over the bound is left where it
// lies and full() says so. Not thread safe. Pure but for the reader and the memory it is given; time is an
// argument.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "producers/engine/libfuzzer_log.h"
#include "producers/evidence/artifact_places.h"
#include "producers/evidence/run_yield.h"
#include "schema/digest.h"
#include "schema/result.h"

namespace fuzzmill::producers {

struct Finding {
  std::string artifact;       // file name; empty: the fuzzer died with a report and wrote none
  std::string kind;           // crash, leak, timeout, oom, slow-unit
  std::optional<int> signal;  // as the file's name has it
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
  const ArtifactPlaces* places = nullptr;  // outlives the Findings; may grow
  std::chrono::milliseconds report_wait{
      10'000};                                 // a file waits so long for its report while the process lives
  std::chrono::milliseconds quiet{1'000};      // between two looks at a file whose writer may not be done
  std::chrono::milliseconds exit_wait{1'000};  // a file with a report waits so long for the exit code
  std::chrono::milliseconds retry{1'000};      // after a sink or a reader that failed
  std::size_t max_reports = 256;               // kept waiting; of more only the artifacts are kept
  std::size_t max_files = 8192;                // kept waiting; of more it is only said that there are more
  std::function<schema::Result<std::string>(const std::filesystem::path&)> read;
  std::function<bool(const std::string& kind, const schema::Sha256& content)> known;
  std::function<void(const std::string&)> warn;  // for the log of people
};

class Findings {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // True: taken, and remembered as known. False: keep it, and offer it again after `retry`.
  using Sink = std::function<bool(const Finding&)>;

  // How we know of a file.
  enum class Sight {
    kScanned,  // it lies there, maybe from earlier days
    kFresh,    // just now its writer closed it, it was moved in, or the log of the running process named it
  };

  explicit Findings(FindingsOptions options) : options_(std::move(options)) {}

  // False: no more may wait now; see take_overflow().
  bool file_seen(const std::filesystem::path& file, Sight sight, Time now);
  void report_seen(ReportSeen report, Time now);
  void artifact_named(const std::string& path, Time now);  // by the log, without a report

  // Offers to the sink what is ready. With `ended`, nothing waits for evidence any longer.
  void settle(Time now, const std::optional<ProcessEnd>& ended, const Sink& sink);

  // When settle() is next worth a call, if anything waits.
  std::optional<Time> next() const;
  std::size_t waiting() const { return waiting_.size(); }
  // Files were left out for the bound since the last call: scan again when fewer wait.
  bool take_overflow() { return std::exchange(overflow_, false); }

  // What the run that just ended yielded; forgets it.
  RunYield take_yield();

 private:
  struct Waiting {
    std::unique_ptr<ReportSeen> report;
    std::optional<schema::Sha256> looked;  // what was in it at the last look
    bool fresh = false;                    // of the running process
    Time due;
  };
  // kRefused: the sink takes nothing now.
  enum class Fate { kGone, kWait, kRefused };
  using Files = std::map<std::filesystem::path, Waiting>;

  Waiting* wait_for(const std::filesystem::path& file);
  Fate settle_one(Files::value_type& entry, const std::optional<ProcessEnd>& ended, Time now,
                  const Sink& sink);
  Fate settle_whole(Files::value_type& entry, const ArtifactFacts& facts, std::string bytes,
                    const std::optional<ProcessEnd>& ended, const Sink& sink);
  bool is_whole(Waiting& waiting, const ArtifactFacts& facts, const std::string& bytes,
                const std::optional<ProcessEnd>& ended, Time now) const;
  Fate without_file(Files::value_type& entry, const std::optional<ProcessEnd>& ended, const Sink& sink,
                    const std::string& why);
  Fate without_input(Files::value_type& entry, const ArtifactFacts& facts, const std::string& why,
                     const Sink& sink);
  Fate offer(Finding finding, bool fresh, const Sink& sink);
  void settle_orphans(const ProcessEnd& ended, const Sink& sink);
  std::size_t reports_kept() const;

  FindingsOptions options_;
  Files waiting_;
  std::optional<Time> refused_until_;
  bool overflow_ = false;
  std::deque<ReportSeen> orphans_;  // reports that named no artifact
  RunYield yield_ = RunYield::kNothing;
};

}  // namespace fuzzmill::producers
