#include "producers/agent/agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "producers/agent/run.h"

namespace fuzzmill::producers {

// A target and the thread that it has while it is watched.
struct Agent::Entry {
  explicit Entry(TargetConfig target) : config(std::move(target)) {}

  TargetConfig config;
  bool discovered = false;
  bool running = false;
  std::string problem;
  std::optional<Clock::time_point> retry_at;
  std::jthread thread;  // its stop ends the target; last, for it writes the others until it has ended
};

Agent::Agent(AgentOptions options, const NodeServices& node) : options_(options), node_(node) {
  std::error_code failed;
  if (options_.program.empty()) {
    options_.program = std::filesystem::read_symlink("/proc/self/exe", failed).string();
  }
}

Agent::~Agent() { stop_all(); }

void Agent::reload(std::vector<TargetConfig> targets) {
  const std::lock_guard lock(mutex_);
  wanted_ = std::move(targets);
  changed_.notify_all();
}

std::vector<Agent::TargetView> Agent::targets() const {
  const std::lock_guard lock(mutex_);
  std::vector<TargetView> views;
  for (const auto& [name, entry] : entries_) views.push_back({name, entry->running, entry->problem});
  return views;
}

void Agent::run(std::stop_token stop) {
  auto next_discovery = Clock::now();
  while (!stop.stop_requested()) {
    apply();
    if (options_.discover && Clock::now() >= next_discovery) {
      discover_once();
      next_discovery = Clock::now() + options_.discover_every;
    }
    std::unique_lock lock(mutex_);
    auto until = next_retry().value_or(Clock::now() + std::chrono::hours(1));
    if (options_.discover) until = std::min(until, next_discovery);
    changed_.wait_until(lock, stop, until, [&] {
      const auto retry = next_retry();
      return wanted_.has_value() || (retry && *retry <= Clock::now());
    });
  }
  stop_all();
}

std::optional<Agent::Clock::time_point> Agent::next_retry() const {
  std::optional<Clock::time_point> soonest;
  for (const auto& [name, entry] : entries_) {
    if (entry->retry_at && (!soonest || *entry->retry_at < *soonest)) soonest = entry->retry_at;
  }
  return soonest;
}

// What is not wanted any more is stopped first, so that a target that changed never runs twice.
void Agent::apply() {
  std::vector<std::unique_ptr<Entry>> gone;
  std::vector<TargetConfig> fresh;
  {
    const std::lock_guard lock(mutex_);
    for (auto& config : wanted_.value_or(std::vector<TargetConfig>{})) {
      const auto old = entries_.find(config.name);
      if (old == entries_.end() || !(old->second->config == config)) fresh.push_back(config);
    }
    for (auto at = entries_.begin(); at != entries_.end();) {
      const auto is_same = [&](const TargetConfig& config) { return config == at->second->config; };
      const bool unwanted =
          wanted_ && !at->second->discovered && std::none_of(wanted_->begin(), wanted_->end(), is_same);
      const bool over = at->second->discovered && !at->second->running && at->second->thread.joinable();
      if (unwanted || over) {
        gone.push_back(std::move(at->second));
        at = entries_.erase(at);
      } else {
        ++at;
      }
    }
    wanted_.reset();
  }
  for (auto& entry : gone) entry->thread.request_stop();
  gone.clear();  // waits for each
  const std::lock_guard lock(mutex_);
  for (auto& config : fresh) {
    auto& entry = entries_[config.name];
    entry = std::make_unique<Entry>(std::move(config));
    start(*entry);
  }
  for (auto& [name, entry] : entries_) {
    if (entry->retry_at && *entry->retry_at <= Clock::now()) start(*entry);
  }
}

// With the mutex held. The end of the thread is told under it, too.
void Agent::start(Entry& entry) {
  entry.retry_at.reset();
  entry.running = true;
  entry.thread = std::jthread([this, &entry, config = entry.config](const std::stop_token& stop) {
    const auto status = run_target(config, node_, stop);
    if (!status && node_.say) node_.say(config.name, status.error().message);
    const std::lock_guard lock(mutex_);
    entry.running = false;
    entry.problem = status ? "" : status.error().message;
    if (!status && !stop.stop_requested() && !entry.discovered)
      entry.retry_at = Clock::now() + options_.retry;
    changed_.notify_all();
  });
}

void Agent::discover_once() {
  const auto discovery = search_.discover(options_.program);
  const std::lock_guard lock(mutex_);
  for (const auto& found : discovery.found) {
    const bool known = std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
      return entry.second->config.watch_pid == found.pid && entry.second->running;
    });
    if (known || entries_.contains(found.suggested_name)) continue;
    TargetConfig config;
    config.name = found.suggested_name;
    config.command = found.argv;
    config.engine = found.engine;
    config.working_dir = found.working_dir;
    if (found.environment) config.environment = *found.environment;
    config.watch_pid = found.pid;
    if (node_.say) node_.say(config.name, fmt::format("found: {} {}", engine_name(found.engine), found.pid));
    auto& entry = entries_[config.name];
    entry = std::make_unique<Entry>(std::move(config));
    entry->discovered = true;
    start(*entry);
  }
}

void Agent::stop_all() {
  std::map<std::string, std::unique_ptr<Entry>> ending;
  {
    const std::lock_guard lock(mutex_);
    ending.swap(entries_);
  }
  for (auto& [name, entry] : ending) entry->thread.request_stop();  // all at once, then wait for each
}

}  // namespace fuzzmill::producers
