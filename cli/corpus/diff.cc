#include <nlohmann/json.hpp>

#include "cli/corpus/actions.h"
#include "cli/corpus/corpus_link.h"
#include "cli/corpus/corpus_views.h"
#include "cli/screen.h"
#include "cli/show.h"

namespace fuzzmill::cli {
namespace {

class Diff final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positional("A", first_, "a target, an archive's id, or a file").required();
    options.positional("B", second_, "the same").required();
    corpus_.declare(options);
    options.number("limit", limit_, "files listed of each side at most");
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    std::optional<Progress> progress("reading two archives");
    ArchiveFinder finder(corpus_);
    schema::CorpusManifest manifests[2];
    const std::string* names[2] = {&first_, &second_};
    for (int i = 0; i < 2; ++i) {
      const auto archive = finder.find(*names[i]);
      if (!archive) return archive.error();
      auto manifest = read_manifest(*archive);
      if (!manifest) return std::move(manifest).error();
      manifests[i] = std::move(*manifest);
    }
    const auto diff = store::diff_archives(manifests[0], manifests[1]);
    progress.reset();
    if (json_) {
      print_json(diff_json(diff));
    } else {
      print(diff_text(diff, limit_));
    }
    return diff.only_first.empty() && diff.only_second.empty() ? ExitCode::kOk : ExitCode::kFound;
  }

 private:
  CorpusOptions corpus_;
  std::string first_, second_;
  std::uint64_t limit_ = 50;
  bool json_ = false;
};

}  // namespace

CommandRow corpus_diff_command() {
  return {{"corpus diff", "Compares what two archives hold, by content",
           "Exit code 0 when both hold the same files, 1 when not.\n\n"
           "--json: {\"in_both\", \"renamed\", \"only_first\": [{\"sha256\", \"size\", \"names\": [text]}], "
           "\"only_second\": […]}",
           "fuzzmill corpus diff 3f2a91c0 fuzz_png"},
          make_command<Diff>};
}

}  // namespace fuzzmill::cli
