#include "broker/intake.h"

#include "tests/catch.h"

using namespace fuzzmill;
using namespace fuzzmill::broker;
namespace wire = schema::wire;

namespace {

const Identity kNyc{Role::kNode, "nyc"};

schema::Event heartbeat(const std::string& node, std::uint64_t sequence) {
  schema::Event event;
  event.id = schema::EventId::of(5, sequence);
  event.node = node;
  event.time_ms = 1;
  event.body = schema::Heartbeat{"start", "1", 0, {}, {}, {}};
  return event;
}

std::string refusal(const Identity& identity, const schema::Event& event,
                    const std::vector<std::string_view>& attachments = {}) {
  const std::string bytes = schema::encode(event);
  const auto intake = take_in(identity, {5, 0, {{event.id.sequence(), bytes}}}, attachments);
  REQUIRE(intake);
  REQUIRE(intake->events.size() == 1);
  return intake->events[0].refusal;
}

}  // namespace

TEST_CASE("a node speaks for itself and for no other") {
  CHECK(refusal(kNyc, heartbeat("nyc", 1)).empty());
  CHECK(refusal(kNyc, heartbeat("london", 1)) == "the key of node 'nyc' may not speak for node 'london'");
  CHECK(refusal({Role::kOperator, "op"}, heartbeat("london", 1)).empty());
  CHECK(refusal({Role::kStage, "alert"}, heartbeat("nyc", 1)).find("role stage may not publish") !=
        std::string::npos);
}

TEST_CASE("a node may not publish what stages derive") {
  schema::Event event = heartbeat("nyc", 1);
  event.body = schema::AlertRaised{};
  CHECK(refusal(kNyc, event) == "topic alert.raised comes only out of stages");
}

TEST_CASE("an event must carry the id of its source and sequence") {
  schema::Event event = heartbeat("nyc", 1);
  const std::string bytes = schema::encode(event);
  const auto intake = take_in(kNyc, {5, 0, {{2, bytes}}}, {});
  REQUIRE(intake);
  CHECK(intake->events[0].refusal.find("id") != std::string::npos);
}

TEST_CASE("attachments must come along with the bytes that their SHA-256 names") {
  schema::Event event = heartbeat("nyc", 1);
  event.attachments.push_back({"input", schema::sha256("abc"), 3});
  CHECK(refusal(kNyc, event).find("'input' did not come along") != std::string::npos);
  CHECK(refusal(kNyc, event, {"abd"}).find("'input' did not come along") != std::string::npos);
  CHECK(refusal(kNyc, event, {"other", "abc"}).empty());
  event.attachments[0].size = 4;
  CHECK(refusal(kNyc, event, {"abc"}).find("says 4 bytes and has 3") != std::string::npos);
}

TEST_CASE("one bad event does not keep the others of its message out") {
  const std::string good = schema::encode(heartbeat("nyc", 1));
  const std::string late = schema::encode(heartbeat("nyc", 3));
  const auto intake = take_in(kNyc, {5, 0, {{1, good}, {2, "junk"}, {3, late}}}, {});
  REQUIRE(intake);
  CHECK(intake->events[0].refusal.empty());
  CHECK_FALSE(intake->events[1].refusal.empty());
  CHECK(intake->events[2].refusal.empty());
}

TEST_CASE("a message whose sequences do not rise breaks the protocol") {
  const std::string bytes = schema::encode(heartbeat("nyc", 1));
  CHECK_FALSE(take_in(kNyc, {5, 0, {{1, bytes}, {1, bytes}}}, {}));
  CHECK_FALSE(take_in(kNyc, {5, 1, {{1, bytes}}}, {}));
  CHECK_FALSE(take_in(kNyc, {0, 0, {{1, bytes}}}, {}));
  CHECK_FALSE(take_in(kNyc, {5, 0, {}}, {}));
}

TEST_CASE("a stage's key works for its stage alone") {
  CHECK(may_consume({Role::kStage, "alert"}, schema::Stage::kAlert));
  CHECK_FALSE(may_consume({Role::kStage, "alert"}, schema::Stage::kArchive));
  CHECK(may_consume({Role::kStage, "*"}, schema::Stage::kArchive));
  CHECK(may_consume({Role::kOperator, "op"}, schema::Stage::kArchive));
  CHECK_FALSE(may_consume({Role::kNode, "alert"}, schema::Stage::kAlert));
}

TEST_CASE("an output is of a stage's topic and has only its input's attachments") {
  schema::Event input = heartbeat("nyc", 1);
  input.attachments.push_back({"input", schema::sha256("abc"), 3});
  const std::string input_bytes = schema::encode(input);
  const auto head = schema::check(input_bytes);
  REQUIRE(head);
  schema::Event output = input;
  CHECK_FALSE(check_output(schema::encode(output), schema::Stage::kAlert, *head));
  output.body = schema::AlertRaised{};
  CHECK(check_output(schema::encode(output), schema::Stage::kAlert, *head));
  CHECK_FALSE(check_output(schema::encode(output), schema::Stage::kFingerprint, *head));
  CHECK_FALSE(check_output(schema::encode(output), schema::Stage::kArchive, *head));
  output.attachments.push_back({"more", schema::sha256("x"), 1});
  CHECK_FALSE(check_output(schema::encode(output), schema::Stage::kAlert, *head));
}
