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

ResourceSample sample(double cpu, std::string states) {
  ResourceSample body;
  body.interval_ms = 1000, body.cpu_percent = cpu, body.rss_mb = 2.25;
  body.threads = 1, body.processes = 1, body.states = std::move(states);
  return body;
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

TEST_CASE("a resource.sample of version 1 without what was added later is these bytes") {
  ResourceSample body = sample(99.5, "R");
  body.executions = 7;
  CHECK(hex(encode(event_of(body))) ==
        "88a17601a474797065af7265736f757263652e73616d706c65a26964c41000000000000000010000000000000002a46e"
        "6f6465a16ea6746172676574a174a474696d6503a361747490a4626f647987ab696e74657276616c5f6d73cd03e8ab63"
        "70755f70657263656e74cb4058e00000000000a67273735f6d62cb4002000000000000a77468726561647301a970726f"
        "63657373657301a6737461746573a152aa657865637574696f6e7307");
}

TEST_CASE("a resource.sample with the state of its target and what a tree holds is these bytes") {
  ResourceSample body = sample(99.5, "R");
  body.hangs = 1, body.last_new_path_ms = 2, body.pss_mb = 1.5, body.fds = 3, body.zombies = 0;
  body.state = "running", body.state_reason = "ok", body.oom_kills = 0;
  CHECK(hex(encode(event_of(body))) ==
        "88a17601a474797065af7265736f757263652e73616d706c65a26964c41000000000000000010000000000000002a46e"
        "6f6465a16ea6746172676574a174a474696d6503a361747490a4626f64798eab696e74657276616c5f6d73cd03e8ab63"
        "70755f70657263656e74cb4058e00000000000a67273735f6d62cb4002000000000000a77468726561647301a970726f"
        "63657373657301a6737461746573a152a568616e677301b06c6173745f6e65775f706174685f6d7302a67073735f6d62"
        "cb3ff8000000000000a366647303a77a6f6d6269657300a57374617465a772756e6e696e67ac73746174655f72656173"
        "6f6ea26f6ba96f6f6d5f6b696c6c7300");
}

TEST_CASE("a resource.sample that stands for several is these bytes") {
  ResourceSample body = sample(99.5, "R");
  body.merged = 2;
  body.cpu_min = 99.25, body.cpu_max = 99.75, body.rss_min = 2.25, body.rss_max = 2.5;
  body.exec_min = 0.5, body.exec_max = 1.5;
  CHECK(hex(encode(event_of(body))) ==
        "88a17601a474797065af7265736f757263652e73616d706c65a26964c41000000000000000010000000000000002a46e"
        "6f6465a16ea6746172676574a174a474696d6503a361747490a4626f64798dab696e74657276616c5f6d73cd03e8ab63"
        "70755f70657263656e74cb4058e00000000000a67273735f6d62cb4002000000000000a77468726561647301a970726f"
        "63657373657301a6737461746573a152a66d657267656402a76370755f6d696ecb4058d00000000000a76370755f6d61"
        "78cb4058f00000000000a77273735f6d696ecb4002000000000000a77273735f6d6178cb4004000000000000a8657865"
        "635f6d696ecb3fe0000000000000a8657865635f6d6178cb3ff8000000000000");
}

TEST_CASE("a resource.sample of a node is these bytes") {
  ResourceSample body = sample(0.5, "S");
  body.disk_percent = 81.5, body.disk_free_mb = 10.5, body.inode_percent = 0.5, body.disk_path = "/";
  body.load1 = 1.5, body.node_cpu_percent = 50.5, body.node_memory_mb = 100.5;
  body.node_memory_total_mb = 200.5, body.temperature_c = 45.5, body.cores = 2;
  Event event = event_of(body);
  event.target.clear();
  CHECK(hex(encode(event)) ==
        "88a17601a474797065af7265736f757263652e73616d706c65a26964c41000000000000000010000000000000002a46e"
        "6f6465a16ea6746172676574a0a474696d6503a361747490a4626f6479de0010ab696e74657276616c5f6d73cd03e8ab"
        "6370755f70657263656e74cb3fe0000000000000a67273735f6d62cb4002000000000000a77468726561647301a97072"
        "6f63657373657301a6737461746573a153ac6469736b5f70657263656e74cb4054600000000000ac6469736b5f667265"
        "655f6d62cb4025000000000000ad696e6f64655f70657263656e74cb3fe0000000000000a96469736b5f70617468a12f"
        "a56c6f616431cb3ff8000000000000b06e6f64655f6370755f70657263656e74cb4049400000000000ae6e6f64655f6d"
        "656d6f72795f6d62cb4059200000000000b46e6f64655f6d656d6f72795f746f74616c5f6d62cb4069100000000000ad"
        "74656d70657261747572655f63cb4046c00000000000a5636f72657302");
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
