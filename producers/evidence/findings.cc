#include "producers/evidence/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxOrphans = 16;
constexpr std::size_t kMaxName = 255;  // NAME_MAX: a longer name is no file's

bool belongs_to(const ReportSeen& report, const ProcessEnd& ended) {
  return !report.pid || *report.pid == ended.pid;
}

bool expects_report(const std::string& name) { return name.find("slow-unit-") == std::string::npos; }

}  // namespace

// The log prints paths; only a file of the artifact folder, or the exact path of the command line, is meant.
std::optional<std::string> Findings::name_of(const std::string& path) const {
  auto name = path.substr(path.rfind('/') + 1);
  if (name.size() > kMaxName || name.find('\0') != std::string::npos) return std::nullopt;
  if (options_.place.exact && name == options_.place.exact->filename()) return name;
  if (!parse_artifact_name(name, options_.place.name_prefix)) return std::nullopt;
  return name;
}

std::filesystem::path Findings::path_of(const std::string& name) const {
  return options_.place.folder / name;
}

void Findings::file_seen(const std::string& name, bool fresh, Time now) {
  if (!name_of(name)) return;
  auto& waiting = waiting_[name];
  const bool first = waiting.due == Time{};
  waiting.fresh = waiting.fresh || fresh;
  if (!fresh || !expects_report(name)) {
    waiting.due = now;
  } else if (first) {
    waiting.due = now + options_.report_wait;
  }
}

void Findings::report_seen(ReportSeen report, Time now) {
  const auto name = report.artifact.empty() ? std::nullopt : name_of(report.artifact);
  if (!name) {
    orphans_.push_back(std::move(report));
    if (orphans_.size() > kMaxOrphans) orphans_.pop_front();
    return;
  }
  auto& waiting = waiting_[*name];
  waiting.fresh = true;
  waiting.due = now + options_.exit_wait;
  if (reports_kept() < options_.max_reports) {
    waiting.report = std::move(report);
  } else {
    options_.warn(
        fmt::format("{}: {} reports wait already, this one is left out", *name, options_.max_reports));
  }
}

void Findings::artifact_named(const std::string& path, Time now) {
  if (const auto name = name_of(path)) file_seen(*name, true, now);
}

std::size_t Findings::reports_kept() const {
  return static_cast<std::size_t>(std::count_if(
      waiting_.begin(), waiting_.end(), [](const auto& entry) { return entry.second.report.has_value(); }));
}

void Findings::settle(Time now, const std::optional<ProcessEnd>& ended, const Sink& sink) {
  if (ended) settle_orphans(*ended, sink);
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    auto& [name, waiting] = *at;
    const bool ready = ended || waiting.due <= now;
    if (ready && settle_one(name, waiting, ended, sink) == Fate::kGone) {
      at = waiting_.erase(at);
      continue;
    }
    if (ready) waiting.due = now + options_.retry;
    ++at;
  }
}

Findings::Fate Findings::settle_one(const std::string& name, Waiting& waiting,
                                    const std::optional<ProcessEnd>& ended, const Sink& sink) {
  const auto parsed = parse_artifact_name(name, options_.place.name_prefix);
  auto bytes = options_.read(path_of(name));
  if (!bytes) {
    if (bytes.error().code == schema::ErrorCode::kUnavailable && !ended) return Fate::kWait;
    return without_file(name, waiting, ended, sink, bytes.error().message);
  }
  if (parsed && sha1_hex(*bytes) != parsed->sha1) {  // not written to its end, or not what it says it is
    if (waiting.fresh && !ended) return Fate::kWait;
    return without_file(name, waiting, ended, sink,
                        name + ": its content is not what its name says; left alone");
  }
  Finding finding;
  finding.artifact = name;
  finding.kind = parsed ? parsed->kind : "crash";
  finding.content = schema::sha256(*bytes);
  finding.input = std::move(*bytes);
  if (waiting.report) finding.report = waiting.report->text, finding.pid = waiting.report->pid;
  finding.process_ended = ended && waiting.fresh && (!waiting.report || belongs_to(*waiting.report, *ended));
  return offer(std::move(finding), waiting.fresh, sink);
}

// The report is evidence by itself; a bad file alone is none.
Findings::Fate Findings::without_file(const std::string& name, Waiting& waiting,
                                      const std::optional<ProcessEnd>& ended, const Sink& sink,
                                      const std::string& why) {
  if (waiting.fresh && !ended && !waiting.report) return Fate::kWait;  // named before it was there
  options_.warn(why);
  if (!waiting.report) return Fate::kGone;
  Finding finding;
  const auto parsed = parse_artifact_name(name, options_.place.name_prefix);
  finding.artifact = name;
  finding.kind = parsed ? parsed->kind : "crash";
  finding.report = waiting.report->text;
  finding.pid = waiting.report->pid;
  finding.content = schema::sha256(name);
  finding.process_ended = ended && belongs_to(*waiting.report, *ended);
  return offer(std::move(finding), waiting.fresh, sink);
}

Findings::Fate Findings::offer(Finding finding, bool fresh, const Sink& sink) {
  if (options_.known(finding.kind, finding.content)) {
    if (fresh && yield_ == RunYield::kNothing) yield_ = RunYield::kKnownArtifact;
    return Fate::kGone;
  }
  if (fresh) yield_ = RunYield::kNewArtifact;
  return sink(finding) ? Fate::kGone : Fate::kWait;
}

// One file without a report and one report without a file, of one process: they are one.
void Findings::settle_orphans(const ProcessEnd& ended, const Sink& sink) {
  std::deque<ReportSeen> reports = std::exchange(orphans_, {});
  std::erase_if(reports, [&](const ReportSeen& report) { return !belongs_to(report, ended); });
  if (reports.empty()) return;
  std::vector<Waiting*> bare;
  for (auto& [name, waiting] : waiting_) {
    if (waiting.fresh && !waiting.report && expects_report(name)) bare.push_back(&waiting);
  }
  if (bare.size() == 1) {
    bare.front()->report = std::move(reports.back());
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
  for (const auto& [name, waiting] : waiting_) {
    if (!soonest || waiting.due < *soonest) soonest = waiting.due;
  }
  return soonest;
}

RunYield Findings::take_yield() { return std::exchange(yield_, RunYield::kNothing); }

}  // namespace fuzzmill::producers
