#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/corpus/actions.h"
#include "cli/corpus/corpus_link.h"
#include "cli/corpus/corpus_views.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "runtime/health.h"
#include "runtime/printable.h"
#include "store/reindex.h"

namespace fuzzmill::cli {
namespace {

class Reindex final : public Command {
 public:
  void declare(runtime::Options& options) override {
    corpus_.declare(options);
    options
        .flag("mend-checksums", how_.mend_checksums,
              "an archive that is whole and lacks its .sha256 gets one")
        .only_flag();
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    ArchiveFinder finder(corpus_);
    if (auto connected = finder.connect(); !connected) return connected.error();
    auto turn = CorpusTurn::take(corpus_);
    if (!turn) return std::move(turn).error();
    const auto done = rebuild(finder);
    if (!done) return done.error();
    for (const auto& problem : done->problems)
      fmt::print(stderr, "not listed: {}\n", runtime::printable(problem));
    if (json_) {
      print_json({{"targets", done->targets},
                  {"archives", done->archives},
                  {"quarantined", done->quarantined},
                  {"files", done->files},
                  {"bytes", done->bytes},
                  {"mended", done->mended},
                  {"problems", done->problems}});
    } else {
      print(fmt::format("{} archives of {} targets are listed, {} files, {}; {} are in quarantine\n",
                        done->archives, done->targets, done->files, bytes_text(done->bytes),
                        done->quarantined));
    }
    return done->problems.empty() ? ExitCode::kOk : ExitCode::kFound;
  }

 private:
  schema::Result<store::Reindexed> rebuild(ArchiveFinder& finder) {
    Progress progress("reading every archive");
    store::CorpusCatalog catalog(finder.redis());
    return store::reindex(
        finder.store(), catalog, runtime::unix_ms(), how_, [&](const store::ReindexProgress& now) {
          progress.say(
              fmt::format("reading {} of {}: {}, {}", now.at, now.of, now.object, bytes_text(now.bytes)));
        });
  }

  CorpusOptions corpus_;
  store::ReindexOptions how_;
  bool json_ = false;
};

}  // namespace

CommandRow corpus_reindex_command() {
  return {
      {"corpus reindex", "Rebuilds the index of archives in Redis from the archives alone",
       "Reads every byte of each archive. One that is damaged is told and not listed; nothing is removed.\n"
       "Exit code 1 when there was such a one.\n\n"
       "--json: {\"targets\", \"archives\", \"quarantined\", \"files\", \"bytes\", \"mended\", \"problems\": "
       "[text]}",
       "fuzzmill corpus reindex"},
      make_command<Reindex>};
}

}  // namespace fuzzmill::cli
