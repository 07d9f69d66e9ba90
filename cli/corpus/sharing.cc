#include <nlohmann/json.hpp>

#include "cli/corpus/actions.h"
#include "cli/corpus/corpus_views.h"
#include "cli/data_folder.h"
#include "cli/screen.h"
#include "cli/show.h"

namespace fuzzmill::cli {
namespace {

class Sharing final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positional("TARGET", target_, "only of this target");
    redis_.declare(options);
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    const auto targets = read();
    if (!targets) return targets.error();
    if (json_) {
      print_json(sharing_json(*targets));
    } else if (targets->empty()) {
      print("no node has shared anything yet\n");
    } else {
      print(sharing_table(*targets));
    }
    return ExitCode::kOk;
  }

 private:
  schema::Result<std::vector<TargetSharing>> read() {
    const Progress progress("reading who shared what");
    auto redis = redis_.connect();
    if (!redis) return redis.error();
    store::CorpusDesk desk(*redis);
    std::vector<std::string> names = {target_};
    if (target_.empty()) {
      auto all = desk.sharing_targets();
      if (!all) return std::move(all).error();
      names = std::move(*all);
    }
    std::vector<TargetSharing> targets;
    for (const auto& name : names) {
      auto rows = desk.read_sharing(name);
      if (!rows) return std::move(rows).error();
      if (!rows->empty()) targets.push_back({name, std::move(*rows)});
    }
    return targets;
  }

  RedisOptions redis_;
  std::string target_;
  bool json_ = false;
};

}  // namespace

CommandRow corpus_sharing_command() {
  return {{"corpus sharing", "Shows which node gave and took how many inputs of each target",
           "SENT inputs are ACCEPTED or REFUSED (known already, over a limit); IMPORTED ones were written "
           "for the fuzzer, "
           "DROPPED ones not.\n\n"
           "--json: {\"sharing\": [{\"target\", \"node\", \"sent\", \"accepted\", \"refused\", \"imported\", "
           "\"dropped\"}]}",
           "fuzzmill corpus sharing fuzz_png"},
          make_command<Sharing>};
}

}  // namespace fuzzmill::cli
