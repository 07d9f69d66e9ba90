// `fuzzmill corpus` itself: what there is to do.
#include <fmt/format.h>

#include "cli/corpus/actions.h"
#include "cli/show.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

class Corpus final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positional("ACTION", action_, "one of those below; each has its own --help");
  }

  schema::Result<ExitCode> run() override {
    std::string list;
    for (const CommandRow& row : commands()) {
      if (row.text.name.starts_with("corpus "))
        list += fmt::format("  {:<17} {}\n", row.text.name, row.text.summary);
    }
    if (!action_.empty())
      return schema::invalid(
          fmt::format("no action '{}'; there are:\n{}", runtime::printable(action_), list));
    print("Corpora: months of fuzzing, kept, checked, given back, made small and shared\n\n" + list);
    return ExitCode::kOk;
  }

 private:
  std::string action_;
};

}  // namespace

CommandRow corpus_command() {
  return {{"corpus", "Tells what can be done with corpora: backup, verify, restore, prune, minimize, …", "",
           "fuzzmill corpus list"},
          make_command<Corpus>};
}

}  // namespace fuzzmill::cli
