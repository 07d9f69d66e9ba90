// The queue with real programs in real sandboxes.
#include <condition_variable>
#include <map>
#include <mutex>

#include "producers/replay/replay_queue.h"
#include "tests/catch.h"
#include "tests/replay/victim.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

using namespace std::chrono_literals;

struct Results {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, ReplayResult> replayed;
  std::map<std::string, MinimiseResult> minimised;

  bool wait_for(std::size_t replays, std::size_t minimisings) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 100s,
                            [&] { return replayed.size() >= replays && minimised.size() >= minimisings; });
  }
};

ReplayQueueOptions options_for(Results& results, const std::filesystem::path& base) {
  ReplayQueueOptions options;
  options.place = {abilities(), base};
  options.priority = runtime::CpuPriority::kNormal;  // who runs beside us must not make it slow
  options.identity = face_of;
  options.deliver = [&results](const ReplayRequest& request, ReplayResult result) {
    const std::lock_guard lock(results.mutex);
    results.replayed[request.key] = std::move(result);
    results.changed.notify_all();
  };
  options.deliver_minimised = [&results](const ReplayRequest& request, MinimiseResult result) {
    const std::lock_guard lock(results.mutex);
    results.minimised[request.key] = std::move(result);
    results.changed.notify_all();
  };
  return options;
}

}  // namespace

TEST_CASE("crashes that hang, flood and eat do not keep others from their verdicts") {
  tests::TemporaryFolder inputs, base;
  Results results;
  auto target = std::make_shared<ReplayTarget>();
  target->name = "victim";
  target->command = victim();
  target->limits.wall = 1s;
  target->limits.memory_mb = 64;
  ReplayQueue queue(options_for(results, base.path()));
  for (const char* deed : {"hang", "flood 20", "eat 500", "scatter", "crash", "exit 0"}) {
    CHECK(queue.push({deed, target, inputs.write(deed, deed), {}, false}).ok());
  }
  Expectation timeout{Expectation::Kind::kTimeout, {}};
  CHECK(queue.push({"timeout", target, inputs.write("timeout", "hang"), timeout, false}).ok());
  CHECK(results.wait_for(7, 0));
  queue.stop();
  const auto of = [&](const char* key) { return results.replayed.at(key).verdict.reproduction; };
  std::string told;
  for (const auto& [key, result] : results.replayed) {
    for (const auto& attempt : result.attempts) told += key + ": " + attempt.reason + "\n";
  }
  INFO(told);
  CHECK(of("hang") == Reproduction::kUnreproducible);
  CHECK(results.replayed.at("hang").verdict.others == 5);
  CHECK(of("timeout") == Reproduction::kReproducible);
  CHECK(of("flood 20") == Reproduction::kReproducible);
  CHECK(of("eat 500") == Reproduction::kUnreproducible);
  CHECK(of("scatter") == Reproduction::kReproducible);
  CHECK(of("crash") == Reproduction::kReproducible);
  CHECK(results.replayed.at("crash").attempts.size() == 2);
  CHECK(of("exit 0") == Reproduction::kUnreproducible);
  CHECK(count_running(VICTIM) == 0);
  CHECK(std::filesystem::is_empty(base.path()));
}

TEST_CASE("stop ends a replay that hangs at once and leaves nothing of it") {
  tests::TemporaryFolder inputs, base;
  Results results;
  auto target = std::make_shared<ReplayTarget>();
  target->command = victim();
  ReplayQueue queue(options_for(results, base.path()));
  CHECK(queue.push({"hang", target, inputs.write("hang", "hang"), {}, false}).ok());
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (count_running(VICTIM) == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(count_running(VICTIM) == 1);
  const auto asked = std::chrono::steady_clock::now();
  queue.stop();
  CHECK(std::chrono::steady_clock::now() - asked < 10s);
  CHECK(count_running(VICTIM) == 0);
  CHECK(results.replayed.empty());
  CHECK(std::filesystem::is_empty(base.path()));
}

TEST_CASE("a real crash is made smaller and stays the same crash, not its neighbour") {
  tests::TemporaryFolder inputs, base;
  Results results;
  auto target = std::make_shared<ReplayTarget>();
  target->command = victim();
  ReplayQueue queue(options_for(results, base.path()));
  // Without "bug" it is another crash, which a smaller input would be glad to have.
  const auto input = inputs.write("two", "bugs and a bug with an other one beside it");
  CHECK(queue.push({"two", target, input, {}, true}).ok());
  REQUIRE(results.wait_for(1, 1));
  queue.stop();
  const auto& smallest = results.minimised.at("two").input;
  CHECK(smallest.size() == 8);
  CHECK(smallest.substr(0, 4) == "bugs");
  CHECK(smallest.substr(5) == "bug");
  const auto again = replay_bytes({abilities(), base.path()}, target->command, smallest, "x", {},
                                  runtime::CpuPriority::kNormal, {});
  CHECK(again.report.find("heap-buffer-overflow") != std::string::npos);
}

}  // namespace fuzzmill::producers
