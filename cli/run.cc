#include "producers/agent/run.h"

#include <fmt/format.h>

#include <utility>

#include "cli/commands.h"
#include "cli/node_link.h"
#include "producers/agent/node_watch.h"
#include "runtime/service.h"
#include "runtime/units.h"
#include "schema/event.h"

namespace fuzzmill::cli {
namespace {

producers::ReplayWhen replay_when(const std::string& word) {
  if (word == "never") return producers::ReplayWhen::kNever;
  return word == "always" ? producers::ReplayWhen::kAlways : producers::ReplayWhen::kMissing;
}

class Run final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.remainder("COMMAND ARGS...", config_.command,
                      "a libFuzzer target, afl-fuzz or honggfuzz, with its arguments");
    options.text("target", config_.name, "NAME",
                 "what is fuzzed; where none is given, the target's file name");
    options.choice("engine", engine_, {"auto", "libfuzzer", "afl", "honggfuzz"},
                   "which fuzzer it is; auto looks at the command");
    link_.declare(options);
    options.duration("snapshot-interval", config_.snapshots.interval,
                     "between two snapshots of the corpus; 24h: daily, at --snapshot-at; 0 for none");
    options.text("snapshot-at", snapshot_at_, "HH:MM",
                 "when the daily snapshot is taken, UTC; each target up to 30 min later");
    options.text("snapshot-select", snapshot_select_, "RULE",
                 "which files a snapshot takes: `top N`, the most valuable, or `all`");
    options.size("snapshot-max-file", config_.selection.max_file_bytes,
                 "larger files are left out of snapshots");
    options.choice("share", share_, {"yes", "no"},
                   "whether new inputs go to the other nodes of the target, and theirs come here");
    options.size("share-budget", config_.share.budget, "what may go out a minute, and what may come in");
    options.duration("stop-grace", config_.stop_grace, "how long the fuzzer may take to end");
    options.choice("replay", replay_, {"never", "missing", "always"},
                   "which crashes are run again here: those without a report, all, or none");
    options.text("replay-command", replay_command_, "COMMAND",
                 "runs an input again, as a sanitizer build; @@ stands for its file");
    options.number("replay-tries", config_.replay.tries, "tries of one crash, at most");
    options.flag("quiet", quiet_, "do not pass the fuzzer's output on");
    service_.declare(options);
  }

  schema::Result<ExitCode> run() override {
    if (config_.command.empty()) {
      return schema::invalid("no fuzzer: fuzzmill run -- ./fuzz_target corpus/");
    }
    if (auto filled = fill(); !filled) return filled.error();
    runtime::Service service("run", service_);
    if (auto opened = link_.open(); !opened) return opened.error();
    auto& services = link_.services();
    services.pass_output = !quiet_;
    service.ready(link_.endpoint());
    const producers::NodeWatch node(services, {services.work_dir});
    const auto done = producers::run_target(config_, services, service.stop_token());
    if (!done) return done.error();
    return ExitCode::kOk;
  }

 private:
  schema::Status fill() {
    if (engine_ != "auto") config_.engine = producers::engine_named(engine_);
    if (config_.name.empty()) config_.name = producers::default_target_name(config_.command);
    if (!schema::valid_name(config_.name)) {
      return schema::invalid("--target: up to 64 letters, digits, '.', '_' and '-', not beginning with '.'");
    }
    if (config_.replay.tries == 0 || config_.replay.tries > 100) {
      return schema::invalid("--replay-tries: from 1 to 100");
    }
    if (auto filled = fill_corpus(); !filled) return filled;
    config_.replay.when = replay_when(replay_);
    for (std::size_t at = 0;
         at < replay_command_.size();) {  // words; an argument with a blank wants the agent's file
      const auto end = std::min(replay_command_.find(' ', at), replay_command_.size());
      if (end > at) config_.replay.command.push_back(replay_command_.substr(at, end - at));
      at = end + 1;
    }
    return link_.fill(config_.name);
  }

  schema::Status fill_corpus() {
    const auto at = producers::parse_time_of_day(snapshot_at_);
    if (!at) return schema::Error(at.error()).in("--snapshot-at");
    config_.snapshots.at = *at;
    if (auto parsed = producers::parse_selection(snapshot_select_, config_.selection); !parsed) {
      return std::move(parsed).error().in("--snapshot-select");
    }
    const auto most = producers::kMaxSnapshotFileBytes;
    if (config_.selection.max_file_bytes == 0 || config_.selection.max_file_bytes > most) {
      return schema::invalid(fmt::format("--snapshot-max-file: up to {}", runtime::size_text(most)));
    }
    config_.share.on = share_ == "yes";
    return {};
  }

  producers::TargetConfig config_;
  NodeLink link_;
  runtime::ServiceOptions service_;
  std::string engine_ = "auto", replay_ = "missing", replay_command_;
  std::string snapshot_at_ = "00:00", snapshot_select_ = "top 100", share_ = "yes";
  bool quiet_ = false;
};

}  // namespace

CommandRow run_command() {
  return {
      {"run", "Runs a fuzzer under watch and publishes its crashes, samples and corpus",
       "The fuzzer is a libFuzzer target, afl-fuzz or honggfuzz: told by the command. Ends when the fuzzer "
       "reaches a limit of its own (-runs, -max_total_time, -V), at SIGTERM or ^C.",
       "fuzzmill run --node singapore -- ./fuzz_target -rss_limit_mb=2048 corpus/"},
      make_command<Run>};
}

}  // namespace fuzzmill::cli
