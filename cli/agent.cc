// `fuzzmill agent`: the daemon of a node.
#include "producers/agent/agent.h"

#include <fmt/format.h>
#include <poll.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "cli/commands.h"
#include "cli/node_link.h"
#include "producers/agent/node_watch.h"
#include "producers/agent/targets_file.h"
#include "runtime/log.h"
#include "runtime/reload.h"
#include "runtime/service.h"

namespace fuzzmill::cli {
namespace {

schema::Result<std::vector<producers::TargetConfig>> read_targets(const std::string& file) {
  if (file.empty()) return std::vector<producers::TargetConfig>{};
  std::ifstream in(file, std::ios::binary);
  if (!in) return schema::not_found(fmt::format("{}: cannot be read", file));
  std::ostringstream text;
  text << in.rdbuf();
  return producers::parse_targets(text.str(), file);
}

class AgentCommand final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.text("targets", targets_, "FILE", "TOML file with a [[target]] for each fuzzer of this node");
    options.flag("discover", agent_.discover,
                 "watch the libFuzzer, AFL++ and honggfuzz processes that others run on this machine");
    options.duration("discover-interval", agent_.discover_every, "between two looks for them");
    options.duration("retry", agent_.retry, "until a target that could not run is tried again");
    options.flag("check", check_, "read the file, say what is in it, and end").only_flag();
    link_.declare(options);
    service_.declare(options);
  }

  schema::Result<ExitCode> run() override {
    if (targets_.empty() && !agent_.discover) {
      return schema::invalid(
          "nothing to watch: name a file with --targets, or look for fuzzers with --discover");
    }
    auto targets = read_targets(targets_);
    if (!targets) return targets.error();
    if (check_) return say_targets(*targets);
    if (auto filled = link_.fill({}); !filled) return filled.error();
    const int reload = runtime::catch_reload_signal();
    if (service_.run.empty()) service_.run = (link_.services().work_dir / "run").string();
    runtime::Service service("agent", service_);
    if (auto opened = link_.open(); !opened) return opened.error();
    producers::Agent agent(agent_, link_.services());
    agent.reload(std::move(*targets));
    const producers::NodeWatch node(link_.services(), {link_.services().work_dir, "/"});
    service.ready(link_.endpoint());
    // Fuzzers die with the thread that started theirs, so the agent's own work is on this one.
    const std::jthread reloads([&](const std::stop_token& stop) { follow_reloads(reload, agent, stop); });
    agent.run(service.stop_token());
    return ExitCode::kOk;
  }

 private:
  static schema::Result<ExitCode> say_targets(const std::vector<producers::TargetConfig>& targets) {
    for (const auto& target : targets) {
      const auto what = target.command.empty() ? "watches " + target.output.string()
                                               : fmt::format("runs {}", fmt::join(target.command, " "));
      fmt::print("{}: {}\n", target.name, what);
    }
    return ExitCode::kOk;
  }

  // A file that is wrong changes nothing: the targets go on as they are.
  void follow_reloads(int fd, producers::Agent& agent, const std::stop_token& stop) const {
    while (!stop.stop_requested()) {
      pollfd waiting{fd, POLLIN, 0};
      if (::poll(&waiting, 1, 500) <= 0 || !runtime::reload_requested()) continue;
      auto targets = read_targets(targets_);
      if (!targets) {
        runtime::log_error("not reloaded, the targets go on as they are",
                           {{"error", targets.error().message}});
        continue;
      }
      runtime::log_info("reloaded", {{"targets", targets->size()}});
      agent.reload(std::move(*targets));
    }
  }

  producers::AgentOptions agent_;
  NodeLink link_;
  runtime::ServiceOptions service_;
  std::string targets_;
  bool check_ = false;
};

}  // namespace

CommandRow agent_command() {
  return {{"agent", "Watches and runs all fuzzers of this node",
           "SIGHUP reads the file anew: targets that changed are started again, the others are left alone. "
           "SIGTERM "
           "stops every fuzzer that it started, and publishes what they left.",
           "fuzzmill agent --node singapore --targets /etc/fuzzmill/targets.toml"},
          make_command<AgentCommand>};
}

}  // namespace fuzzmill::cli
