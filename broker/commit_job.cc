// What a job does to the log: publishes and verdicts become one transaction, attachments come and go.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "broker/clock.h"
#include "broker/committer.h"
#include "runtime/log.h"
#include "schema/event_codec.h"
#include "schema/keys.h"

namespace fuzzmill::broker {
namespace {

using schema::Result;
using schema::Status;

constexpr std::size_t kMostFetched = 32u << 20;  // bytes of attachments that one job brings along

std::uint64_t bucket_now() { return unix_ms() / schema::keys::kHoldBucketMs; }

}  // namespace

// Why nothing of this message can be taken now; empty when it can.
std::string Committer::busy_reason(const Intake& intake) const {
  if (pressure_.full.load())
    return "Redis' memory is nearly used up: raise maxmemory or let the stages catch up";
  for (const TakenEvent& event : intake.events) {
    if (event.refusal.empty() && pressure_.busy[static_cast<std::size_t>(event.topic)].load()) {
      return fmt::format("topic {} waits deeper than {} events", name(event.topic), options_.max_depth);
    }
  }
  return {};
}

Status Committer::add_event(const TakenEvent& event, store::LogTransaction& transaction) {
  const std::uint64_t bucket = event.attachments.empty() ? 0 : bucket_now();
  for (const auto& attachment : event.attachments) {
    if (attachment.bytes.size() < store::kLargeAttachment) {
      transaction.held.push_back({bucket, attachment.sha256, attachment.bytes});
    } else if (auto put = hold_.put(bucket, attachment.sha256, attachment.bytes); !put) {
      return put;
    }
  }
  TrimPace& pace = paces_[static_cast<std::size_t>(event.topic)];
  transaction.appends.push_back(
      {event.topic, event.event, bucket, pace.trim_with(event.event.size(), pressure_.floor(event.topic))});
  return {};
}

Status Committer::judge_publishes(Job& job, store::LogTransaction& transaction, JobResult& result) {
  if (job.publishes.empty()) return {};
  std::vector<store::Source> sources;
  for (const auto& publish : job.publishes) sources.push_back({publish.intake.owner, publish.intake.source});
  std::sort(sources.begin(), sources.end());
  sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
  const auto marks = log_->marks(sources);
  if (!marks) return schema::Error(marks.error());
  std::map<store::Source, std::uint64_t> mark;
  for (std::size_t i = 0; i < sources.size(); ++i) mark[sources[i]] = (*marks)[i];
  const auto before = mark;

  std::map<store::Source, std::string> acks;  // source to peer
  for (const auto& publish : job.publishes) {
    const Intake& intake = publish.intake;
    const store::Source source{intake.owner, intake.source};
    std::uint64_t& known = mark[source];
    if (intake.previous > known) {
      result.answers.push_back({publish.peer, Answer::Kind::kRewind, intake.source, known, {}});
      continue;
    }
    const std::string busy = intake.events.back().sequence <= known ? std::string() : busy_reason(intake);
    if (!busy.empty()) {
      result.answers.push_back({publish.peer, Answer::Kind::kBusy, intake.source, intake.previous, busy});
      continue;
    }
    acks[source] = publish.peer;
    for (const TakenEvent& event : intake.events) {
      if (event.sequence <= known) continue;  // it is in the log already: acknowledge it again
      if (!event.refusal.empty()) {
        result.answers.push_back(
            {publish.peer, Answer::Kind::kRefuse, intake.source, event.sequence, event.refusal});
      } else if (auto added = add_event(event, transaction); !added) {
        result.answers.push_back(
            {publish.peer, Answer::Kind::kBusy, intake.source, known, added.error().message});
        break;
      }
      known = event.sequence;
    }
  }
  for (const auto& [source, sequence] : mark) {
    if (sequence > before.at(source)) transaction.marks.push_back({source, sequence});
  }
  for (auto& [source, peer] : acks) {
    result.answers.push_back({std::move(peer), Answer::Kind::kAck, source.number, mark[source], {}});
  }
  return {};
}

// The attachments of an output lie where its append time says. When its input is older than the bucket
// of now, they are kept a second time: so a bucket may be dropped when no event appended in it is left.
Status Committer::rehold(const store::LogEntry& entry, const schema::EventHead& head, std::uint64_t to,
                         store::LogTransaction& transaction) {
  if (entry.bucket == to || entry.bucket == 0) return {};
  std::vector<std::string> small;
  for (const auto& ref : head.attachments) {
    const std::string sha256 = schema::hex(ref.sha256);
    if (ref.size < store::kLargeAttachment) {
      small.push_back(sha256);
    } else if (auto kept = hold_.keep(entry.bucket, to, sha256); !kept) {
      runtime::log_warn("an attachment cannot be kept", {{"error", kept.error().message}});
    }
  }
  if (small.empty()) return {};
  std::vector<bool> found;
  auto held = log_->held(entry.bucket, small, found);
  if (!held) return std::move(held).error();
  for (std::size_t i = 0; i < small.size(); ++i) {
    if (!found[i]) continue;
    kept_bytes_.push_back(std::move((*held)[i]));
    transaction.held.push_back({to, small[i], kept_bytes_.back()});
  }
  return {};
}

// Appends the outputs of a done verdict. The string says why the outputs are not acceptable; empty when
// they are.
Result<std::string> Committer::add_outputs(const VerdictWork& verdict, store::LogTransaction& transaction) {
  if (verdict.outputs.empty()) return std::string();
  const auto input = schema::check(verdict.entry.event);
  if (!input) return input.error().message;
  const std::uint64_t now = bucket_now();
  std::vector<store::LogTransaction::Append> appends;
  for (const std::string& output : verdict.outputs) {
    const auto head = check_output(output, verdict.entry.stage, *input);
    if (!head) return fmt::format("its stage derived a bad event: {}", head.error().message);
    const std::uint64_t bucket = head->attachments.empty() ? 0 : now;
    if (bucket != 0) {
      if (auto kept = rehold(verdict.entry, *head, now, transaction); !kept) return std::move(kept).error();
    }
    appends.push_back({head->topic, output, bucket, {}});
  }
  transaction.appends.insert(transaction.appends.end(), appends.begin(), appends.end());
  return std::string();
}

Status Committer::judge_verdicts(Job& job, store::LogTransaction& transaction, bool again) {
  for (VerdictWork& verdict : job.verdicts) {
    if (again) {  // the transaction of the broken attempt may have happened: then nothing is pending
      const auto pending =
          log_->redis().command({"XPENDING", schema::keys::stream(verdict.entry.topic),
                                 name(verdict.entry.stage), verdict.entry.id, verdict.entry.id, "1"});
      if (!pending) return schema::Error(pending.error());
      if (pending->items.empty()) continue;
    }
    std::string reason = verdict.kind == schema::OutcomeKind::kDone ? std::string() : verdict.reason;
    if (verdict.kind == schema::OutcomeKind::kDone) {
      auto added = add_outputs(verdict, transaction);
      if (!added) return std::move(added).error();
      reason = std::move(added).value();
      if (reason.empty()) {
        transaction.finished.push_back({verdict.entry.topic, verdict.entry.stage, verdict.entry.id});
        continue;
      }
    }
    runtime::log_warn("dead letter", {{"topic", name(verdict.entry.topic)},
                                      {"stage", name(verdict.entry.stage)},
                                      {"entry", verdict.entry.id},
                                      {"attempts", verdict.entry.attempt},
                                      {"reason", reason}});
    transaction.dead.push_back({&verdict.entry, std::move(reason)});
  }
  return {};
}

Status Committer::fetch_bucket(std::uint64_t bucket, std::vector<Work*>& works, const Job& job) {
  struct Wanted {
    Work* work;
    std::uint64_t ref;
  };
  std::vector<Wanted> wanted;
  std::vector<std::string> small;
  for (Work* work : works) {
    const auto head = schema::check(work->entry.event);
    if (!head) continue;
    const auto& wants = job.wants[static_cast<std::size_t>(work->entry.stage)];
    for (std::size_t i = 0; i < head->attachments.size(); ++i) {
      const auto& ref = head->attachments[i];
      if (!wants.contains("*") && !wants.contains(std::string(ref.name))) continue;
      std::string sha256 = schema::hex(ref.sha256);
      if (ref.size < store::kLargeAttachment) {
        wanted.push_back({work, i});
        small.push_back(std::move(sha256));
      } else if (auto bytes = hold_.get(bucket, sha256); bytes) {
        work->attached.push_back({i, std::move(bytes).value()});
      } else {
        runtime::log_warn("an attachment is gone",
                          {{"entry", work->entry.id}, {"error", bytes.error().message}});
      }
    }
  }
  if (small.empty()) return {};
  std::vector<bool> found;
  auto held = log_->held(bucket, small, found);
  if (!held) return std::move(held).error();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (found[i]) wanted[i].work->attached.push_back({wanted[i].ref, std::move((*held)[i])});
  }
  return {};
}

// Brings the attachments that the stages want, up to a bound; the rest waits for the next job.
Status Committer::fetch(const Job& job, std::vector<Work> works, JobResult& result) {
  std::map<std::uint64_t, std::vector<Work*>> by_bucket;
  std::size_t bytes = 0;
  for (Work& work : works) {
    if (work.entry.bucket == 0 || job.wants[static_cast<std::size_t>(work.entry.stage)].empty()) continue;
    const auto head = schema::check(work.entry.event);
    std::size_t size = 0;
    for (std::size_t i = 0; head && i < head->attachments.size(); ++i) size += head->attachments[i].size;
    if (bytes > 0 && bytes + size > kMostFetched) {
      result.unfetched.push_back(std::move(work));
      work.entry.id.clear();
      continue;
    }
    bytes += size;
    by_bucket[work.entry.bucket].push_back(&work);
  }
  for (auto& [bucket, some] : by_bucket) {
    if (auto status = fetch_bucket(bucket, some, job); !status) return status;
  }
  for (Work& work : works) {
    if (!work.entry.id.empty()) result.works.push_back(std::move(work));
  }
  return {};
}

}  // namespace fuzzmill::broker
