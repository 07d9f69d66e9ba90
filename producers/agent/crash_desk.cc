#include "producers/agent/crash_desk.h"

#include <fmt/format.h>

#include <utility>

#include "schema/limits.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxOrdered = 32;  // replays asked for at once; the others wait on disk
constexpr std::chrono::seconds kRetry{1};

std::string key_of(const std::string& target, const std::string& kind, const schema::Sha256& content) {
  return fmt::format("crash/{}/{}/{}", target, kind, schema::hex(content));
}

void take_exit(schema::CrashFound& body, const runtime::ExitStatus& status) {
  if (status.code) body.exit_code = *status.code;
  if (status.signal) body.signal = *status.signal;
}

}  // namespace

struct CrashDesk::Mailbox {
  std::mutex mutex;
  std::deque<Letter> letters;
  std::function<void()> wake;  // none: nobody is there any more
};

CrashDesk::CrashDesk(CrashDeskOptions options, Outbox& outbox, PendingCrashes pending)
    : options_(std::move(options)),
      outbox_(outbox),
      pending_(std::move(pending)),
      mailbox_(std::make_shared<Mailbox>()) {
  mailbox_->wake = options_.wake;
}

CrashDesk::~CrashDesk() {
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->wake = nullptr;
}

void CrashDesk::resume() {
  backlog_ = true;
  order_more();
}

bool CrashDesk::known(const std::string& kind, const schema::Sha256& content) const {
  return outbox_.published(key_of(options_.target, kind, content)) || pending_.holds(kind, content);
}

schema::Event CrashDesk::event_of(const Finding& finding, const std::optional<runtime::ExitStatus>& ended,
                                  std::optional<pid_t> pid) const {
  schema::CrashFound body;
  body.engine = options_.engine;
  body.artifact = finding.artifact;
  body.artifact_kind = finding.kind;
  body.report_source = finding.report ? "log" : "none";
  body.pid = finding.pid;
  if (finding.signal) body.signal = *finding.signal;
  if (finding.process_ended && ended) {
    take_exit(body, *ended);
    if (!body.pid && pid) body.pid = static_cast<std::uint64_t>(*pid);
  }
  body.build_id = options_.build_id;
  body.command = options_.command.substr(0, schema::kMaxTextSize);
  schema::Event event;
  event.node = options_.node;
  event.target = options_.target;
  event.time_ms = options_.unix_ms();
  event.body = std::move(body);
  return event;
}

bool CrashDesk::take(const Finding& finding, const std::optional<runtime::ExitStatus>& ended,
                     std::optional<pid_t> pid) {
  auto event = event_of(finding, ended, pid);
  const bool replay = options_.replay && finding.input &&
                      (options_.replay_all || (options_.replay_missing && !finding.report));
  if (replay) {
    auto kept = pending_.keep(std::move(event), *finding.input, finding.report);
    if (!kept) {
      options_.warn(fmt::format("{}: {}", finding.artifact, kept.error().message));
      return false;
    }
    if (!order(*kept)) backlog_ = true;
    return true;
  }
  std::vector<broker::Attachment> attachments;
  if (finding.report) attachments.push_back({"report", *finding.report});
  if (finding.input) attachments.push_back({"input", *finding.input});
  return publish(std::move(event), finding.content, std::move(attachments));
}

// What is too large for one event goes without its last attachments rather than not at all.
bool CrashDesk::publish(schema::Event event, const schema::Sha256& content,
                        std::vector<broker::Attachment> attachments) {
  const auto& body = std::get<schema::CrashFound>(event.body);
  const auto key = key_of(options_.target, body.artifact_kind, content);
  auto published = outbox_.publish_once(key, event, attachments);
  while (!published && published.error().code == schema::ErrorCode::kTooLarge && !attachments.empty()) {
    options_.warn(fmt::format("{}: published without its {}: {}", body.artifact, attachments.back().name,
                              published.error().message));
    attachments.pop_back();
    published = outbox_.publish_once(key, event, attachments);
  }
  if (!published) {
    options_.warn(fmt::format("{}: not published yet: {}", body.artifact, published.error().message));
    return false;
  }
  if (*published) ++crashes_;
  return true;
}

bool CrashDesk::order(const PendingCrash& crash) {
  // What came back and cannot be published yet is in memory: no more of it.
  if (ordered_.size() >= kMaxOrdered || !letters_.empty()) return false;
  auto done = [mailbox = mailbox_, crash](Replayed replayed) {
    const std::lock_guard lock(mailbox->mutex);
    mailbox->letters.push_back({crash, std::move(replayed)});
    if (mailbox->wake) mailbox->wake();
  };
  const auto& kind = std::get<schema::CrashFound>(crash.event.body).artifact_kind;
  if (!options_.replay(crash.input, kind, std::move(done))) return false;
  ordered_.insert(crash.input);
  return true;
}

// A target that was replayed once may be watched now without a command for it.
void CrashDesk::publish_unreplayed() {
  for (const auto& crash : pending_.list(kMaxOrdered, {})) {
    if (!publish_replayed({crash, {}})) return;
    pending_.forget(crash);
  }
  backlog_ = !pending_.list(1, {}).empty();
}

void CrashDesk::order_more() {
  if (backlog_ && !options_.replay) return publish_unreplayed();
  if (!backlog_ || ordered_.size() > kMaxOrdered / 2) return;
  backlog_ = false;
  for (const auto& crash : pending_.list(kMaxOrdered - ordered_.size() + 1, ordered_)) {
    if (!order(crash)) backlog_ = true;
  }
}

void CrashDesk::warn_of(const Letter& letter) const {
  if (letter.replayed.tries > 0 || letter.replayed.problem.empty()) return;
  const auto& body = std::get<schema::CrashFound>(letter.crash.event.body);
  options_.warn(fmt::format("{}: could not be replayed: {}", body.artifact, letter.replayed.problem));
}

void CrashDesk::collect(Time now) {
  {
    const std::lock_guard lock(mailbox_->mutex);
    for (auto& letter : mailbox_->letters) {
      warn_of(letter);
      letters_.push_back(std::move(letter));
    }
    mailbox_->letters.clear();
  }
  if (retry_at_ && now < *retry_at_) return;
  retry_at_.reset();
  while (!letters_.empty()) {
    if (!publish_replayed(letters_.front())) {
      retry_at_ = now + kRetry;
      return;
    }
    pending_.forget(letters_.front().crash);
    ordered_.erase(letters_.front().crash.input);
    letters_.pop_front();
  }
  order_more();
  if (backlog_) retry_at_ = now + kRetry;
}

// Too many open files, a disk that does not answer: the crash waits rather than go without.
bool CrashDesk::may_pass(const schema::Error& error, const schema::CrashFound& body) const {
  if (error.code != schema::ErrorCode::kUnavailable) return false;
  options_.warn(fmt::format("{}: not published yet: {}", body.artifact, error.message));
  return true;
}

// The report of the fuzzer stays the report; without one it is the best of the replays. In the order in which
// they can be spared, the last first.
bool CrashDesk::publish_replayed(const Letter& letter) {
  const auto& [crash, replayed] = letter;
  auto event = crash.event;
  auto& body = std::get<schema::CrashFound>(event.body);
  std::vector<broker::Attachment> attachments;
  std::size_t at = 0;
  if (crash.report) {
    auto report = read_bounded(*crash.report, schema::kMaxAttachmentSize);
    if (!report && may_pass(report.error(), body)) return false;
    if (report) attachments.push_back({"report", std::move(*report)});
  } else if (!replayed.reports.empty()) {
    attachments.push_back({"report", replayed.reports[at++]});
    body.report_source = "replay";
  }
  auto input = read_bounded(crash.input, schema::kMaxAttachmentSize);
  if (!input && may_pass(input.error(), body)) return false;
  if (input) attachments.push_back({"input", std::move(*input)});
  for (; at < replayed.reports.size() && at < kMaxReplayReports; ++at) {
    attachments.push_back({fmt::format("replay-{}", at + 1), replayed.reports[at]});
  }
  if (replayed.tries > 0) body.replays = replayed.tries, body.reproduced = replayed.crashed;
  if (replayed.exit && !body.exit_code && !body.signal) take_exit(body, *replayed.exit);
  return publish(std::move(event), crash.content, std::move(attachments));
}

}  // namespace fuzzmill::producers
