#include "runtime/sandbox.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <thread>

#include "runtime/private_folder.h"
#include "runtime/process_tree.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::runtime {
namespace {

using namespace std::chrono_literals;

const SandboxAbilities& abilities() {
  static const SandboxAbilities found = probe_sandbox(std::filesystem::temp_directory_path());
  return found;
}

// With the walls this machine allows, and without any that it has to allow.
std::vector<SandboxAbilities> both() { return {abilities(), SandboxAbilities{}}; }

// Whether a test of this wall can run here. Where FUZZMILL_REQUIRE_WALLS is set it has to.
bool stands(bool wall, const std::string& without) {
  if (!wall && std::getenv("FUZZMILL_REQUIRE_WALLS") != nullptr) FAIL("required here: " << without);
  if (!wall) WARN("skipped: " << without);
  return wall;
}

PrivateFolder must_make() {
  auto folder = PrivateFolder::make(std::filesystem::temp_directory_path());
  if (!folder) FAIL(folder.error().message);
  return std::move(*folder);
}

SandboxCommand shell(const std::string& script, const PrivateFolder& folder) {
  SandboxCommand command;
  command.argv = {"sh", "-c", script};
  command.environment = {{"PATH", "/usr/bin:/bin"}};
  command.folder = folder.path();
  return command;
}

SandboxRun must_run(const SandboxAbilities& walls, const SandboxCommand& command,
                    const SandboxLimits& limits = {}) {
  auto run = run_sandboxed(walls, command, limits, {});
  if (!run) FAIL(run.error().message);
  return std::move(*run);
}

}  // namespace

TEST_CASE("a sandboxed program's exit and outputs arrive, with walls and without") {
  for (const auto& walls : both()) {
    const auto folder = must_make();
    const auto run = must_run(walls, shell("echo out; echo err >&2; exit 77", folder));
    CHECK(run.exit.code == 77);
    CHECK(run.stop == SandboxStop::kNone);
    CHECK(run.out.text() == "out\n");
    CHECK(run.err.text() == "err\n");
    CHECK(must_run(walls, shell("kill -SEGV $$", folder)).exit.signal == SIGSEGV);
  }
}

TEST_CASE("a sandboxed program sees its own variables, folder and input, and none of ours") {
  for (const auto& walls : both()) {
    const auto folder = must_make();
    tests::TemporaryFolder other;
    ::setenv("FUZZMILL_SANDBOX_TEST", "secret", 1);
    auto command = shell("pwd; cat; echo \"[$FUZZMILL_SANDBOX_TEST]\"; ls /proc/self/fd | wc -l", folder);
    command.stdin_file = other.write("input", "bytes\n");
    const auto run = must_run(walls, command);
    ::unsetenv("FUZZMILL_SANDBOX_TEST");
    CHECK(run.out.text() == folder.path().string() + "\nbytes\n[]\n4\n");
    CHECK(run.err.text().empty());
  }
}

TEST_CASE("what cannot be started is an error that says why") {
  for (const auto& walls : both()) {
    const auto folder = must_make();
    auto command = shell("true", folder);
    command.argv = {"/no/such/program"};
    CHECK(run_sandboxed(walls, command, {}, {}).error().code == schema::ErrorCode::kNotFound);
    command.argv = {"/etc/passwd"};
    CHECK(run_sandboxed(walls, command, {}, {}).error().code == schema::ErrorCode::kDenied);
    command = shell("true", folder);
    command.stdin_file = "/no/such/input";
    CHECK(run_sandboxed(walls, command, {}, {}).error().code == schema::ErrorCode::kNotFound);
    command = shell("true", folder);
    command.folder = "relative";
    CHECK(run_sandboxed(walls, command, {}, {}).error().code == schema::ErrorCode::kInvalid);
    command.folder = "/no/such/folder";
    CHECK_FALSE(run_sandboxed(walls, command, {}, {}).ok());
    CHECK(run_sandboxed(walls, {}, {}, {}).error().code == schema::ErrorCode::kInvalid);
  }
}

TEST_CASE("the working folder can be written and nothing else can, where mounts are allowed") {
  if (!stands(abilities().read_only, "no mount namespace here")) return;
  const auto folder = must_make();
  tests::TemporaryFolder other;
  const auto file = other.write("file", "before");
  // It names a file below /tmp, so that /tmp stays in sight.
  const auto run =
      must_run(abilities(),
               shell("echo in > inside; cat inside; echo after > " + file.string() + "; echo $?", folder));
  CHECK(run.out.text() == "in\n2\n");
  CHECK(other.read("file") == "before");
  CHECK(std::filesystem::exists(folder.path() / "inside"));
}

TEST_CASE("folders that the command does not name are covered by empty ones of its own") {
  if (!stands(abilities().private_tmp, "no mount namespace here")) return;
  const auto folder = must_make();
  tests::TemporaryFolder other;  // below the temporary folder too, and not seen inside
  // The names are written so that the command does not name the folders.
  const auto run = must_run(abilities(), shell("cd /*mp && ls && touch made && ls && ls /ru*", folder));
  const auto name = folder.path().filename().string() + "\n";
  CHECK(run.out.text() == name + name + "made\n");
  CHECK_FALSE(std::filesystem::exists(folder.path().parent_path() / "made"));
}

TEST_CASE("a sandboxed program sees its own processes only, where pid namespaces are allowed") {
  if (!stands(abilities().fresh_proc, "no pid namespace here")) return;
  const auto folder = must_make();
  const auto run = must_run(
      abilities(), shell("echo $$; cd /proc && echo [0-9]*; kill -9 1; kill -9 -1; echo on", folder));
  CHECK(run.out.text() == "2\n1 2\non\n");  // the keeper, and the shell, which no signal of its own reaches
}

TEST_CASE("a stop token ends a run at once") {
  for (const auto& walls : both()) {
    const auto folder = must_make();
    std::stop_source source;
    std::optional<schema::Result<SandboxRun>> run;
    std::thread runner([&] {
      run = run_sandboxed(walls, shell("echo ready > ready; exec sleep 600", folder), {}, source.get_token());
    });
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!std::filesystem::exists(folder.path() / "ready") && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    const auto asked = std::chrono::steady_clock::now();
    source.request_stop();
    runner.join();
    CHECK(std::chrono::steady_clock::now() - asked < 5s);
    REQUIRE(run.has_value());
    REQUIRE(run->ok());
    CHECK((*run)->stop == SandboxStop::kCaller);
    CHECK((*run)->exit.signal == SIGKILL);
  }
}

TEST_CASE("limits of time, folder and processes end a run and are told apart") {
  for (const auto& walls : both()) {
    const auto folder = must_make();
    SandboxLimits limits;
    limits.wall = 300ms;
    CHECK(must_run(walls, shell("exec sleep 600", folder), limits).stop == SandboxStop::kWall);
    limits.wall = 60s;
    limits.folder_entries = 10;
    CHECK(must_run(walls, shell("i=0; while true; do i=$((i+1)); : > f$i; done", folder), limits).stop ==
          SandboxStop::kFolder);
    limits = {};
    limits.processes = 5;
    const auto run = must_run(walls, shell("while true; do sleep 600 & done", folder), limits);
    // With a user namespace the kernel refuses the sixth; else we see it.
    if (!walls.user) CHECK(run.stop == SandboxStop::kProcesses);
    CHECK(descendants(::getpid(), 100).empty());
    limits = {};
    limits.cpu = 1s;
    CHECK(must_run(walls, shell("while true; do :; done", folder), limits).stop == SandboxStop::kCpu);
  }
}

TEST_CASE("a program that is killed by itself after others of its used up their CPU was not over its limit") {
  for (const auto& walls : both()) {
    const auto folder = must_make();
    SandboxLimits limits;
    limits.cpu = 1s;
    const auto run = must_run(walls, shell("(while true; do :; done); kill -KILL $$", folder), limits);
    CHECK(run.exit.signal == SIGKILL);
    CHECK(run.stop == SandboxStop::kNone);
  }
}

TEST_CASE("namespaces can be had through a user namespace too") {
  auto walls = abilities();
  walls.user = true;
  const auto folder = must_make();
  const auto run = run_sandboxed(walls, shell("echo in > file && cat file && id -u", folder), {}, {});
  if (!stands(run.ok(), "no user namespaces here")) return;
  CHECK(run->out.text() == "in\n" + std::to_string(::geteuid()) + "\n");
}

TEST_CASE("what a machine does not allow is said in words") {
  CHECK(SandboxAbilities{}.missing().size() == 7);
  for (const auto& text : abilities().missing()) WARN(text);
  SandboxAbilities all{true, true, true, true, true, true, true, true};
  CHECK(all.missing().empty());
}

}  // namespace fuzzmill::runtime
