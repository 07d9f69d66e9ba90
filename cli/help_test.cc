// The tables of commands and options hold together, and docs/options.md is what they print.
#include "cli/help.h"

#include <fstream>
#include <iterator>
#include <set>

#include "cli/command.h"
#include "tests/catch.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;

TEST_CASE("docs/options.md is what the tables of commands and options print") {
  std::ifstream in(std::string(FUZZMILL_SOURCE_DIR) + "/docs/options.md");
  const std::string written((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  // To mend: build/release/fuzzmill help options > docs/options.md
  CHECK((written == options_markdown()));
}

TEST_CASE("every command has a summary and an example that begins with its name") {
  std::set<std::string_view> names;
  for (const CommandRow& row : commands()) {
    INFO(row.text.name);
    CHECK(names.insert(row.text.name).second);
    CHECK(!row.text.summary.empty());
    CHECK(row.text.example.find("fuzzmill " + std::string(row.text.name)) == 0);
    CHECK(overview_text().find(std::string(row.text.summary)) != std::string::npos);
  }
}

TEST_CASE("every command's options can be parsed empty, with help, and print their help") {
  for (const CommandRow& row : commands()) {
    INFO(row.text.name);
    DeclaredCommand declared(row);
    const auto nothing = [](const std::string&) -> std::optional<std::string> { return std::nullopt; };
    const auto parsed = declared.options.parse({{"--help"}, nothing, {}}, known_options());
    REQUIRE(parsed.ok());
    CHECK(parsed->help);
    for (const auto& line : {runtime::help_text(row.text, declared.options, 80)}) {
      CHECK(line.find("Example:\n  fuzzmill " + std::string(row.text.name)) != std::string::npos);
    }
  }
}
