#include "producers/corpus/snapshot_job.h"

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "producers/corpus/model_server.h"
#include "producers/evidence/artifact.h"
#include "runtime/health.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;
using Turn = SnapshotJob::Turn;

struct Node {
  tests::TemporaryFolder folder;
  ModelServer server;
  SelectionPolicy policy{.all = true};
  std::vector<std::string> warnings;
  int snapshots = 0;

  fs::path corpus() const { return folder.path() / "corpus"; }
  SnapshotJob job() {
    SnapshotSource source;
    source.node = "london", source.target = "png", source.engine = "libfuzzer";
    source.place = {corpus()};
    source.state_file = folder.path() / "corpus.state";
    source.merge_control = folder.path() / "merge.control";
    source.policy = policy;
    SnapshotPorts ports{&server, &server, runtime::unix_ms,
                        [this](const std::string& text) { warnings.push_back(text); }};
    return SnapshotJob(source, ports, fmt_id(++snapshots));
  }
  static std::string fmt_id(int number) {
    auto digits = std::to_string(number);
    return std::string(16 - digits.size(), '0') + digits;
  }

  schema::Status run(SnapshotJob& taken) {
    for (;;) {
      auto turn = taken.turn();
      if (!turn) return std::move(turn).error();
      if (*turn == Turn::kDone) return {};
      if (*turn == Turn::kWait) return schema::unavailable("no room");
    }
  }
  schema::Status snapshot() {
    auto taken = job();
    return run(taken);
  }

  ModelServer::Tree on_disk() const {
    ModelServer::Tree tree;
    for (const auto& entry : fs::recursive_directory_iterator(corpus())) {
      if (!entry.is_regular_file()) continue;
      tree[fs::relative(entry.path(), corpus())] = schema::sha256(*read_bounded(entry.path(), 1u << 20));
    }
    return tree;
  }
};

}  // namespace

TEST_CASE("the first snapshot brings the whole corpus, the second only what is new") {
  Node node;
  std::uint64_t total = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string content(static_cast<std::size_t>(1000 + i), static_cast<char>(i));
    node.folder.write("corpus/" + std::to_string(i % 10) + "/" + std::to_string(i), content);
    total += content.size();
  }
  REQUIRE(node.snapshot());
  CHECK(node.server.problems == std::vector<std::string>{});
  CHECK(node.server.newest == node.on_disk());
  CHECK(node.server.bytes_arrived == total);
  CHECK(node.server.bodies.back().files == 1000);
  CHECK(node.server.bodies.back().bytes == total);
  CHECK(node.server.bodies.back().files_left_out == 0);

  for (int i = 0; i < 50; ++i) node.folder.write("corpus/new" + std::to_string(i), "new" + std::to_string(i));
  fs::remove(node.corpus() / "3/3");
  node.server.bytes_arrived = node.server.hashes_asked = 0;
  REQUIRE(node.snapshot());
  CHECK(node.server.problems == std::vector<std::string>{});
  CHECK(node.server.newest == node.on_disk());
  CHECK(node.server.hashes_asked == 50);
  CHECK(node.server.bytes_arrived == 50 * 5 - 10);
  CHECK(node.server.bodies.back().base == node.server.whole.front());
}

TEST_CASE("whatever breaks a snapshot off, and however often, what arrives is exactly the corpus") {
  std::mt19937 random(11);
  for (int round = 0; round < 3; ++round) {
    Node node;
    const auto name = [&] {
      return "corpus/" + std::to_string(random() % 4) + "/" + std::to_string(random() % 60);
    };
    for (int i = 0; i < 120; ++i)
      node.folder.write(name(), std::string(random() % 200'000, 'a') + std::to_string(random()));
    for (int day = 0; day < 6; ++day) {
      for (int tries = 0; tries < 4; ++tries) {
        // Each answer and each event may fail; the job may be killed after any turn; files change meanwhile.
        node.server.may_ask = node.server.may_publish = [&]() -> schema::Status {
          return random() % 6 == 0 ? schema::Status(schema::unavailable("away")) : schema::Status();
        };
        auto broken_off = node.job();
        for (auto turns = random() % 20; turns > 0; --turns) {
          const auto turn = broken_off.turn();
          if (!turn || *turn == Turn::kDone) break;
          if (random() % 3 == 0) node.folder.write(name(), "changed" + std::to_string(random()));
          std::error_code ignored;
          if (random() % 4 == 0) fs::remove(node.folder.path() / name(), ignored);
        }
      }
      if (random() % 5 == 0)
        node.server.newest_id = "ffffffffffffffff", node.server.newest.clear();  // another archive
      if (random() % 5 == 0) node.folder.write("corpus.state", "broken");
      node.server.may_ask = node.server.may_publish = [] { return schema::Status(); };
      REQUIRE(node.snapshot());
      CHECK(node.server.newest == node.on_disk());
    }
    CHECK(node.server.problems == std::vector<std::string>{});
  }
}

TEST_CASE("a file that changes or vanishes between hash and page is left out and counted") {
  Node node;
  node.folder.write("corpus/stays", "1"), node.folder.write("corpus/changes", "22"),
      node.folder.write("corpus/goes", "333");
  auto job = node.job();
  while (node.server.hashes_asked == 0) REQUIRE(job.turn());
  node.folder.write("corpus/changes", "4444");
  fs::remove(node.corpus() / "goes");
  REQUIRE(node.run(job));
  CHECK(node.server.problems == std::vector<std::string>{});
  CHECK(node.server.newest == ModelServer::Tree{{"stays", schema::sha256("1")}});
  CHECK(node.server.bodies.back().files == 3);
  CHECK(node.server.bodies.back().files_left_out == 2);
  CHECK(node.server.bodies.back().bytes_left_out == 5u);
  REQUIRE(node.snapshot());
  CHECK(node.server.newest == node.on_disk());
}

TEST_CASE("nothing is published while much waits in the spool, and all of it when there is room") {
  Node node;
  node.folder.write("corpus/a", "1");
  node.server.spool_bytes = kSpoolRoom + 1;
  auto job = node.job();
  CHECK(node.run(job).error().message == "no room");
  CHECK(*job.turn() == Turn::kWait);
  CHECK(node.server.bodies.empty());
  node.server.spool_bytes = 0;
  REQUIRE(node.run(job));
  CHECK(node.server.newest == node.on_disk());
}

TEST_CASE("the policy and the merge control file say what a snapshot takes") {
  Node node;
  node.policy = {.all = false, .top = 2, .max_file_bytes = 10};
  const auto old = node.folder.write("corpus/much", "1");
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(1));
  node.folder.write("corpus/new", "2"), node.folder.write("corpus/large", "01234567890");
  const auto older = node.folder.write("corpus/older", "3");
  fs::last_write_time(older, fs::file_time_type::clock::now() - std::chrono::minutes(1));
  node.folder.write("merge.control",
                    "2\n0\ncorpus/much\ncorpus/older\nSTARTED 0 1\nFT 0 1 2\nSTARTED 1 1\nFT 1 2\n");
  REQUIRE(node.snapshot());
  CHECK(node.warnings.empty());
  CHECK(node.server.newest == ModelServer::Tree{{"much", schema::sha256("1")}, {"new", schema::sha256("2")}});
  CHECK(node.server.bodies.back().files_left_out == 2);
  CHECK(node.server.bodies.back().bytes_left_out == 12u);
  CHECK(node.server.bodies.back().selection == "top 2 by coverage, newness and size, of files up to 10B");

  node.folder.write("merge.control", "rubbish\n");
  REQUIRE(node.snapshot());
  REQUIRE(node.warnings.size() == 1);
  CHECK(node.warnings[0].find("files are chosen without it") != std::string::npos);
  CHECK(node.server.newest ==
        ModelServer::Tree{{"older", schema::sha256("3")}, {"new", schema::sha256("2")}});
}

TEST_CASE("a broker that is away, or too old, ends the job with an error that says which") {
  Node node;
  node.folder.write("corpus/a", "1");
  node.server.may_ask = []() -> schema::Status { return schema::not_found("no such question"); };
  CHECK(node.snapshot().error().code == schema::ErrorCode::kNotFound);
  node.server.may_ask = []() -> schema::Status { return schema::unavailable("no connection"); };
  CHECK(node.snapshot().error().code == schema::ErrorCode::kUnavailable);
  CHECK(node.server.bodies.empty());
}

}  // namespace fuzzmill::producers
