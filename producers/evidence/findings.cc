#include "producers/evidence/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxOrphans = 16;

bool belongs_to(const ReportSeen& report, const ProcessEnd& ended) {
  return !report.pid || *report.pid == ended.pid;
}

}  // namespace

// Nothing when no more may wait: the file stays where it is, and will be found by a scan.
Findings::Waiting* Findings::wait_for(const std::filesystem::path& file) {
  if (const auto found = waiting_.find(file); found != waiting_.end()) return &found->second;
  if (waiting_.size() >= options_.max_files) {
    overflow_ = true;
    return nullptr;
  }
  return &waiting_[file];
}

bool Findings::file_seen(const std::filesystem::path& file, Sight sight, Time now) {
  const auto facts = options_.places->facts(file);
  if (!facts) return true;
  auto* waiting = wait_for(file);
  if (waiting == nullptr) return false;
  const bool first = waiting->due == Time{};
  if (sight != Sight::kScanned) waiting->fresh = true;
  if (sight == Sight::kScanned || !facts->logged) {
    if (first || sight != Sight::kScanned) waiting->due = now;
  } else if (first) {
    waiting->due = now + options_.report_wait;
  }
  return true;
}

void Findings::report_seen(ReportSeen report, Time now) {
  const auto file = report.artifact.empty() ? std::nullopt : options_.places->locate(report.artifact);
  auto* waiting = file ? wait_for(*file) : nullptr;
  if (waiting == nullptr) {
    orphans_.push_back(std::move(report));
    if (orphans_.size() > kMaxOrphans) orphans_.pop_front();
    return;
  }
  waiting->fresh = true;
  waiting->due = now + options_.exit_wait;
  if (reports_kept() < options_.max_reports) {
    waiting->report = std::make_unique<ReportSeen>(std::move(report));
  } else {
    options_.warn(fmt::format("{}: {} reports wait already, this one is left out", file->filename().string(),
                              options_.max_reports));
  }
}

void Findings::artifact_named(const std::string& path, Time now) {
  if (const auto file = options_.places->locate(path)) file_seen(*file, Sight::kFresh, now);
}

std::size_t Findings::reports_kept() const {
  return static_cast<std::size_t>(std::count_if(
      waiting_.begin(), waiting_.end(), [](const auto& entry) { return entry.second.report != nullptr; }));
}

// A sink that refuses one refuses all: the rest is not read for nothing.
void Findings::settle(Time now, const std::optional<ProcessEnd>& ended, const Sink& sink) {
  if (ended) settle_orphans(*ended, sink);
  if (refused_until_ && now < *refused_until_ && !ended) return;
  refused_until_.reset();
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const bool ready = !refused_until_ && (ended || at->second.due <= now);
    const Fate fate = ready ? settle_one(*at, ended, now, sink) : Fate::kWait;
    if (fate == Fate::kGone) {
      at = waiting_.erase(at);
      continue;
    }
    if (fate == Fate::kRefused) refused_until_ = now + options_.retry;
    if (ready && at->second.due <= now) at->second.due = now + options_.retry;
    ++at;
  }
}

Findings::Fate Findings::settle_one(Files::value_type& entry, const std::optional<ProcessEnd>& ended,
                                    Time now, const Sink& sink) {
  auto& [file, waiting] = entry;
  const auto facts = options_.places->facts(file);
  if (!facts) return Fate::kGone;
  auto bytes = options_.read(file);
  if (!bytes) {
    if (bytes.error().code == schema::ErrorCode::kUnavailable && !ended) return Fate::kWait;
    if (bytes.error().code == schema::ErrorCode::kTooLarge && !waiting.report) {
      return without_input(entry, *facts, bytes.error().message, sink);
    }
    return without_file(entry, ended, sink, bytes.error().message);
  }
  if (is_whole(waiting, *facts, *bytes, ended, now)) {
    return settle_whole(entry, *facts, std::move(*bytes), ended, sink);
  }
  if ((facts->sha1.empty() || waiting.fresh) && !ended) return Fate::kWait;
  return without_file(entry, ended, sink,
                      file.filename().string() + ": its content is not what its name says; left alone");
}

// Of a name that says nothing: a log names a file, and a watch tells of one, when it is written; of one that
// was found lying there two looks at the same bytes must do; a process that ended writes no more.
bool Findings::is_whole(Waiting& waiting, const ArtifactFacts& facts, const std::string& bytes,
                        const std::optional<ProcessEnd>& ended, Time now) const {
  if (!facts.sha1.empty()) return sha1_hex(bytes) == facts.sha1;
  if (waiting.fresh || ended) return true;
  const auto content = schema::sha256(bytes);
  if (waiting.looked == content) return true;
  waiting.looked = content;
  waiting.due = now + options_.quiet;
  return false;
}

Findings::Fate Findings::settle_whole(Files::value_type& entry, const ArtifactFacts& facts, std::string bytes,
                                      const std::optional<ProcessEnd>& ended, const Sink& sink) {
  auto& [file, waiting] = entry;
  Finding finding;
  finding.artifact = file.filename().string();
  finding.kind = facts.kind;
  finding.signal = facts.signal;
  finding.content = schema::sha256(bytes);
  finding.input = std::move(bytes);
  if (waiting.report) finding.report = waiting.report->text, finding.pid = waiting.report->pid;
  finding.process_ended = ended && waiting.fresh && (!waiting.report || belongs_to(*waiting.report, *ended));
  return offer(std::move(finding), waiting.fresh, sink);
}

// The report is evidence by itself; a bad file alone is none.
Findings::Fate Findings::without_file(Files::value_type& entry, const std::optional<ProcessEnd>& ended,
                                      const Sink& sink, const std::string& why) {
  auto& [file, waiting] = entry;
  if (waiting.fresh && !ended && !waiting.report) return Fate::kWait;  // named before it was there
  options_.warn(why);
  if (!waiting.report) return Fate::kGone;
  Finding finding;
  const auto facts = options_.places->facts(file);
  finding.artifact = file.filename().string();
  finding.kind = facts ? facts->kind : "crash";
  finding.report = waiting.report->text;
  finding.pid = waiting.report->pid;
  finding.content = schema::sha256(finding.artifact);
  finding.process_ended = ended && belongs_to(*waiting.report, *ended);
  return offer(std::move(finding), waiting.fresh, sink);
}

// More than one event can carry, and nothing but its name to tell it by: that it is there is said all the
// same.
Findings::Fate Findings::without_input(Files::value_type& entry, const ArtifactFacts& facts,
                                       const std::string& why, const Sink& sink) {
  auto& [file, waiting] = entry;
  Finding finding;
  finding.artifact = file.filename().string();
  finding.kind = facts.kind;
  finding.signal = facts.signal;
  finding.content = schema::sha256(finding.artifact + " " + why);
  return offer(std::move(finding), waiting.fresh, sink);
}

Findings::Fate Findings::offer(Finding finding, bool fresh, const Sink& sink) {
  if (options_.known(finding.kind, finding.content)) {
    if (fresh && yield_ == RunYield::kNothing) yield_ = RunYield::kKnownArtifact;
    return Fate::kGone;
  }
  if (fresh) yield_ = RunYield::kNewArtifact;
  return sink(finding) ? Fate::kGone : Fate::kRefused;
}

// One file without a report and one report without a file, of one process: they are one.
void Findings::settle_orphans(const ProcessEnd& ended, const Sink& sink) {
  std::deque<ReportSeen> reports = std::exchange(orphans_, {});
  std::erase_if(reports, [&](const ReportSeen& report) { return !belongs_to(report, ended); });
  if (reports.empty()) return;
  std::vector<Waiting*> bare;
  for (auto& [file, waiting] : waiting_) {
    const auto facts = options_.places->facts(file);
    if (facts && facts->logged && waiting.fresh && !waiting.report) bare.push_back(&waiting);
  }
  if (bare.size() == 1) {
    bare.front()->report = std::make_unique<ReportSeen>(std::move(reports.back()));
    return;
  }
  if (!ended.died || !bare.empty()) return;
  Finding finding;
  finding.kind = "crash";
  finding.report = reports.back().text;
  finding.pid = reports.back().pid;
  finding.content = schema::sha256(*finding.report);
  finding.process_ended = true;
  if (!sink(finding)) orphans_.push_back(std::move(reports.back()));
}

std::optional<Findings::Time> Findings::next() const {
  std::optional<Time> soonest;
  for (const auto& [file, waiting] : waiting_) {
    if (!soonest || waiting.due < *soonest) soonest = waiting.due;
  }
  if (soonest && refused_until_) return std::max(*soonest, *refused_until_);
  return soonest;
}

RunYield Findings::take_yield() { return std::exchange(yield_, RunYield::kNothing); }

}  // namespace fuzzmill::producers
