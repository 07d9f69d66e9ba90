#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/data_folder.h"
#include "cli/read_views.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "cli/views.h"

namespace fuzzmill::cli {
namespace {

class Nodes final : public Command {
 public:
  void declare(runtime::Options& options) override {
    redis_.declare(options);
    options.number("limit", limit_, "nodes at most, those last seen first");
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    const auto nodes = read();
    if (!nodes) return nodes.error();
    const std::uint64_t now = runtime::unix_ms();
    if (json_) {
      print_json(nodes_json(*nodes, now));
    } else if (nodes->empty()) {
      print("no nodes yet: `fuzzmill run -- TARGET` on a machine makes it one\n");
    } else {
      print(nodes_table(*nodes, now));
    }
    return ExitCode::kOk;
  }

 private:
  schema::Result<std::vector<NodeView>> read() {
    const Progress progress("reading nodes");
    auto redis = redis_.connect();
    if (!redis) return redis.error();
    return read_nodes(*redis, limit_);
  }

  RedisOptions redis_;
  std::uint64_t limit_ = 200;
  bool json_ = false;
};

}  // namespace

CommandRow nodes_command() {
  return {
      {"nodes", "Lists the machines that fuzz and what each target uses",
       "STATE is what the node says, or silent after 3 minutes without a sign of life, or stopped.\n"
       "PROC has one letter a process of the target, as ps shows them.\n\n"
       "--json: {\"nodes\": [{\"node\", \"state\", \"last_seen_ms\", \"version\", \"uptime_s\", "
       "\"spool_events\",\n"
       "  \"spool_dropped\", \"targets\": [{\"target\", \"time_ms\", \"cpu_percent\", \"rss_mb\", "
       "\"threads\", \"processes\",\n"
       "  \"states\", and each a number, text or null: \"executions\", \"exec_per_second\", \"coverage\",\n"
       "  \"corpus_files\", \"crashes\", \"restarts\", \"engine\"}]}]}",
       "fuzzmill nodes --json"},
      make_command<Nodes>};
}

}  // namespace fuzzmill::cli
