#include "producers/agent/run.h"

#include <fmt/format.h>

#include <utility>

#include "producers/agent/target_plan.h"
#include "producers/agent/target_watch.h"
#include "producers/engine/recognise.h"
#include "producers/engine/target_command.h"

namespace fuzzmill::producers {
namespace {

schema::Status check(const TargetConfig& config, const NodeServices& node) {
  if (!schema::valid_name(node.node)) {
    return schema::invalid(fmt::format("node '{}' is no name ([A-Za-z0-9._-], at most 64)", node.node));
  }
  if (!schema::valid_name(config.name)) {
    return schema::invalid(fmt::format("target '{}' is no name ([A-Za-z0-9._-], at most 64)", config.name));
  }
  if (node.interval.count() <= 0) return schema::invalid("the interval of samples must be above zero");
  if (node.outbox == nullptr || node.processes == nullptr || node.work_dir.empty()) {
    return schema::internal("a target needs an outbox, a process table and a work folder");
  }
  return {};
}

}  // namespace

// Of `afl-fuzz … -- ./json @@` it is json, of `env A=B ./fuzz_png` fuzz_png.
std::string default_target_name(const std::vector<std::string>& command) {
  const auto found = recognise(command, words_of_command);
  if (!found) return suggested_target_name(command);
  const auto none = [](const std::string&) -> std::optional<std::string> { return std::nullopt; };
  const auto target = target_command(found->engine, found->command, none);
  return suggested_target_name(target ? *target : found->command);
}

schema::Status run_target(TargetConfig config, const NodeServices& node, std::stop_token stop) {
  if (auto checked = check(config, node); !checked) return checked;
  auto plan = plan_target(std::move(config), node);
  if (!plan) return std::move(plan).error();
  auto watch = TargetWatch::make(std::move(*plan), node);
  if (!watch) return std::move(watch).error();
  return (*watch)->run(std::move(stop));
}

}  // namespace fuzzmill::producers
