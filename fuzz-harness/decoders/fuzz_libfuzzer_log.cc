// Fuzzes the reader of libFuzzer's log, into which a target writes whatever it likes: what it tells is
// bounded, and does not depend on how the log is cut into pieces. The first byte is the length of a piece.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz-harness/decoders/require.h"
#include "producers/engine/libfuzzer_log.h"

namespace {

using namespace fuzzmill::producers;
using fuzzmill::fuzz::require;

// Small, so that small inputs reach them.
constexpr LogLimits kLimits{128, 512, 256, 3};
constexpr std::size_t kMark = 64;  // "[... N bytes left out ...]"

struct Show {
  std::string operator()(const StatusSeen& s) const {
    const auto text = [](const auto& number) { return number ? std::to_string(*number) : std::string("-"); };
    return "status " + std::to_string(s.executions) + " " + text(s.coverage) + " " + text(s.corpus_files) +
           " " + text(s.corpus_bytes) + " " + text(s.exec_per_second) + " " + text(s.ooms) + " " +
           text(s.timeouts) + " " + text(s.crashes) + (s.new_path ? " new" : "");
  }
  std::string operator()(const ReportSeen& r) const {
    require(!r.text.empty(), "a report has a text");
    require(r.text.size() <= kLimits.report_head + kLimits.report_tail + kMark, "a report is bounded");
    require(r.artifact.size() <= kLimits.line_bytes, "an artifact's name is bounded");
    return "report " + r.artifact + " " + (r.pid ? std::to_string(*r.pid) : "-") +
           (r.truncated ? " cut " : " ") + r.text;
  }
  std::string operator()(const ArtifactSeen& a) const {
    require(a.path.size() <= kLimits.line_bytes, "an artifact's name is bounded");
    return "artifact " + a.path;
  }
  std::string operator()(const DoneSeen& d) const { return "done " + std::to_string(d.executions); }
  std::string operator()(const InitialisedSeen& i) const { return "begun " + std::to_string(i.executions); }
  std::string operator()(const UninstrumentedSeen&) const { return "uninstrumented"; }
  std::string operator()(const MergeSeen& m) const {
    return "merge " + std::to_string(m.files.value_or(0)) + " " + std::to_string(m.attempt.value_or(0)) +
           " " + std::to_string(m.new_files.value_or(0));
  }
  std::string operator()(const JobEndedSeen& j) const {
    require(j.exit_code >= -0xffff && j.exit_code <= 0xffff, "an exit code is bounded");
    return "job " + std::to_string(j.job) + " " + std::to_string(j.exit_code);
  }
};

std::vector<std::string> read(std::string_view log, std::size_t piece) {
  LibfuzzerLog reader(kLimits);
  std::vector<LogEvent> events;
  for (; !log.empty(); log.remove_prefix(std::min(piece, log.size())))
    reader.feed(log.substr(0, piece), events);
  reader.finish(events);
  const std::size_t told = events.size();
  reader.finish(events);
  require(events.size() == told, "a log that ended tells nothing more");
  std::vector<std::string> shown;
  for (const auto& event : events) shown.push_back(std::visit(Show{}, event));
  return shown;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto log = fuzzmill::fuzz::text_of(data + 1, size - 1);
  require(read(log, log.size() + 1) == read(log, data[0] + std::size_t{1}),
          "the pieces of a log do not matter");
  return 0;
}
