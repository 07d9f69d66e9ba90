#include "producers/agent/queue_replayer.h"

#include <algorithm>
#include <utility>

#include "runtime/private_folder.h"

namespace fuzzmill::producers {
namespace {

std::optional<std::chrono::milliseconds> own_timeout(const ReplayCommand& command) {
  if (!command.timeout_ms) return std::nullopt;
  return std::chrono::milliseconds(*command.timeout_ms);
}

// Working folders of an agent that was killed; what it ran in them died with it.
void remove_old_folders(const std::filesystem::path& base) {
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(base, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const auto& name = entry->path().filename().native();
    if (name.rfind(runtime::kPrivateFolderPrefix, 0) == 0) runtime::remove_folder(entry->path());
  }
}

}  // namespace

Replayed replayed_of(ReplayResult result, const Expectation& expected) {
  Replayed replayed;
  const auto& verdict = result.verdict;
  replayed.tries = verdict.tries;
  replayed.crashed = verdict.reproduced;
  if (verdict.tries == 0 && !result.attempts.empty()) replayed.problem = result.attempts.back().reason;
  if (!verdict.best) return replayed;
  auto& best = result.attempts[*verdict.best];
  if (bears_out(best, expected)) replayed.exit = best.exit;
  if (!best.report.empty()) replayed.reports.push_back(std::move(best.report));
  for (std::size_t i = 0; i < result.attempts.size() && replayed.reports.size() < kMaxReplayReports; ++i) {
    auto& attempt = result.attempts[i];
    if (i != *verdict.best && attempt.outcome != Outcome::kClean && !attempt.report.empty()) {
      replayed.reports.push_back(std::move(attempt.report));
    }
  }
  return replayed;
}

QueueReplayer::QueueReplayer(const std::filesystem::path& base, std::size_t concurrency, double cpu_share) {
  std::error_code ignored;
  std::filesystem::create_directories(base, ignored);
  ReplayQueueOptions options;
  options.place.base = std::filesystem::weakly_canonical(base, ignored);
  if (auto lock = runtime::FileLock::take(options.place.base / ".lock")) {
    lock_.emplace(std::move(*lock));
    remove_old_folders(options.place.base);
  }
  options.place.walls = runtime::probe_sandbox(options.place.base);
  missing_ = options.place.walls.missing();
  options.concurrency = concurrency;
  options.budget.share = cpu_share;
  options.deliver = [this](const ReplayRequest& request, ReplayResult result) {
    deliver(request, std::move(result));
  };
  queue_ = std::make_unique<ReplayQueue>(std::move(options));
}

QueueReplayer::~QueueReplayer() { queue_->stop(); }

bool QueueReplayer::order(ReplayOrder order, std::function<void(Replayed)> done) {
  auto target = std::make_shared<ReplayTarget>();
  target->name = order.target;
  target->command = order.command;
  target->limits.wall = order.config.time_limit;
  target->limits.most_wall = std::max(target->limits.most_wall, order.config.time_limit);
  target->limits.memory_mb = order.config.memory_mb;
  target->limits.tries.tries = order.config.tries;
  ReplayRequest request;
  request.expected = expectation_of(order.kind, own_timeout(order.command));
  request.input = std::move(order.input);
  request.target = std::move(target);
  {
    const std::lock_guard lock(mutex_);
    request.key = std::to_string(++orders_);
    waiting_[request.key] = std::move(done);
  }
  const auto key = request.key;
  if (queue_->push(std::move(request))) return true;
  const std::lock_guard lock(mutex_);
  waiting_.erase(key);
  return false;
}

// Called again when it throws: who waits is forgotten last.
void QueueReplayer::deliver(const ReplayRequest& request, ReplayResult result) {
  auto replayed = replayed_of(std::move(result), request.expected);
  std::function<void(Replayed)> done;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(request.key);
    if (found == waiting_.end()) return;
    done = found->second;
  }
  done(std::move(replayed));
  const std::lock_guard lock(mutex_);
  waiting_.erase(request.key);
}

}  // namespace fuzzmill::producers
