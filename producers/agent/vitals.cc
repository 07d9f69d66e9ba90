#include "producers/agent/vitals.h"

#include <algorithm>

#include "producers/monitor/proc_reader.h"

namespace fuzzmill::producers {

namespace {

// Samples that are rarer than the policy thinks are no gaps.
JudgePolicy policy_for(std::chrono::milliseconds interval) {
  JudgePolicy policy;
  policy.most_gap = std::max(policy.most_gap, std::chrono::duration_cast<std::chrono::seconds>(3 * interval));
  return policy;
}

}  // namespace

Vitals::Vitals(Engine engine, ProcessTable& processes, std::chrono::milliseconds interval)
    : engine_(engine), metrics_(engine), tree_(processes, {10, proc_units()}), judge_(policy_for(interval)) {}

void Vitals::run_started(Time now) {
  metrics_.run_started(now);
  initialised_ = uninstrumented_ = false;
}

void Vitals::reading(const EngineReading& reading, const std::string& source, Time now) {
  metrics_.take(reading, now, source);
}

schema::ResourceSample Vitals::sample(std::optional<pid_t> root, Supervised supervised, std::uint64_t crashes,
                                      std::uint64_t restarts, Time now) {
  auto body = tree_.sample(root.value_or(0), now);
  metrics_.fill(body);
  body.crashes = crashes;
  body.restarts = restarts;

  if (!root && supervised == Supervised::kRunning) return body;

  TargetSample look;
  look.time = now;
  look.processes = body.processes;
  look.cpu_percent = body.cpu_percent;
  look.states = body.states;
  look.executions = body.executions;
  look.executions_live = engine_ == Engine::kAfl;
  if (engine_ != Engine::kAfl) look.initialised = initialised_;
  look.uninstrumented = uninstrumented_;
  look.last_new_path = body.last_new_path_ms;
  look.supervised = supervised;
  look.restarts = restarts;
  const auto& verdict = judge_.observe(look);
  body.state = std::string(schema::target_state_word(verdict.state));
  body.state_reason = verdict.reason;
  return body;
}

}  // namespace fuzzmill::producers
