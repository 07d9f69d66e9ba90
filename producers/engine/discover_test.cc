#include "producers/engine/discover.h"

#include <unistd.h>

#include "producers/engine/discover_proc.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

ProcessSeen process(std::uint64_t pid, std::uint64_t parent, std::string program,
                    std::vector<std::string> argv) {
  return {pid, parent, std::move(program), std::move(argv), "/srv"};
}

Discovery search(const std::vector<ProcessSeen>& processes, const std::string& watcher = {}) {
  DiscoveryLook look;
  look.words = [](const ProcessSeen& seen) {
    ProgramWords words;
    words.libfuzzer = seen.program.find("/fuzz_") != std::string::npos;
    return words;
  };
  look.is_file = [](const ProcessSeen&, const std::string& operand) {
    return operand.substr(0, 6) == "crash-";
  };
  look.watcher = watcher;
  return discover(processes, look);
}

}  // namespace

TEST_CASE("a fuzzer is known by its program, never by words of a command line") {
  const auto found = search({
      process(1, 0, "/sbin/init", {"init"}),
      process(2, 0, "", {}),  // a kernel thread
      process(10, 1, "/usr/bin/grep", {"grep", "fuzz_x", "afl-fuzz"}),
      process(11, 1, "/usr/bin/vim", {"vim", "/src/fuzz_x.cc"}),
      process(12, 1, "/usr/bin/bash", {"/build/fuzz_x", "corpus"}),
      process(13, 1, "/usr/bin/tail", {"tail", "-f", "honggfuzz.log"}),
      process(14, 1, "", {"afl-fuzz", "-o", "x", "--", "t"}),  // somebody else's
      process(20, 1, "/build/fuzz_x", {"./fuzz_x", "corpus"}),
  });
  REQUIRE(found.found.size() == 1);
  CHECK(found.found[0].pid == 20);
  CHECK(found.found[0].engine == Engine::kLibfuzzer);
  CHECK(found.found[0].suggested_name == "fuzz_x");
  CHECK(found.found[0].working_dir == "/srv");
  CHECK(found.hidden == 1);
}

TEST_CASE(
    "libFuzzer's jobs and forks belong to their parent; replaying, merging and minimising are no fuzzing") {
  const auto found = search({
      process(20, 1, "/b/fuzz_x", {"./fuzz_x", "-jobs=4", "corpus"}),
      process(21, 20, "/bin/dash", {"sh", "-c", "./fuzz_x corpus >fuzz-0.log 2>&1"}),
      process(22, 21, "/b/fuzz_x", {"./fuzz_x", "corpus"}),
      process(30, 1, "/b/fuzz_y", {"./fuzz_y", "-fork=2"}),
      process(31, 30, "/b/fuzz_y", {"./fuzz_y", "-runs=-1"}),
      process(40, 1, "/b/fuzz_x", {"./fuzz_x", "crash-1", "-runs=3"}),
      process(41, 1, "/b/fuzz_x", {"./fuzz_x", "-merge=1", "a", "b"}),
      process(42, 1, "/b/fuzz_x", {"./fuzz_x", "-minimize_crash=1", "crash-1"}),
      process(43, 1, "/b/fuzz_x", {"./fuzz_x", "crash-1", "corpus"}),
  });
  REQUIRE(found.found.size() == 3);
  CHECK(found.found[0].pid == 20);
  CHECK(found.found[1].pid == 30);
  CHECK(found.found[2].pid == 43);
  CHECK(found.found[2].suggested_name == "fuzz_x-2");
}

TEST_CASE("AFL's instances with one output folder are one campaign, led by the main one") {
  auto elsewhere = process(7, 1, "/usr/bin/afl-fuzz", {"afl-fuzz", "-o", "out", "--", "./json", "@@"});
  elsewhere.working_dir = "/other";
  const auto found = search({
      process(5, 1, "/usr/bin/afl-fuzz", {"afl-fuzz", "-o", "out", "-S", "s1", "--", "./json", "@@"}),
      process(6, 1, "/usr/bin/afl-fuzz",
              {"afl-fuzz", "-o", "/srv/x/../out/", "-M", "m", "--", "./json", "@@"}),
      elsewhere,
      process(50, 5, "/srv/json", {"./json", "@@"}),
      process(51, 5, "/srv/fuzz_json", {"./fuzz_json"}),  // a libFuzzer program under AFL is AFL's
      process(60, 1, "/usr/bin/afl-fuzz", {"afl-fuzz", "--help"}),
  });
  REQUIRE(found.found.size() == 2);
  CHECK(found.found[0].engine == Engine::kAfl);
  CHECK(found.found[0].pid == 6);
  CHECK(found.found[0].pids == std::vector<std::uint64_t>{5, 6});
  CHECK(found.found[0].target == std::vector<std::string>{"./json", "@@"});
  CHECK(found.found[0].suggested_name == "json");
  CHECK(found.found[1].pid == 7);
  CHECK(found.found[1].suggested_name == "json-2");
}

TEST_CASE("honggfuzz is found once, and what runs below a watcher is watched already") {
  const std::vector<ProcessSeen> processes{
      process(70, 1, "/usr/bin/honggfuzz", {"honggfuzz", "-i", "in", "--", "./t"}),
      process(71, 70, "/b/fuzz_t", {"./t"}),
      process(80, 1, "/usr/bin/fuzzmill", {"fuzzmill", "run", "--", "./fuzz_x"}),
      process(81, 80, "/b/fuzz_x", {"./fuzz_x"}),
  };
  const auto found = search(processes, "/usr/bin/fuzzmill");
  REQUIRE(found.found.size() == 1);
  CHECK(found.found[0].engine == Engine::kHonggfuzz);
  CHECK(search(processes).found.size() == 2);
  // A list that hostile pids made circular ends as well.
  CHECK(search({process(1, 2, "/b/fuzz_x", {"f"}), process(2, 1, "/bin/x", {"x"})}).found.size() == 1);
}

TEST_CASE("only of fuzzers is the environment asked") {
  std::vector<std::uint64_t> asked;
  DiscoveryLook look;
  look.words = [](const ProcessSeen& seen) {
    ProgramWords words;
    words.libfuzzer = seen.program == "/b/fuzz_x";
    return words;
  };
  look.is_file = [](const ProcessSeen&, const std::string&) { return false; };
  look.environment = [&](const ProcessSeen& seen) -> std::optional<Variables> {
    asked.push_back(seen.pid);
    return Variables{{"A", "B"}};
  };
  const auto found =
      discover({process(1, 0, "/b/shell", {"sh"}), process(2, 1, "/b/fuzz_x", {"f"})}, look).found;
  REQUIRE(found.size() == 1);
  CHECK(found[0].environment == Variables{{"A", "B"}});
  CHECK(asked == std::vector<std::uint64_t>{2});
}

TEST_CASE("processes are read from a folder in the shape of /proc") {
  tests::TemporaryFolder folder;
  const auto program = folder.write("bin/fuzz_x", std::string("\x7f") + "ELF libFuzzer: run " +
                                                      "interrupted; exiting\nTest unit " + "written to %s\n");
  folder.write("proc/20/stat", "20 (fuzz) x) S 1 20 20 0\n");
  folder.write("proc/20/cmdline", std::string("./fuzz_x\0-runs=-1\0c d\0", 22));
  folder.write("proc/20/environ", std::string("A=B\0ASAN_OPTIONS=x=1\0junk\0", 26));
  std::filesystem::create_symlink(program, folder.path() / "proc/20/exe");
  std::filesystem::create_directory_symlink(folder.path() / "bin", folder.path() / "proc/20/cwd");
  folder.write("proc/21/stat", "21 (kworker) S 2 0\n");
  folder.write("proc/21/cmdline", "");
  folder.write("proc/22/stat", "22 (gone");
  folder.write("proc/self/stat", "20 (x) S 1\n");
  FuzzerSearch look(folder.path() / "proc");
  const auto processes = look.processes();
  CHECK(processes.size() == 2);  // 22 has no command line any more
  const auto found = look.discover();
  REQUIRE(found.found.size() == 1);
  const auto& fuzzer = found.found[0];
  CHECK(fuzzer.pid == 20);
  CHECK(fuzzer.program == program.string());
  CHECK(fuzzer.argv == std::vector<std::string>{"./fuzz_x", "-runs=-1", "c d"});
  CHECK(fuzzer.working_dir == folder.path() / "bin");
  REQUIRE(fuzzer.environment.has_value());
  CHECK(variables_of(fuzzer.environment)("ASAN_OPTIONS") == "x=1");
  CHECK_FALSE(variables_of(fuzzer.environment)("junk").has_value());
}

TEST_CASE("this node's own processes can be looked at, and this test is no fuzzer") {
  FuzzerSearch look;
  const auto own = static_cast<std::uint64_t>(::getpid());
  bool seen = false;
  for (const auto& one : look.processes()) seen = seen || (one.pid == own && !one.program.empty());
  CHECK(seen);
  for (const auto& one : look.discover().found) CHECK(one.pid != own);
}

}  // namespace fuzzmill::producers
