#include "runtime/options.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "runtime/options_text.h"
#include "runtime/units.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using namespace fuzzmill::runtime;

namespace {

struct Folder {
  tests::TemporaryFolder folder;
  std::string write(const std::string& text, mode_t mode = 0600) const {
    const auto file = folder.write("fuzzmill.toml", text);
    chmod(file.c_str(), mode);
    return file.string();
  }
};

// A command with one option of each kind.
struct Sample {
  std::string config, redis = "unix:/default", severity = "any", token, action = "list";
  std::uint64_t limit = 20, memory = 64 << 20;
  std::chrono::milliseconds wait{5000};
  bool json = false, yes = false;
  std::vector<std::string> wants, stages, target;
  Options options{"sample"};

  Sample() {
    options.text("config", config, "FILE", "the configuration file").only_flag();
    options.text("redis", redis, "URL", "where Redis is");
    options.choice("severity", severity, {"any", "LOW", "HIGH"}, "the least severity");
    options.text("token", token, "TEXT", "the secret").secret();
    options.number("limit", limit, "rows at most");
    options.size("memory", memory, "memory at most");
    options.duration("wait-for", wait, "how long");
    options.flag("json", json, "for programs");
    options.flag("yes", yes, "do not ask").only_flag();
    options.list("want", wants, "NAME", "an attachment");
    options.positional("ACTION", action, "what to do");
    options.positionals("STAGE", stages, "on what");
    options.remainder("TARGET ARGS...", target, "the target");
  }

  schema::Result<Parsed> parse(std::vector<std::string> arguments,
                               std::map<std::string, std::string> variables = {}, std::string file = {}) {
    const KnownOptions known = {{"sample", options.names()}, {"other", {"theirs"}}};
    return options.parse({std::move(arguments),
                          [variables](const std::string& name) -> std::optional<std::string> {
                            const auto it = variables.find(name);
                            return it == variables.end() ? std::nullopt : std::optional(it->second);
                          },
                          std::move(file)},
                         known);
  }
};

std::string problem(const schema::Result<Parsed>& parsed) {
  return parsed.ok() ? "" : parsed.error().message;
}
bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a flag wins over the environment, that over the file, that over the default") {
  const Folder folder;
  const std::string file = folder.write("redis = \"unix:/file\"\n");
  const std::map<std::string, std::string> variables = {{"FUZZMILL_REDIS", "unix:/variable"}};
  {
    Sample sample;
    REQUIRE(sample.parse({}).ok());
    CHECK(sample.redis == "unix:/default");
  }
  {
    Sample sample;
    REQUIRE(sample.parse({}, {}, file).ok());
    CHECK(sample.redis == "unix:/file");
  }
  {
    Sample sample;
    REQUIRE(sample.parse({}, variables, file).ok());
    CHECK(sample.redis == "unix:/variable");
  }
  {
    Sample sample;
    REQUIRE(sample.parse({"--redis=unix:/flag"}, variables, file).ok());
    CHECK(sample.redis == "unix:/flag");
  }
}

TEST_CASE("every kind of option is read from flags") {
  Sample sample;
  const auto parsed =
      sample.parse({"show", "--limit", "7", "--memory", "2GB", "--wait-for", "3m", "--json", "--want",
                    "input", "--want=report", "--severity", "HIGH", "--", "./fuzz", "--json", "--", "x"});
  INFO(problem(parsed));
  REQUIRE(parsed.ok());
  CHECK(sample.action == "show");
  CHECK(sample.limit == 7);
  CHECK(sample.memory == 2ull << 30);
  CHECK(sample.wait == std::chrono::minutes(3));
  CHECK(sample.json);
  CHECK(sample.wants == std::vector<std::string>{"input", "report"});
  CHECK(sample.severity == "HIGH");
  CHECK(sample.target == std::vector<std::string>{"./fuzz", "--json", "--", "x"});
}

TEST_CASE("a value after an option does not swallow the positional behind it") {
  Sample sample;
  REQUIRE(sample.parse({"--want", "input", "show"}).ok());
  CHECK(sample.wants == std::vector<std::string>{"input"});
  CHECK(sample.action == "show");
}

TEST_CASE("every kind of option is read from the file, and a section wins over the top") {
  const Folder folder;
  const std::string file = folder.write(
      "# ours\nlimit = 7\nmemory = \"1MB\"\nwait-for = \"250ms\"\njson = true\nwant = [\"input\", "
      "\"report\"]\n"
      "\n[sample]\nlimit = 9\n\n[other]\ntheirs = \"x\"\n");
  Sample sample;
  const auto parsed = sample.parse({}, {}, file);
  INFO(problem(parsed));
  REQUIRE(parsed.ok());
  CHECK(parsed->file == file);
  CHECK(sample.limit == 9);
  CHECK(sample.memory == 1u << 20);
  CHECK(sample.wait == std::chrono::milliseconds(250));
  CHECK(sample.json);
  CHECK(sample.wants == std::vector<std::string>{"input", "report"});
}

TEST_CASE("an unknown key is an error that names the file and the key") {
  const Folder folder;
  SECTION("at the top") {
    const std::string file = folder.write("redsi = \"unix:/x\"\n");
    Sample sample;
    const std::string message = problem(sample.parse({}, {}, file));
    CHECK(says(message, file));
    CHECK(says(message, "'redsi'"));
  }
  SECTION("in a section") {
    Sample sample;
    CHECK(
        says(problem(sample.parse({}, {}, folder.write("[other]\nredis = \"x\"\n"))), "'redis' in [other]"));
  }
  SECTION("in a section of no command") {
    Sample sample;
    CHECK(says(problem(sample.parse({}, {}, folder.write("[nobody]\nredis = \"x\"\n"))), "[nobody]"));
  }
  SECTION("a flag that says yes is not for files") {
    Sample sample;
    CHECK(says(problem(sample.parse({}, {}, folder.write("yes = true\n"))), "'yes'"));
  }
}

TEST_CASE("a wrong value is an error that names its source") {
  const Folder folder;
  Sample sample;
  CHECK(says(problem(sample.parse({"--limit", "many"})), "--limit: 'many'"));
  CHECK(says(problem(sample.parse({}, {{"FUZZMILL_WAIT_FOR", "5"}})), "FUZZMILL_WAIT_FOR: '5'"));
  CHECK(says(problem(sample.parse({}, {}, folder.write("memory = \"2 cups\"\n"))),
             "fuzzmill.toml: memory: '2 cups'"));
  CHECK(says(problem(sample.parse({"--severity", "BAD"})), "none of any, LOW, HIGH"));
  CHECK(says(problem(sample.parse({"--limit=1", "--limit=2"})), "2 times"));
  CHECK(says(problem(sample.parse({"--nothing"})), "--nothing"));
  CHECK(sample.parse({"list", "more", "and more"}).ok());
  CHECK(sample.stages == std::vector<std::string>{"more", "and more"});

  Options one("one");
  std::string name;
  one.positional("NAME", name, "the only word");
  const auto parsed = one.parse({{"first", "second"}, [](const auto&) { return std::nullopt; }, {}}, {});
  CHECK(says(problem(parsed), "'second' is one word too many"));
}

TEST_CASE("a named configuration file that is not there is an error, the default one is not") {
  Sample sample;
  const auto parsed = sample.parse({"--config", "/nonexistent/fuzzmill.toml"});
  REQUIRE(!parsed.ok());
  CHECK(parsed.error().code == schema::ErrorCode::kNotFound);
  CHECK(sample.parse({}, {}, "/nonexistent/fuzzmill.toml").ok());
}

TEST_CASE("a secret has no flag, and a file that holds one is for its owner") {
  const Folder folder;
  Sample sample;
  CHECK(!sample.parse({"--token", "x"}).ok());
  REQUIRE(sample.parse({}, {{"FUZZMILL_TOKEN", "from-variable"}}).ok());
  CHECK(sample.token == "from-variable");
  REQUIRE(sample.parse({}, {}, folder.write("token = \"from-file\"\n", 0640)).ok());
  CHECK(sample.token == "from-file");
  const auto parsed = sample.parse({}, {}, folder.write("token = \"from-file\"\n", 0644));
  REQUIRE(!parsed.ok());
  CHECK(parsed.error().code == schema::ErrorCode::kDenied);
  CHECK(!says(parsed.error().message, "from-file"));
}

TEST_CASE("help tells every option with its default and ends with the example") {
  Sample sample;
  const auto parsed = sample.parse({"--help", "--limit", "many"});
  REQUIRE(parsed.ok());
  CHECK(parsed->help);
  const CommandText text{"sample", "Shows samples", "", "fuzzmill sample list"};
  const std::string help = help_text(text, sample.options, 80);
  CHECK(says(help, "usage: fuzzmill sample [ACTION] [STAGE...] [OPTIONS] -- TARGET ARGS..."));
  CHECK(says(help, "--memory SIZE"));
  CHECK(says(help, "[64MB]"));
  CHECK(says(help, "FUZZMILL_TOKEN"));
  CHECK(!says(help, "--token"));
  const std::string end = "Example:\n  fuzzmill sample list\n";
  CHECK(help.substr(help.size() - end.size()) == end);
  CHECK(says(markdown_text(text, sample.options),
             "| `--wait-for TIME` | `FUZZMILL_WAIT_FOR` | `wait-for` | `5s` |"));
}

TEST_CASE("durations and sizes are read as people write them, and written so that they read the same") {
  CHECK(*parse_duration("0") == std::chrono::milliseconds(0));
  CHECK(*parse_duration("250ms") == std::chrono::milliseconds(250));
  CHECK(*parse_duration("7d") == std::chrono::hours(168));
  CHECK(duration_text(std::chrono::milliseconds(90'000)) == "90s");
  CHECK(duration_text(std::chrono::hours(48)) == "2d");
  CHECK(*parse_size("512") == 512);
  CHECK(*parse_size("64kb") == 65536);
  CHECK(*parse_size("3MiB") == 3u << 20);
  CHECK(*parse_size("1G") == 1u << 30);
  CHECK(size_text(1536) == "1536B");
  CHECK(size_text(64 << 20) == "64MB");
  for (const char* wrong :
       {"", "5", "s", "-5s", "5 s", "5S", "1.5s", "99999999999999999999s", "9999999999999999d"}) {
    INFO(wrong);
    CHECK(!parse_duration(wrong).ok());
  }
  for (const char* wrong : {"", "MB", "-1", "1.5GB", "1XB", "99999999999TB", "1 GB"}) {
    INFO(wrong);
    CHECK(!parse_size(wrong).ok());
  }
}
