#include "producers/engine/libfuzzer_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "producers/engine/left_scan.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kPrefaceLineBytes = 1024;

bool starts(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}
bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The PID of "==PID==" at the start, and what follows it.
struct Tagged {
  std::uint64_t pid = 0;
  std::string_view rest;
};
std::optional<Tagged> tagged(std::string_view line) {
  if (!starts(line, "==")) return std::nullopt;
  Tagged found;
  const char* const last = line.data() + line.size();
  const auto [end, error] = std::from_chars(line.data() + 2, last, found.pid);
  found.rest = line.substr(static_cast<std::size_t>(end - line.data()));
  if (error != std::errc() || !starts(found.rest, "==")) return std::nullopt;
  found.rest.remove_prefix(2);
  found.rest.remove_prefix(std::min(found.rest.find_first_not_of(' '), found.rest.size()));
  return found;
}

struct ReportStart {
  std::optional<std::uint64_t> pid;
  bool header = true;  // false: an announcement that comes before the header
};

// How reports begin: ASan, LSan and libFuzzer say ERROR after their PID, MSan WARNING; TSan and UBSan have
// none.
std::optional<ReportStart> report_start(std::string_view line) {
  if (const auto tag = tagged(line)) {
    if (starts(tag->rest, "ERROR: ") || starts(tag->rest, "WARNING: MemorySanitizer"))
      return ReportStart{tag->pid};
    return std::nullopt;
  }
  if (starts(line, "WARNING: ThreadSanitizer") || contains(line, ": runtime error: ")) return ReportStart{};
  if (starts(line, "AddressSanitizer: nested bug in the same thread")) return ReportStart{};
  if (starts(line, "ALARM: working on the last Unit")) return ReportStart{{}, false};
  return std::nullopt;
}

std::optional<std::string_view> artifact_path(std::string_view line) {
  constexpr std::string_view kWords = "Test unit written to ";
  const auto at = line.find(kWords);
  if (at == std::string_view::npos) return std::nullopt;
  return line.substr(at + kWords.size());
}

std::optional<std::uint64_t> done_runs(std::string_view line) {
  if (!starts(line, "Done ")) return std::nullopt;
  std::uint64_t runs = 0;
  const auto [end, error] = std::from_chars(line.data() + 5, line.data() + line.size(), runs);
  const auto rest = line.substr(static_cast<std::size_t>(end - line.data()));
  if (error != std::errc() || !starts(rest, " runs in ")) return std::nullopt;
  return runs;
}

// LLVM 14 calls it an error and exits; later ones warn and go on.
bool is_uninstrumented(std::string_view line) {
  return starts(line, "WARNING: no interesting inputs were found") ||
         starts(line, "ERROR: no interesting inputs were found");
}

// "================== Job 3 exited with exit code 77 ============"
std::optional<JobEndedSeen> job_ended(std::string_view line) {
  LeftScan scan(line);
  if (!scan.take("================== Job ")) return std::nullopt;
  const auto job = scan.number();
  if (!job || !scan.take(" exited with exit code ")) return std::nullopt;
  const bool negative = scan.take("-");
  const auto code = scan.number();
  if (!code || *code > 0xffff || !scan.take(" ====")) return std::nullopt;
  const auto value = static_cast<std::int64_t>(*code);
  return JobEndedSeen{*job, negative ? -value : value};
}

std::optional<MergeSeen> merge_step(std::string_view line) {
  LeftScan scan(line);
  if (!scan.take("MERGE-OUTER: ")) return std::nullopt;
  MergeSeen step;
  if (const auto attempt = scan.number_after("attempt ")) {
    step.attempt = attempt;
    return step;
  }
  const auto number = scan.number();
  if (!number) return std::nullopt;
  if (scan.take(" new files with ")) {
    step.new_files = number;
  } else if (scan.take(" files, ")) {
    step.files = number;
  } else {
    return std::nullopt;
  }
  return step;
}

// Lines of libFuzzer's own between a finding and the next; they belong to no report.
bool is_chatter(std::string_view line) {
  constexpr std::array<std::string_view, 5> kStarts{"INFO: ", "stat::", "Base64: ", "MS: ", "Slowest unit: "};
  return std::any_of(kStarts.begin(), kStarts.end(),
                     [&](std::string_view start) { return starts(line, start); });
}

bool is_slow_unit(std::string_view path) {
  const auto slash = path.rfind('/');
  return contains(slash == std::string_view::npos ? path : path.substr(slash), "slow-unit-");
}

}  // namespace

void LibfuzzerLog::feed(std::string_view chunk, std::vector<LogEvent>& events) {
  while (!chunk.empty()) {
    const auto end = chunk.find('\n');
    const auto piece = chunk.substr(0, end);
    line_.append(piece.substr(0, limits_.line_bytes - std::min(line_.size(), limits_.line_bytes)));
    if (end == std::string_view::npos) return;
    take_line(line_, events);
    line_.clear();
    chunk.remove_prefix(end + 1);
  }
}

void LibfuzzerLog::finish(std::vector<LogEvent>& events) {
  if (!line_.empty()) take_line(line_, events);
  line_.clear();
  close_block(events);
  preface_.clear();
  initialised_ = false;
  copies_ = false;
  fork_corpus_ = 0;
}

void LibfuzzerLog::take_line(std::string_view line, std::vector<LogEvent>& events) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (take_outside(line, events)) return;
  if (const auto path = artifact_path(line)) return take_artifact(line, *path, events);
  if (const auto start = report_start(line)) {
    const bool another =
        block_ && ((block_->pid && start->pid && block_->pid != start->pid) || block_->has_summary);
    if (another) close_block(events);
    if (!block_) open_block();
    if (start->pid) block_->pid = start->pid;
    block_->has_report = block_->has_report || start->header;
    return take_report_line(line, events);
  }
  if (block_) return take_report_line(line, events);
  if (is_chatter(line)) {
    preface_.clear();
  } else {
    remember(line);
  }
}

// Lines that stand outside every report: they close the open one.
bool LibfuzzerLog::take_outside(std::string_view line, std::vector<LogEvent>& events) {
  const auto outside = [&](LogEvent event) {
    close_block(events);
    preface_.clear();
    events.push_back(std::move(event));
    return true;
  };
  if (const auto status = parse_status(line)) {
    close_block(events);
    preface_.clear();
    take_status(*status, events);
    return true;
  }
  if (const auto runs = done_runs(line); runs && !copies_) return outside(DoneSeen{*runs});
  if (const auto job = job_ended(line)) {
    copies_ = true;
    return outside(*job);
  }
  if (const auto step = merge_step(line)) return outside(*step);
  if (is_uninstrumented(line)) return outside(UninstrumentedSeen{});
  return false;
}

void LibfuzzerLog::take_status(const StatusLine& status, std::vector<LogEvent>& events) {
  StatusSeen seen{status.executions,   status.coverage,        status.corpus_files,
                  status.corpus_bytes, status.exec_per_second, status.ooms,
                  status.timeouts,     status.crashes,         status.event == "NEW"};
  const bool fork = status.event == "fork";
  if (fork) {  // its parent has no line for a new input, but counts its corpus
    const auto files = status.corpus_files.value_or(0);
    seen.new_path = initialised_ && files > fork_corpus_;
    fork_corpus_ = files;
  }
  seen.copied = copies_;
  events.emplace_back(seen);
  if (copies_) return;
  if (initialised_ || (status.event != "INITED" && !fork)) return;
  initialised_ = true;
  events.emplace_back(InitialisedSeen{status.executions});
}

void LibfuzzerLog::open_block() {
  block_.emplace(Block{BoundedText(limits_.report_head, limits_.report_tail), false, false, {}, {}});
  for (const auto& line : preface_) block_->text.add_line(line);
  preface_.clear();
}

void LibfuzzerLog::take_report_line(std::string_view line, std::vector<LogEvent>& events) {
  block_->text.add_line(line);
  if (!starts(line, "SUMMARY: ")) return;
  block_->has_summary = true;
  if (!block_->artifact.empty()) close_block(events);
}

void LibfuzzerLog::take_artifact(std::string_view line, std::string_view path,
                                 std::vector<LogEvent>& events) {
  if (is_slow_unit(path)) {  // the fuzzer goes on: whatever is open has nothing to do with it
    events.emplace_back(ArtifactSeen{std::string(path)});
    return;
  }
  if (block_ && !block_->artifact.empty()) close_block(events);
  if (!block_) open_block();
  block_->text.add_line(line);
  block_->artifact = path;
  if (block_->has_summary) close_block(events);
}

void LibfuzzerLog::close_block(std::vector<LogEvent>& events) {
  if (!block_) return;
  Block block = std::move(*block_);
  block_.reset();
  if (block.has_report) {
    events.emplace_back(
        ReportSeen{block.text.text(), std::move(block.artifact), block.pid, block.text.truncated()});
  } else if (!block.artifact.empty()) {
    events.emplace_back(ArtifactSeen{std::move(block.artifact)});
  }
}

void LibfuzzerLog::remember(std::string_view line) {
  if (line.empty() && preface_.empty()) return;
  preface_.emplace_back(line.substr(0, kPrefaceLineBytes));
  if (preface_.size() > limits_.preface_lines) preface_.pop_front();
}

}  // namespace fuzzmill::producers
