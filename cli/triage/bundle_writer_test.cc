// Bundles of programs that are shell scripts: no compiler and no debugger needed. check_bundles.py runs those
// of real fuzz targets.
#include "cli/triage/bundle_writer.h"

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/triage/engine.h"
#include "cli/triage/escape.h"
#include "cli/triage/repro_script.h"
#include "cli/triage/sample_crash.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;

namespace {

constexpr int kRounds = 60;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

int run(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Prints a report of AddressSanitizer when the input holds "over" or "free", is killed when it holds "kill",
// fails without a crash when it holds "fail"; reads $1 or its standard input.
constexpr const char* kProgram = R"sh(#!/bin/sh
text=$(cat -- "${1:--}")
report() {
  echo "==7==ERROR: AddressSanitizer: $1 on address 0x602000000$$ at pc 0x1 bp 0x2 sp 0x3" >&2
  echo "READ of size 4 at 0x602000000$$ thread T0" >&2
  echo "    #0 0x4f00 in __asan_memcpy (/bin/t+0x4f00)" >&2
  echo "    #1 0x4f01 in ${2} /src/tlv.cc:12:3" >&2
  echo "    #2 0x4f02 in main /src/main.cc:3:1" >&2
  echo "" >&2
  echo "SUMMARY: AddressSanitizer: $1 /src/tlv.cc:12:3 in ${2}" >&2
  echo "==7==ABORTING" >&2
  exit 1
}
case $text in
  *over*) report heap-buffer-overflow "tlv::sum(int)" ;;
  *free*) report heap-use-after-free "tlv::sum(int)" ;;
  *else*) report heap-buffer-overflow "tlv::other(int)" ;;
  *kill*) kill -SEGV $$ ;;
  *flaky*) if mkdir "$FLAKY" 2>/dev/null; then exit 0; fi; report heap-buffer-overflow "tlv::sum(int)" ;;
  *fail*) exit 1 ;;
esac
)sh";

// A folder with the program, one report with its input, and the bundle made of them.
struct Bundle {
  explicit Bundle(std::vector<std::string> arguments, const std::string& input = "over",
                  const std::string& name = "crash-1", const ProjectRules& rules = {}) {
    const auto program = folder.write("program", kProgram);
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    folder.write(name, input);
    run(shell_word(program.string()) + " " + shell_word((folder.path() / name).string()) + " 2>" +
        shell_word((folder.path() / (name + ".log")).string()));
    std::vector<std::string> command = {program.string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    TriagedGroup group;
    const std::string log = (folder.path() / (name + ".log")).string();
    group.representative = read_crashes(log, *read_report_file(log)).front();
    group.id = group.representative.group = "0123456789abcdef", group.crashes = 1;
    group.representative.input = (folder.path() / name).string();
    OutputFolder out((folder.path() / "out").string(), false, stdout);
    BundleWriter writer(out, command, rules);
    REQUIRE(writer.finish({group}).ok());
    files = out.counts().written;
  }

  int repro(const std::string& environment, const std::string& arguments = "") const {
    return run("cd " + shell_word(folder.path().string()) +
               " && FUZZMILL=none SYMBOLIZER=/bin/cat TRIES=2 FLAKY=\"$PWD/flaky\" " + environment +
               " sh out/0123456789abcdef/repro.sh " + arguments + " >told 2>&1 </dev/null");
  }

  tests::TemporaryFolder folder;
  std::size_t files = 0;
};

}  // namespace

TEST_CASE("a bundle knows the frames that the project says mean nothing") {
  const auto stack = [](const Bundle& bundle) {
    return nlohmann::json::parse(bundle.folder.read("out/0123456789abcdef/meta.json"))["crash"]["stack"];
  };
  const std::string first = stack(Bundle({"@@"}))[0];
  const auto rules = project_rules({"function " + first}, {});
  REQUIRE(rules);
  const auto without = stack(Bundle({"@@"}, "over", "crash-1", *rules));
  CHECK(std::find(without.begin(), without.end(), first) == without.end());
}

TEST_CASE("a bundle holds the input, the report, what is known and both scripts") {
  const Bundle bundle({"@@"});
  CHECK(bundle.files == 5);
  CHECK(bundle.folder.read("out/0123456789abcdef/input") == "over");
  CHECK(has(bundle.folder.read("out/0123456789abcdef/report.txt"), "heap-buffer-overflow"));
  const auto meta = nlohmann::json::parse(bundle.folder.read("out/0123456789abcdef/meta.json"));
  CHECK(meta["group_id"] == "0123456789abcdef");
  CHECK(meta["crash"]["kind"] == "heap-buffer-overflow");
  CHECK(meta["command"][1] == "@@");
  CHECK(has(bundle.folder.read("out/0123456789abcdef/repro.gdb"), "abort_on_error=1"));
}

TEST_CASE("repro.sh tells the same bug from another, from none and from a wrong environment") {
  for (const bool by_file : {true, false}) {
    CAPTURE(by_file);
    const Bundle bundle(by_file ? std::vector<std::string>{"@@"} : std::vector<std::string>{});
    for (const char* text : {"over", "free", "else", "kill", "fail", "fine", "flaky"})
      bundle.folder.write(text, text);
    CHECK(bundle.repro("") == 0);
    CHECK(bundle.repro("INPUT=over") == 0);
    CHECK(bundle.repro("INPUT=free") == 3);
    CHECK(bundle.repro("INPUT=else") == 3);
    CHECK(bundle.repro("INPUT=kill") == 3);
    CHECK(bundle.repro("INPUT=fail") == 4);
    CHECK(bundle.repro("INPUT=fine") == 4);
    CHECK(bundle.repro("INPUT=flaky") == 0);  // not in the first try
    CHECK(bundle.repro("INPUT=gone") == 5);
    CHECK(bundle.repro("TARGET=gone") == 5);
    CHECK(bundle.repro("", "./gone") == 5);
    CHECK(bundle.repro("", "./fine") == 5);  // no program
    CHECK(bundle.repro("SYMBOLIZER=/gone") == 5);
    CHECK(bundle.repro("TRIES=x") == 5);
    bundle.folder.write("out/0123456789abcdef/input", "changed");
    CHECK(bundle.repro("") == 5);
  }
}

TEST_CASE("repro.sh runs whatever the program, its arguments and the input are called") {
  for (const char* name :
       {"a b", "it's", "$(touch pwned)", "-x", "a;touch pwned", "*", "%s", "\u202e", "a\"b", "a\\b"}) {
    CAPTURE(name);
    const Bundle bundle({"@@"}, "over", name);
    CHECK(bundle.repro("") == 0);
    CHECK(!std::filesystem::exists(bundle.folder.path() / "pwned"));
  }
}

TEST_CASE("a bundle is made anew over ours and never over a folder of others") {
  tests::TemporaryFolder folder;
  const auto write = [&](const TriagedGroup& group) {
    OutputFolder out((folder.path() / "out").string(), false, stdout);
    return BundleWriter(out, {}, {}).finish({group}).ok();
  };
  TriagedGroup group = sample_group();
  group.representative.path =
      folder.write("a.log", "==1==ERROR: AddressSanitizer: SEGV\n    #0 0x1 in f /a.c:1\n").string();
  group.representative.input.clear();
  REQUIRE(write(group));
  REQUIRE(write(group));
  folder.write("out/0123456789abcdef/meta.json", "{}");
  CHECK_FALSE(write(group));
  CHECK(folder.read("out/0123456789abcdef/meta.json") == "{}");
}

TEST_CASE("both scripts are sound whatever a report holds, and run nothing of it") {
  tests::TemporaryFolder folder;
  HostileText hostile(21);
  for (int i = 0; i < kRounds; ++i) {
    ReproFacts facts = repro_facts(hostile.group().representative, hostile.next(), hostile.next(),
                                   {hostile.next(), "@@", hostile.next()});
    facts.site = hostile.next(), facts.site_word = hostile.next(), facts.input_sha256 = hostile.next();
    facts.kind = hostile.next(), facts.title = hostile.next();
    folder.write("repro.sh", repro_sh(facts));
    const std::string cd = "cd " + shell_word(folder.path().string()) + " && ";
    REQUIRE(run(cd + "sh -n repro.sh 2>errors") == 0);
    // No such program: it must find that out and nothing else.
    REQUIRE(run(cd + "sh repro.sh /nonexistent/program >told 2>&1") == 5);
    REQUIRE(!std::filesystem::exists(folder.path() / "pwned"));
    // Of the debugger's script, the lines with words of theirs are comments and one expression.
    const std::string gdb = repro_gdb(facts);
    const std::string plain = repro_gdb({});
    std::string known = plain + "\n" + repro_gdb([] {
                          ReproFacts f;
                          f.site = "f", f.kind = "memory-leak";
                          return f;
                        }());
    known += repro_gdb([] {
      ReproFacts f;
      f.site = "f";
      return f;
    }());
    std::size_t begin = 0;
    for (std::size_t end; begin < gdb.size(); begin = end + 1) {
      end = gdb.find('\n', begin);
      const std::string line = gdb.substr(begin, end - begin);
      CAPTURE(line);
      const bool expression = line.rfind("site = re.compile(r\"^(.*[^a", 0) == 0;
      const bool frames =
          line == "frame, left = gdb.selected_frame(), " + std::to_string(facts.site_depth + 24);
      REQUIRE((line.compare(0, 1, "#") == 0 || expression || frames || has(known, line + "\n")));
      if (expression) REQUIRE(line.substr(20).find_first_of("'`;!\\\r\033{}") == std::string::npos);
    }
  }
}

TEST_CASE("repro.gdb says that it cannot see leaks, and that it compares one function only") {
  ReproFacts facts = repro_facts(sample_crash(), "1", "", {});
  CHECK(has(repro_gdb(facts), "Only the function where it crashed is compared"));
  facts.kind = "memory-leak";
  const std::string script = repro_gdb(facts);
  CHECK(has(script, "leaks cannot be seen under ptrace; use repro.sh"));
  CHECK(has(script, "\nquit 5\n"));
  CHECK_FALSE(has(script, "\nrun\n"));
}

TEST_CASE("the limits that a fuzzer had come from its report") {
  TriagedCrash crash = sample_crash();
  CHECK(repro_facts(crash, "1", "ERROR: libFuzzer: timeout after 7 seconds", {}).timeout_s == 7);
  CHECK(repro_facts(crash, "1", "out-of-memory (used: 769Mb; limit: 512Mb)", {}).rss_limit_mb == 512);
  CHECK(repro_facts(crash, "1", "out-of-memory (malloc(2147483648))", {}).malloc_limit_mb == 2048);
  CHECK(repro_facts(crash, "1", "timeout after 99999999999999999999999", {}).timeout_s == 0);
  CHECK(repro_facts(crash, "1", "", {}).command == std::vector<std::string>{"/bin/t"});
  CHECK(repro_facts(crash, "1", "", {"x"}).command == std::vector<std::string>{"x"});
}

TEST_CASE("a function is compared as repro.sh reads it out of a frame") {
  const auto word = [](std::string function) {
    return site_word_of(sample_frame(std::move(function), "", 0, 0, "/bin/t", 0x1f));
  };
  CHECK(word("tlv::sum(int)") == "tlv::sum");
  CHECK(word("(anonymous namespace)::f(char)") == "f");
  CHECK(word("main") == "main");
  CHECK(word("") == "t+0x1f");
}
