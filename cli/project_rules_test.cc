// What a project says about frames and severities reaches the commands that read reports.
#include "cli/project_rules.h"

#include "cli/command.h"
#include "cli/commands.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;

namespace {

std::optional<std::string> nothing(const std::string&) { return std::nullopt; }

}  // namespace

TEST_CASE("the project's rules are handed on to a child as they were given") {
  const std::vector<std::string> given = {"--frame-rules", "path third_party/log", "--frame-rules",
                                          "function die",  "--severity-rules",     "timeout = HIGH"};
  ProjectRuleOptions rules;
  runtime::Options options("up");
  rules.declare(options);
  REQUIRE(options.parse({given, nothing, {}}, {}).ok());
  CHECK(rules.arguments() == given);
  const ProjectRules read = tests::must(rules.rules());
  CHECK(read.frames.rules().size() == 2);
  CHECK(read.severities.entries().size() == 1);
  CHECK(ProjectRuleOptions().arguments().empty());
}

TEST_CASE("every command that reads reports or starts who does takes the project's rules") {
  tests::TemporaryFolder folder;
  const std::string file = folder.write("a.txt", "x\n");
  for (const std::string name : {"triage", "analyze", "up", "worker"}) {
    INFO(name);
    DeclaredCommand declared(*find_command(name));
    std::vector<std::string> arguments = {"--frame-rules", "nonsense"};
    if (name == "worker") arguments.insert(arguments.end(), {"all", "--data", folder.path().string()});
    if (name == "up") arguments.insert(arguments.end(), {"--data", folder.path().string()});
    if (name == "triage" || name == "analyze") arguments.push_back(file);
    REQUIRE(declared.options.parse({arguments, nothing, {}}, known_options()).ok());
    const auto done = declared.command->run();
    REQUIRE_FALSE(done.ok());
    CHECK(done.error().message.find("--frame-rules") != std::string::npos);
  }
}
