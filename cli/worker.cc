#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.h"
#include "cli/data_folder.h"
#include "cli/project_rules.h"
#include "runtime/log.h"
#include "runtime/printable.h"
#include "runtime/service.h"
#include "store/objects/open_store.h"
#include "workers/runner.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

class Worker final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positionals("STAGE", stages_, "fingerprint, classify, archive, alert, or all").required();
    redis_.declare(options);
    service_.declare(options);
    options.text("endpoint", runner_.endpoint, "URL", "the broker; where none is given, the one of --data");
    options.text("keys", keys_, "DIR",
                 "folder with STAGE.key and server.pub; where none is given, keys/ of --data");
    options.text(
        "archive", archive_, "PLACE",
        "of stage archive: where archives go, a folder or s3://bucket/prefix?endpoint=URL&region=NAME; where "
        "none is given, archive/ of --data");
    options.text(
        "crash-archive", crash_archive_, "DIR",
        "of stage archive: where crash archives go; where none is given, --archive, or archive/ of --data "
        "when that is no folder");
    options.choice("archive-format", archive_format_, {"tar.zst", "tar.gz"},
                   "of stage archive: of corpus archives");
    options.number("keep-last", keep_last_,
                   "of stage archive: so many of the newest corpus archives of a target stay, however old");
    options.number("kept-inputs", kept_inputs_, "of stage archive: inputs kept of each group, the smallest");
    options.text("alert-log", alert_log_, "FILE",
                 "of stage alert: one line an alert; where none is given, alerts.log of --data");
    options.text("webhook-url", runner_.webhook_url, "URL", "of stage alert: where alerts are posted")
        .secret();
    options.choice("webhook-form", webhook_form_, {"json", "slack"}, "of stage alert: how");
    options.duration("alert-retry-first", runner_.alert_retry_first,
                     "of stage alert: before the second attempt to write or post; the next ones wait 6, 30 "
                     "and 180 times as long");
    options.number(
        "alerts-per-hour", runner_.alerts_per_hour,
        "of stage alert: the budget of crashes, and as many of nodes and targets; one more of each "
        "says that it is spent");
    options.number("node-cpu-limit", node_cpu_limit_,
                   "of stage alert: percent of all cores of a node that alert after five minutes; 0: never");
    options.number("node-memory-limit", node_memory_limit_,
                   "of stage alert: percent of a node's or container's memory that alert; 0: never");
    options.number("target-memory-limit", target_memory_limit_,
                   "of stage alert: MB of a target's processes that alert; 0: never");
    options.number("disk-limit", disk_limit_,
                   "of stage alert: percent of a node's disk or inodes that alert; 0: never");
    options.number("silent-intervals", runner_.alert_limits.silent_intervals,
                   "of stage alert: sampling intervals without a sample after which a node is silent");
    options.list("frame-rules", frame_rules_, "RULE",
                 "of stage fingerprint: frames of yours that say nothing, such as 'path third_party/log'");
    options.list("severity-rules", severity_rules_, "RULE",
                 "of stage classify: severities in your own words, such as 'memory-leak = MEDIUM'");
    options.number("credit", credit_, "deliveries that a stage holds at most");
  }

  schema::Result<ExitCode> run() override {
    if (auto filled = fill(); !filled) return filled.error();
    runtime::Service service(runner_.stages.size() == 1 ? "worker-" + stages_[0] : "worker", service_);
    service.ready(runner_.endpoint);
    const auto done = workers::run_stages(runner_, service.stop_token());
    if (!done) return done.error();
    return ExitCode::kOk;
  }

 private:
  schema::Status fill() {
    if (auto named = name_stages(); !named) return named;
    const DataFolder data = redis_.folder();
    const auto or_data = [](const std::string& given, const fs::path& otherwise) {
      return given.empty() ? otherwise : fs::path(given);
    };
    runner_.keys = or_data(keys_, data.keys());
    if (store::names_s3(archive_)) {
      runner_.corpora = archive_;
      runner_.archive = or_data(crash_archive_, data.archive());
    } else {
      runner_.corpora = or_data(archive_, data.archive()).string();
      runner_.archive = or_data(crash_archive_, runner_.corpora);
    }
    runner_.corpus_format =
        archive_format_ == "tar.gz" ? store::ArchiveFormat::kTarGz : store::ArchiveFormat::kTarZst;
    if (keep_last_ == 0) return schema::invalid("--keep-last is at least 1");
    runner_.corpus_retention.keep_last = keep_last_;
    // Without a data folder of `up`, a log is where somebody asked for one.
    runner_.alert_log =
        or_data(alert_log_, redis_.redis.empty() || !redis_.data.empty() ? data.alerts_log() : fs::path());
    runner_.webhook_form =
        webhook_form_ == "slack" ? workers::WebhookForm::kSlack : workers::WebhookForm::kJson;
    if (runner_.alert_retry_first < std::chrono::milliseconds(1) ||
        runner_.alert_retry_first > std::chrono::hours(1)) {
      return schema::invalid("--alert-retry-first is between 1ms and 1h");
    }
    if (node_cpu_limit_ > 100 || node_memory_limit_ > 100 || disk_limit_ > 100)
      return schema::invalid("--node-cpu-limit, --node-memory-limit and --disk-limit are percents");
    if (runner_.alert_limits.silent_intervals == 0 || runner_.alert_limits.silent_intervals > 1000)
      return schema::invalid("--silent-intervals is between 1 and 1000");
    runner_.alert_limits.node_cpu_percent = static_cast<double>(node_cpu_limit_);
    runner_.alert_limits.node_memory_percent = static_cast<double>(node_memory_limit_);
    runner_.alert_limits.target_memory_mb = static_cast<double>(target_memory_limit_);
    runner_.alert_limits.disk_percent = static_cast<double>(disk_limit_);
    if (kept_inputs_ == 0 || credit_ == 0)
      return schema::invalid("--kept-inputs and --credit are at least 1");
    auto rules = project_rules(frame_rules_, severity_rules_);
    if (!rules) return rules.error();
    runner_.frame_rules = std::move(rules->frames);
    runner_.severity_rules = std::move(rules->severities);
    runner_.kept_inputs = kept_inputs_;
    runner_.credit = credit_;
    const auto address = redis_.address();
    if (!address) return address.error();
    runner_.redis = *address;
    if (runner_.endpoint.empty()) {
      auto endpoint = local_endpoint(data);
      if (!endpoint) return std::move(endpoint).error().in("no broker: name one with --endpoint or --data");
      runner_.endpoint = *endpoint;
    }
    return {};
  }

  schema::Status name_stages() {
    if (stages_ == std::vector<std::string>{"all"}) {
      runner_.stages.assign(schema::all_stages().begin(), schema::all_stages().end());
      return {};
    }
    for (const std::string& name : stages_) {
      const auto stage = schema::stage_named(name);
      if (!stage)
        return schema::invalid(fmt::format("no stage '{}': fingerprint, classify, archive, alert or all",
                                           runtime::printable(name)));
      if (std::find(runner_.stages.begin(), runner_.stages.end(), *stage) != runner_.stages.end()) {
        return schema::invalid(
            fmt::format("stage {} is named twice; for more of it start another worker", name));
      }
      runner_.stages.push_back(*stage);
    }
    return {};
  }

  std::vector<std::string> stages_, frame_rules_, severity_rules_;
  RedisOptions redis_;
  runtime::ServiceOptions service_;
  workers::RunnerOptions runner_;
  std::string keys_, archive_, crash_archive_, archive_format_ = "tar.zst", alert_log_,
                                               webhook_form_ = "json";
  std::uint64_t kept_inputs_ = 5, credit_ = 128, keep_last_ = store::kKeepLast;
  std::uint64_t node_cpu_limit_ = 80, node_memory_limit_ = 90, target_memory_limit_ = 6144, disk_limit_ = 80;
};

}  // namespace

CommandRow worker_command() {
  return {{"worker", "Runs stages: fingerprint, classify, archive, alert, or all in one process",
           "Workers hold no state: start as many of a stage as it takes, on as many machines.",
           "fuzzmill worker fingerprint classify --endpoint tcp://broker:7411 --redis redis://10.0.0.5 "
           "--keys /var/lib/fuzzmill/keys"},
          make_command<Worker>};
}

}  // namespace fuzzmill::cli
