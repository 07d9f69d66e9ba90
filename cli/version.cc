#include <fmt/format.h>

#include "cli/commands.h"
#include "runtime/version.h"

namespace fuzzmill::cli {
namespace {

class Version final : public Command {
 public:
  void declare(runtime::Options&) override {}
  schema::Result<ExitCode> run() override {
    fmt::print("fuzzmill {}\n", runtime::kVersion);
    return ExitCode::kOk;
  }
};

}  // namespace

CommandRow version_command() {
  return {{"version", "Prints the version", "", "fuzzmill version"}, make_command<Version>};
}

}  // namespace fuzzmill::cli
