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
      const Table targets = targets_table(*nodes, now);
      if (!targets.empty()) print("\n");
      if (!targets.empty()) print(targets);
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
      {"nodes", "Lists the machines that fuzz, and what each target does and uses",
       "STATE of a node is what its agent says, silent without a sign of life, or stopped; of a target\n"
       "what its agent judged, with the reason in WHY. PROC has one letter a process, as ps shows them.\n\n"
       "--json: {\"nodes\": [{\"node\", \"state\", \"last_seen_ms\", \"version\", \"uptime_s\", "
       "\"spool_events\",\n"
       "  \"spool_dropped\", \"alerts\": [text], \"machine\": null or {\"time_ms\", and each a number, text "
       "or null:\n"
       "  \"cpu_percent\", \"cores\", \"load1\", \"memory_mb\", \"memory_total_mb\", \"disk_percent\", "
       "\"disk_free_mb\",\n"
       "  \"disk_path\", \"inode_percent\", \"temperature_c\", \"oom_kills\"}, \"targets\": [{\"target\", "
       "\"time_ms\",\n"
       "  \"cpu_percent\", \"rss_mb\", \"threads\", \"processes\", \"states\", and each a number, text or "
       "null:\n"
       "  \"state\", \"state_reason\", \"executions\", \"exec_per_second\", \"coverage\", "
       "\"corpus_files\",\n"
       "  \"corpus_bytes\", \"crashes\", \"hangs\", \"restarts\", \"engine\", \"last_new_path_ms\", "
       "\"pss_mb\",\n"
       "  \"fds\", \"zombies\", \"merged\"}]}]}",
       "fuzzmill nodes --json"},
      make_command<Nodes>};
}

}  // namespace fuzzmill::cli
