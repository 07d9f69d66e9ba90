#include "producers/corpus/target_sharing.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "producers/corpus/model_server.h"
#include "producers/evidence/artifact.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::uint64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

// A libFuzzer target whose corpus is in a folder of the test; its clock runs ahead, so that files are whole.
struct Target {
  tests::TemporaryFolder folder;
  ModelServer server;
  ShareSettings settings;
  std::vector<std::string> warnings;
  TargetSharing::Time now{1h};

  Target() { fs::create_directories(corpus()); }
  fs::path corpus() const { return folder.path() / "corpus"; }
  TargetSharing sharing() {
    SharingSource source;
    source.target = "png", source.engine = "libfuzzer";
    source.place = {corpus()};
    source.import = {ImportKind::kCorpus, corpus(), ""};
    source.state_file = folder.path() / "sharing.state";
    source.settings = settings;
    return TargetSharing(source, server, [this](const std::string& text) { warnings.push_back(text); });
  }
  schema::Status turn(TargetSharing& sharing) { return sharing.turn(now += 1s, now_ms() + 10'000); }
};

}  // namespace

TEST_CASE("what a fuzzer finds is given once, and what it had at the start is not") {
  Target target;
  target.folder.write("corpus/seed", "seed");
  auto sharing = target.sharing();
  REQUIRE(target.turn(sharing));
  target.folder.write("corpus/found", "found"), target.folder.write("corpus/empty", "");
  REQUIRE(target.turn(sharing));
  target.folder.write("corpus/same content", "found");
  REQUIRE(target.turn(sharing));
  REQUIRE(target.turn(sharing));
  REQUIRE(target.server.given.size() == 1);
  CHECK(target.server.given[0].second.bytes == "found");
  CHECK(target.server.offered == 2);
  CHECK(sharing.counts().given == 1);
}

TEST_CASE("what other nodes found is written for the fuzzer, and never goes out again") {
  Target target;
  auto sharing = target.sharing();
  target.server.for_node = {"of before"};
  REQUIRE(target.turn(sharing));
  target.server.for_node.insert(target.server.for_node.end(), {"one", "two", "one"});
  REQUIRE(target.turn(sharing));
  REQUIRE(target.turn(sharing));
  REQUIRE(target.turn(sharing));
  CHECK(target.folder.read("corpus/" + sha1_hex("one")) == "one");
  CHECK(target.folder.read("corpus/" + sha1_hex("two")) == "two");
  CHECK_FALSE(fs::exists(target.corpus() / sha1_hex("of before")));
  CHECK(target.server.given.empty());
  CHECK(target.server.offered == 0);
  CHECK(target.server.imported == 2);
  CHECK(target.server.dropped == 1);
}

TEST_CASE("the next run goes on where the last was: with the cursor, and with what was found meanwhile") {
  Target target;
  {
    auto sharing = target.sharing();
    REQUIRE(sharing.turn(target.now += 1s, now_ms() - 5'000));
    target.server.for_node = {"one"};
    REQUIRE(sharing.turn(target.now += 1s, now_ms() - 5'000));
    sharing.keep(now_ms());
  }
  target.folder.write("corpus/meanwhile", "meanwhile");
  target.server.for_node.push_back("two");
  auto sharing = target.sharing();
  REQUIRE(target.turn(sharing));
  CHECK(fs::exists(target.corpus() / sha1_hex("two")));
  CHECK(sharing.counts().imported == 1);
  REQUIRE(target.server.given.size() >= 1);
  CHECK(target.server.given.back().second.bytes == "meanwhile");
}

TEST_CASE("no more than the budget travels either way, and what waits comes later") {
  Target target;
  target.settings.budget = 1000;
  auto sharing = target.sharing();
  REQUIRE(target.turn(sharing));
  for (int i = 0; i < 10; ++i)
    target.folder.write("corpus/" + std::to_string(i), std::string(400, static_cast<char>('a' + i)));
  for (int i = 0; i < 10; ++i) target.server.for_node.push_back(std::string(400, static_cast<char>('A' + i)));
  REQUIRE(target.turn(sharing));
  CHECK(target.server.given.size() == 3);
  CHECK(sharing.counts().imported == 2);
  for (int i = 0; i < 20; ++i) REQUIRE(target.turn(sharing));
  CHECK(target.server.given.size() == 4);
  target.now += 1min;
  REQUIRE(target.turn(sharing));
  CHECK(target.server.given.size() > 4);
  for (int i = 0; i < 5; ++i) {
    target.now += 1min;
    REQUIRE(target.turn(sharing));
  }
  CHECK(target.server.given.size() == 10);
  CHECK(sharing.counts().imported == 10);
}

TEST_CASE("a broker that is away loses nothing") {
  Target target;
  auto sharing = target.sharing();
  REQUIRE(target.turn(sharing));
  int asked = 0;
  target.server.may_ask = [&]() -> schema::Status {
    return ++asked % 2 == 1 ? schema::Status()
                            : schema::Status(schema::unavailable("away"));  // offer, not give
  };
  target.folder.write("corpus/found", "found");
  CHECK_FALSE(target.turn(sharing));
  CHECK_FALSE(target.turn(sharing));
  target.server.may_ask = [] { return schema::Status(); };
  REQUIRE(target.turn(sharing));
  CHECK(target.server.given.size() == 1);
  CHECK(target.server.problems.empty());
}

TEST_CASE("an input that is not what its hash says is not written") {
  Target target;
  class Liar final : public Questions {
   public:
    schema::Result<schema::BaseTold> ask(const schema::BaseAsked&) override { return schema::BaseTold{}; }
    schema::Result<schema::LacksTold> ask(const schema::LacksAsked&) override { return schema::LacksTold{}; }
    schema::Result<schema::LacksTold> ask(const schema::OfferAsked&) override { return schema::LacksTold{}; }
    schema::Result<schema::GiveTold> ask(const schema::GiveAsked&) override { return schema::GiveTold{}; }
    schema::Result<schema::OrdersTold> ask(const schema::OrdersAsked&) override {
      return schema::OrdersTold{};
    }
    schema::Result<schema::SharedTold> ask(const schema::SharedAsked&) override {
      schema::SharedTold told;
      told.inputs = {{schema::sha256("a"), "b"}, {schema::sha256("good"), "good"}};
      told.cursor = "1";
      return told;
    }
  } liar;
  SharingSource source;
  source.place = {target.corpus()}, source.import = {ImportKind::kCorpus, target.corpus(), ""};
  source.state_file = target.folder.path() / "state";
  TargetSharing sharing(source, liar, [](const std::string&) {});
  REQUIRE(target.turn(sharing));
  CHECK(sharing.counts().imported == 1);
  CHECK(sharing.counts().dropped == 1);
  CHECK(target.folder.read("corpus/" + sha1_hex("good")) == "good");
}

}  // namespace fuzzmill::producers
