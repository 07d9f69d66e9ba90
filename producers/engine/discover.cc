#include "producers/engine/discover.h"

#include <algorithm>
#include <map>
#include <set>

#include "producers/engine/afl_command.h"
#include "producers/engine/libfuzzer_command.h"
#include "producers/engine/target_command.h"
#include "producers/engine/wrapper.h"

namespace fuzzmill::producers {
namespace {

class Search {
 public:
  Search(const std::vector<ProcessSeen>& processes, const DiscoveryLook& look) : look_(look) {
    for (const auto& process : processes) processes_.emplace(process.pid, &process);
  }

  Discovery run() {
    for (const auto& [pid, process] : processes_) {
      if (process->argv.empty()) continue;
      if (process->program.empty()) {
        ++discovery_.hidden;
      } else if (const auto engine = engine_of(*process)) {
        engines_.emplace(pid, *engine);
      }
    }
    for (const auto& [pid, engine] : engines_) {
      if (!belongs_to_another(pid)) take(*processes_.at(pid), engine);
    }
    auto& found = discovery_.found;
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
    name_apart();
    return std::move(discovery_);
  }

 private:
  std::optional<Engine> engine_of(const ProcessSeen& process) const {
    const auto name = program_name(process.program);
    if (name == "afl-fuzz") return Engine::kAfl;
    if (name == "honggfuzz") return Engine::kHonggfuzz;
    if (look_.words(process).libfuzzer) return Engine::kLibfuzzer;
    return std::nullopt;
  }

  // libFuzzer runs its jobs through a shell, so any ancestor counts.
  bool belongs_to_another(std::uint64_t pid) const {
    std::set<std::uint64_t> seen{pid};
    for (auto at = processes_.at(pid)->parent; seen.insert(at).second;) {
      if (engines_.count(at) > 0) return true;
      const auto parent = processes_.find(at);
      if (parent == processes_.end()) return false;
      if (!look_.watcher.empty() && parent->second->program == look_.watcher) return true;
      at = parent->second->parent;
    }
    return false;
  }

  // Merging, minimising and replaying are no fuzzing.
  bool fuzzes(const ProcessSeen& process) const {
    const auto command = parse_libfuzzer_command(process.argv);
    if (command.merge || command.minimize_crash) return false;
    const auto& inputs = command.operands;
    return inputs.empty() || !std::all_of(inputs.begin(), inputs.end(), [&](const std::string& input) {
             return look_.is_file(process, input);
           });
  }

  void take(const ProcessSeen& process, Engine engine) {
    if (engine == Engine::kLibfuzzer && !fuzzes(process)) return;
    const auto environment = look_.environment ? look_.environment(process) : std::nullopt;
    const auto get = variables_of(environment);
    bool main = false;
    std::filesystem::path output;
    if (engine == Engine::kAfl) {
      const auto command = parse_afl_command(process.argv, get);
      if (!command || command->output.empty()) return;  // --help, or about to end with an error
      main = command->main;
      output = (process.working_dir / command->output).lexically_normal() / "";
    }
    auto target = target_command(engine, process.argv, get);
    if (!target) return;
    FuzzerFound found{
        engine,
        process.pid,
        {process.pid},
        process.program,
        process.argv,
        process.working_dir,
        environment,
        *target,
        suggested_target_name(engine == Engine::kLibfuzzer ? std::vector{process.program} : *target)};
    if (engine != Engine::kAfl) {
      discovery_.found.push_back(std::move(found));
      return;
    }
    const auto [campaign, fresh] = campaigns_.try_emplace(output.string(), discovery_.found.size());
    if (fresh) {
      discovery_.found.push_back(std::move(found));
      return;
    }
    auto& known = discovery_.found[campaign->second];
    found.pids.insert(found.pids.begin(), known.pids.begin(), known.pids.end());
    if (main) {
      known = std::move(found);
    } else {
      known.pids = std::move(found.pids);
    }
  }

  void name_apart() {
    std::map<std::string, int> taken;
    for (auto& found : discovery_.found) {
      const int number = ++taken[found.suggested_name];
      if (number == 1) continue;
      const auto ending = "-" + std::to_string(number);
      found.suggested_name = found.suggested_name.substr(0, 64 - ending.size()) + ending;
    }
  }

  const DiscoveryLook& look_;
  std::map<std::uint64_t, const ProcessSeen*> processes_;
  std::map<std::uint64_t, Engine> engines_;
  std::map<std::string, std::size_t> campaigns_;  // AFL's output folder to where it is in found
  Discovery discovery_;
};

}  // namespace

Discovery discover(const std::vector<ProcessSeen>& processes, const DiscoveryLook& look) {
  return Search(processes, look).run();
}

GetVariable variables_of(std::optional<Variables> environment) {
  return [environment = std::move(environment)](const std::string& name) -> std::optional<std::string> {
    if (!environment) return std::nullopt;
    for (const auto& [key, value] : *environment) {
      if (key == name) return value;
    }
    return std::nullopt;
  };
}

}  // namespace fuzzmill::producers
