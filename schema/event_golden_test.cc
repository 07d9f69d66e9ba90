// Golden bytes: one event of each topic as version 1 writes it. These lines never change; a new field or
// version adds lines of its own, and the old ones must still be read.
#include "schema/event_codec.h"
#include "tests/catch.h"

using namespace fuzzmill::schema;

namespace {

Event event_of(Body body) {
  Event event;
  event.id = EventId::of(1, 2);
  event.node = "n";
  event.target = "t";
  event.time_ms = 3;
  event.body = std::move(body);
  return event;
}

const std::string kHead = "88a17601a474797065";

}  // namespace

TEST_CASE("a heartbeat of version 1 is these bytes") {
  Heartbeat body{"start", "0.1.0", 5, std::nullopt, std::nullopt, std::nullopt};
  const std::string bytes = encode(event_of(body));
  CHECK(
      hex(bytes) ==
      "88a17601a474797065a9686561727462656174a26964c41000000000000000010000000000000002a46e6f6465a16ea6746172"
      "676574a174a474696d6503a361747490a4626f647983a6726561736f6ea57374617274a776657273696f6ea5302e312e30a875"
      "7074696d655f7305");
}

TEST_CASE("a crash.found of version 1 with an attachment is these bytes") {
  CrashFound body;
  body.engine = "afl";
  body.artifact = "id:0";
  body.artifact_kind = "crash";
  body.report_source = "none";
  body.signal = 11;
  Event event = event_of(body);
  event.attachments.push_back({"input", sha256(""), 0});
  CHECK(hex(encode(event)) ==
        "88a17601a474797065ab63726173682e666f756e64a26964c41000000000000000010000000000000002a46e6f6465a16ea6"
        "746172"
        "676574a174a474696d6503a36174749193a5696e707574c420e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca4"
        "959"
        "91b7852b85500a4626f647985a6656e67696e65a361666ca86172746966616374a469643a30ad61727469666163745f6b696"
        "e64"
        "a56372617368ad7265706f72745f736f75726365a46e6f6e65a67369676e616c0b");
}

TEST_CASE("every topic has one layout that both readers accept") {
  for (const Topic topic : all_topics()) {
    Body body;
    switch (topic) {
      case Topic::kCrashFound:
        body = CrashFound{};
        break;
      case Topic::kCrashFingerprinted:
        body = CrashFingerprinted{};
        break;
      case Topic::kCrashClassified:
        body = CrashClassified{};
        break;
      case Topic::kResourceSample:
        body = ResourceSample{};
        break;
      case Topic::kCorpusSnapshot:
        body = CorpusSnapshot{};
        break;
      case Topic::kHeartbeat:
        body = Heartbeat{};
        break;
      case Topic::kAlertRaised:
        body = AlertRaised{};
        break;
    }
    const std::string bytes = encode(event_of(body));
    INFO(name(topic));
    CHECK(hex(bytes).rfind(kHead, 0) == 0);
    const auto event = decode(bytes);
    REQUIRE(event);
    CHECK(event->topic() == topic);
    const auto head = check(bytes);
    REQUIRE(head);
    CHECK(head->topic == topic);
  }
}
