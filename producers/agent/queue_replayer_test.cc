#include "producers/agent/queue_replayer.h"

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;

Attempt crashed(std::string report) {
  Attempt attempt;
  attempt.outcome = Outcome::kCrashed;
  attempt.exit.signal = 6;
  attempt.report = std::move(report);
  return attempt;
}

Replayed replayed(std::vector<Attempt> attempts) {
  ReplayResult result;
  result.verdict = judge(attempts, {});
  result.attempts = std::move(attempts);
  return replayed_of(std::move(result), {});
}

}  // namespace

TEST_CASE("working folders that a killed agent left are removed, and no one else's") {
  const tests::TemporaryFolder folder;
  const auto base = folder.path() / "replay";
  const auto leave_one = [&] {
    fs::create_directories(base / "fuzzmill-aaaaaa" / "deep");
    folder.write("replay/fuzzmill-aaaaaa/deep/input", "bytes");
  };
  leave_one();
  fs::create_directories(base / "other");
  const QueueReplayer replayer(base, 1, 0);
  CHECK_FALSE(fs::exists(base / "fuzzmill-aaaaaa"));
  CHECK(fs::exists(base / "other"));
  leave_one();  // of the one that runs
  const QueueReplayer second(base, 1, 0);
  CHECK(fs::exists(base / "fuzzmill-aaaaaa"));
}

TEST_CASE("of many reports a few go out, the best first") {
  std::vector<Attempt> attempts;
  for (int i = 0; i < 100; ++i) attempts.push_back(crashed("report " + std::to_string(i)));
  attempts[50].report = "SUMMARY: the best";
  const auto out = replayed(std::move(attempts));
  CHECK(out.tries == 100);
  CHECK(out.crashed == 100);
  REQUIRE(out.reports.size() == kMaxReplayReports);
  CHECK(out.reports[0] == "SUMMARY: the best");
  CHECK(out.exit->signal == 6);
  CHECK(out.problem.empty());
}

TEST_CASE("why no attempt could run is told") {
  const auto out = replayed({could_not_run("first"), could_not_run("the target is gone")});
  CHECK(out.tries == 0);
  CHECK(out.problem == "the target is gone");
}

}  // namespace fuzzmill::producers
