#include <nlohmann/json.hpp>

#include "cli/corpus/actions.h"
#include "cli/corpus/corpus_link.h"
#include "cli/corpus/corpus_views.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "runtime/health.h"

namespace fuzzmill::cli {
namespace {

class List final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positional("TARGET", target_, "only archives of this target");
    redis_.declare(options);
    options.flag("quarantine", quarantine_, "those that were pruned and are not deleted yet").only_flag();
    options.number("limit", limit_, "archives at most");
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    auto rows = read();
    if (!rows) return rows.error();
    if (json_) {
      print_json(archives_json(*rows));
    } else if (rows->empty()) {
      print(quarantine_ ? "nothing is in quarantine\n"
                        : "no archives yet: `fuzzmill corpus backup` makes them; after Redis was lost, "
                          "`fuzzmill corpus "
                          "reindex` finds them again\n");
    } else {
      print(archives_table(*rows, runtime::unix_ms()));
    }
    return ExitCode::kOk;
  }

 private:
  schema::Result<std::vector<store::CatalogRow>> read() {
    const Progress progress("reading the index of archives");
    auto redis = redis_.connect();
    if (!redis) return redis.error();
    store::CorpusCatalog catalog(*redis);
    if (!quarantine_) return catalog.list(target_, limit_);
    auto rows = catalog.quarantined();
    if (rows)
      std::erase_if(*rows, [&](const auto& row) { return !target_.empty() && row.target != target_; });
    return rows;
  }

  RedisOptions redis_;
  std::string target_;
  std::uint64_t limit_ = 1000;
  bool quarantine_ = false, json_ = false;
};

}  // namespace

CommandRow corpus_list_command() {
  return {
      {"corpus list", "Lists corpus archives: date, size, files, nodes, when verified, when it expires",
       "RATIO is the size of the files over that of the archive. EXPIRES of one in quarantine is when it is "
       "deleted.\n\n"
       "--json: {\"archives\": [{\"id\", \"target\", \"object\", \"sha256\", \"format\", \"nodes\": "
       "[{\"node\", "
       "\"snapshot\"}],\n"
       "  \"bytes\", \"files\", \"files_bytes\", \"files_left_out\", \"time_ms\", \"recorded_ms\", "
       "\"expires_s\", "
       "\"verified_ms\",\n"
       "  \"bad\": text or \"\", \"quarantined_s\", \"delete_s\", \"why\"}]}",
       "fuzzmill corpus list fuzz_png"},
      make_command<List>};
}

}  // namespace fuzzmill::cli
