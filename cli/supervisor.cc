#include "cli/supervisor.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <ranges>

#include "cli/restart_delay.h"
#include "runtime/log.h"

namespace fuzzmill::cli {
namespace {

constexpr std::uint64_t kFirstDeaths = 3;  // of a child that was never ready, before we give up
constexpr std::chrono::milliseconds kProbeEvery{50};
constexpr std::size_t kMaxOutput = 256;  // READY is short; whatever else comes is not for us

}  // namespace

struct Supervisor::Child {
  ChildPlan plan;
  std::optional<runtime::ChildProcess> process;
  std::string output;  // until READY
  bool output_open = false;
  std::atomic<bool> ready = false;
  bool ever_ready = false;
  bool tried = false;  // ready once, or dead once: the next one need not wait for it if it is not essential
  std::uint64_t deaths = 0;  // in a row
  Clock::time_point started{};
  Clock::time_point next_start{};  // not before
  Clock::time_point next_probe{};
};

Supervisor::Supervisor() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Supervisor::~Supervisor() {
  if (wake_ >= 0) close(wake_);
}

void Supervisor::add(ChildPlan plan) {
  children_.push_back(std::make_unique<Child>());
  children_.back()->plan = std::move(plan);
}

std::string Supervisor::missing() const {
  std::string names;
  for (const auto& child : children_) {
    if (child->plan.essential && !child->ready) names += (names.empty() ? "" : ", ") + child->plan.name;
  }
  return names;
}

schema::Status Supervisor::run(const std::function<void()>& on_all_ready, std::stop_token stop) {
  const std::stop_callback wakes(stop, [this] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(wake_, &one, sizeof one);
  });
  schema::Status status;
  while (!stop.stop_requested() && status) {
    status = step(on_all_ready);
    if (status && !stop.stop_requested()) wait();
  }
  stop_all();
  return status;
}

// One look at every child.
schema::Status Supervisor::step(const std::function<void()>& on_all_ready) {
  for (std::size_t i = 0; i < children_.size(); ++i) {
    Child& child = *children_[i];
    if (child.process) {
      if (auto looked = look_after(child); !looked) return looked;
    } else if (may_start(i) && Clock::now() >= child.next_start) {
      if (auto started = start(child); !started) return started;
    }
  }
  const bool all = std::ranges::all_of(
      children_, [](const auto& one) { return one->plan.essential ? one->ever_ready : one->tried; });
  if (all && !all_ready_) {
    all_ready_ = true;
    on_all_ready();
  }
  return {};
}

// Only the first start is in order: a broker that lost its Redis waits for it by itself.
bool Supervisor::may_start(std::size_t index) const {
  return std::all_of(children_.begin(), children_.begin() + static_cast<std::ptrdiff_t>(index),
                     [](const auto& one) { return one->plan.essential ? one->ever_ready : one->tried; });
}

schema::Status Supervisor::start(Child& child) {
  runtime::SpawnOptions options;
  options.argv = child.plan.argv();
  options.out = child.plan.probe ? runtime::Output::inherit() : runtime::Output::pipe();
  if (!child.plan.log_file.empty()) options.out = options.err = runtime::Output::to_file(child.plan.log_file);
  options.parent_death_signal = SIGTERM;
  auto process = runtime::ChildProcess::spawn(options);
  if (!process) return std::move(process).error().in(fmt::format("cannot start {}", child.plan.name));
  child.process.emplace(std::move(*process));
  child.output.clear();
  child.output_open = !child.plan.probe;
  child.started = child.next_probe = Clock::now();
  runtime::log_info("started", {{"child", child.plan.name}, {"pid", child.process->pid()}});
  return {};
}

schema::Status Supervisor::look_after(Child& child) {
  read_output(child);
  if (const auto status = child.process->poll()) return died(child, *status);
  if (child.ready) return {};
  const auto now = Clock::now();
  bool ready = child.output.find("READY\n") != std::string::npos;
  if (child.plan.probe && now >= child.next_probe) {
    ready = child.plan.probe();
    child.next_probe = Clock::now() + kProbeEvery;
  }
  if (ready) return became_ready(child);
  if (now >= child.started + child.plan.start_limit) {
    runtime::log_error("not ready in time: killed", {{"child", child.plan.name}});
    child.process->signal_group(SIGKILL);
    child.started = now;  // its death comes by its pidfd
  }
  return {};
}

void Supervisor::read_output(Child& child) {
  if (!child.output_open) return;
  char buffer[512];
  for (;;) {
    const auto got = read(child.process->out(), buffer, sizeof buffer);
    if (got > 0) {
      // Past READY nothing is kept: what a child still prints must not pile up, nor block the child.
      child.output.append(buffer, static_cast<std::size_t>(got));
      if (child.output.size() > kMaxOutput) child.output.erase(0, child.output.size() - kMaxOutput);
      continue;
    }
    if (got == 0) child.output_open = false;
    return;
  }
}

schema::Status Supervisor::became_ready(Child& child) {
  child.ready = child.ever_ready = child.tried = true;
  if (!child.plan.on_ready) return {};
  return child.plan.on_ready();
}

schema::Status Supervisor::died(Child& child, const runtime::ExitStatus& status) {
  const auto now = Clock::now();
  const bool healthy = child.ready && now - child.started >= kRestartHealthy;
  child.deaths = healthy ? 1 : child.deaths + 1;
  child.process.reset();
  child.ready = false;
  child.tried = true;
  const auto delay = restart_delay(child.deaths);
  child.next_start = now + delay;
  const std::string how = runtime::explain(status);
  if (child.plan.essential && !child.ever_ready && child.deaths >= kFirstDeaths) {
    return schema::unavailable(
        fmt::format("{} does not start: {}; its own words stand {}", child.plan.name, how,
                    child.plan.log_file.empty() ? "above" : "in " + child.plan.log_file.string()));
  }
  runtime::log_error(
      "died, will be started again",
      {{"child", child.plan.name}, {"how", how}, {"deaths", child.deaths}, {"in_ms", delay.count()}});
  return {};
}

// Until a child ends or speaks, a stop is asked for, or the next start or probe is due.
void Supervisor::wait() const {
  std::vector<pollfd> watched = {{wake_, POLLIN, 0}};
  auto next = Clock::time_point::max();
  for (std::size_t i = 0; i < children_.size(); ++i) {
    const Child& child = *children_[i];
    if (!child.process) {
      if (may_start(i)) next = std::min(next, child.next_start);
      continue;
    }
    watched.push_back({child.process->pidfd(), POLLIN, 0});
    if (child.output_open) watched.push_back({child.process->out(), POLLIN, 0});
    if (child.ready) continue;
    next = std::min(next, child.started + child.plan.start_limit);
    if (child.plan.probe) next = std::min(next, child.next_probe);
  }
  int timeout = -1;
  if (next != Clock::time_point::max()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
    timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  }
  ::poll(watched.data(), watched.size(), timeout);
}

void Supervisor::stop_all() {
  for (auto& child : std::views::reverse(children_)) {
    if (!child->process) continue;
    const auto status = child->process->terminate(child->plan.stop_grace);
    runtime::log_info("ended", {{"child", child->plan.name}, {"how", runtime::explain(status)}});
    child->process.reset();
    child->ready = false;
  }
}

}  // namespace fuzzmill::cli
