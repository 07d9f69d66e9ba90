#include "schema/event.h"

#include <msgpack.hpp>

#include "schema/event_codec.h"
#include "schema/limits.h"
#include "tests/catch.h"

using namespace fuzzmill::schema;

namespace {

Event crash() {
  Event event;
  event.id = EventId::of(1, 2);
  event.node = "nyc";
  event.target = "fuzz_sha3";
  event.time_ms = 1'700'000'000'000;
  event.attachments.push_back({"input", sha256("boom"), 4});
  CrashFound body;
  body.engine = "libfuzzer";
  body.artifact = "crash-1";
  body.artifact_kind = "crash";
  body.report_source = "log";
  body.exit_code = -6;
  event.body = body;
  return event;
}

using Packer = msgpack::packer<msgpack::sbuffer>;

// A sample event with one thing changed by `change(packer)`, which packs the key and value in question.
template <class F>
std::string event_with(std::uint32_t keys, F&& rest) {
  msgpack::sbuffer buffer;
  Packer out(buffer);
  out.pack_map(keys);
  rest(out);
  return {buffer.data(), buffer.size()};
}

void pack_head(Packer& out) {
  out.pack(std::string("v")), out.pack(1);
  out.pack(std::string("type")), out.pack(std::string("heartbeat"));
  out.pack(std::string("id")), out.pack_bin(16), out.pack_bin_body("0123456789abcdef", 16);
  out.pack(std::string("node")), out.pack(std::string("n"));
  out.pack(std::string("target")), out.pack(std::string(""));
  out.pack(std::string("time")), out.pack(5);
}

std::string why_not(const std::string& bytes) {
  const auto event = decode(bytes);
  REQUIRE_FALSE(event);
  const auto head = check(bytes);
  REQUIRE_FALSE(head);
  CHECK(event.error().message == head.error().message);
  return event.error().message;
}

}  // namespace

TEST_CASE("an event comes back as it went") {
  const Event event = crash();
  const auto back = decode(encode(event));
  REQUIRE(back);
  CHECK(back->id == event.id);
  CHECK(back->node == "nyc");
  CHECK(back->target == "fuzz_sha3");
  CHECK(back->time_ms == event.time_ms);
  CHECK(back->attachments == event.attachments);
  const auto& body = std::get<CrashFound>(back->body);
  CHECK(body.artifact == "crash-1");
  CHECK(body.exit_code == -6);
  CHECK_FALSE(body.signal.has_value());
}

TEST_CASE("the check of a broker sees the same head without copying") {
  const std::string bytes = encode(crash());
  const auto head = check(bytes);
  REQUIRE(head);
  CHECK(head->topic == Topic::kCrashFound);
  CHECK(head->node == "nyc");
  REQUIRE(head->attachments.size() == 1);
  CHECK(head->attachments[0].size == 4);
  CHECK(head->node.data() > bytes.data());
  CHECK(head->node.data() < bytes.data() + bytes.size());
}

TEST_CASE("unknown fields are skipped at every level") {
  const std::string bytes = event_with(8, [](Packer& out) {
    pack_head(out);
    out.pack(std::string("mood")), out.pack(std::string("fine"));
    out.pack(std::string("body")), out.pack_map(4);
    out.pack(std::string("reason")), out.pack(std::string("start"));
    out.pack(std::string("version")), out.pack(std::string("1"));
    out.pack(std::string("uptime_s")), out.pack(7);
    out.pack(std::string("later")), out.pack(std::vector<int>{1, 2});
  });
  const auto event = decode(bytes);
  REQUIRE(event);
  CHECK(std::get<Heartbeat>(event->body).uptime_s == 7);
}

TEST_CASE("a missing or mistyped field is an error that names it") {
  CHECK(why_not(event_with(7, [](Packer& out) {
          pack_head(out);
          out.pack(std::string("body")), out.pack_map(2);
          out.pack(std::string("reason")), out.pack(std::string("start"));
          out.pack(std::string("version")), out.pack(std::string("1"));
        })) == "field body.uptime_s is missing");
  CHECK(why_not(event_with(7, [](Packer& out) {
          pack_head(out);
          out.pack(std::string("body")), out.pack_map(2);
          out.pack(std::string("reason")), out.pack(std::string("start"));
          out.pack(std::string("version")), out.pack(3);
        })) == "field body.version is not of type str");
  CHECK(why_not(event_with(1, [](Packer& out) {
          out.pack(std::string("v")), out.pack(2);
        })).find("version 2") != std::string::npos);
  CHECK(why_not(event_with(2, [](Packer& out) {
          out.pack(std::string("v")), out.pack(1);
          out.pack(std::string("type")), out.pack(std::string("none.such"));
        })) == "field type: no topic is named 'none.such'");
  CHECK(why_not("").find("not MessagePack") != std::string::npos);
  CHECK(why_not("\x01") == "event is not a map");
}

TEST_CASE("a float that is whole comes back, of either sign") {
  for (const double value : {0.0, 97.0, -1.0, -0.5, 1e300}) {
    INFO(value);
    Event event = crash();
    ResourceSample sample;
    sample.cpu_percent = value;
    event.body = sample;
    const auto back = decode(encode(event));
    REQUIRE(back);
    CHECK(std::get<ResourceSample>(back->body).cpu_percent == value);
  }
}

TEST_CASE("a refusal is short, however long the name that it tells") {
  Event event = crash();
  event.attachments = {{std::string(kMaxTextSize, 'n'), {}, kMaxAttachmentSize + 1}};
  CHECK(why_not(encode(event)).size() < 256);
}

TEST_CASE("names that could leave a key or a folder are refused") {
  for (const char* bad : {"", "..", ".x", "a/b", "a b", "a:b", "a\n", "{log}"}) {
    INFO(bad);
    CHECK_FALSE(valid_name(bad));
  }
  CHECK_FALSE(valid_name(std::string(65, 'a')));
  CHECK(valid_name("fuzz_sha3-2.x"));
  Event event = crash();
  event.node = "../../etc";
  CHECK(why_not(encode(event)).find("field node") != std::string::npos);
}

TEST_CASE("lengths that lie cost nothing") {
  // A map whose body claims 2^32-1 elements, strings and bins of 2 GB.
  for (const char* hex : {"81a4626f6479ddffffffff", "81a4626f6479df7fffffff", "81a4626f6479db7fffffff",
                          "81a4626f6479c67fffffff"}) {
    INFO(hex);
    CHECK_FALSE(decode(*unhex(hex)));
  }
  CHECK_FALSE(decode(std::string(kMaxEventSize + 1, '\x80')));
}

TEST_CASE("every truncation of an event is refused") {
  const std::string bytes = encode(crash());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(decode(std::string_view(bytes).substr(0, size)));
}

TEST_CASE("ids carry source and sequence, and derive to the same id twice") {
  const EventId id = EventId::of(0x0123456789abcdef, 42);
  CHECK(id.source() == 0x0123456789abcdef);
  CHECK(id.sequence() == 42);
  CHECK(id.hex() == "0123456789abcdef000000000000002a");
  CHECK(EventId::parse(id.hex()) == id);
  CHECK_FALSE(EventId::parse("0123"));
  CHECK(EventId::derived(id, Stage::kClassify, 0) == EventId::derived(id, Stage::kClassify, 0));
  CHECK_FALSE(EventId::derived(id, Stage::kClassify, 0) == EventId::derived(id, Stage::kClassify, 1));
  CHECK_FALSE(EventId::derived(id, Stage::kClassify, 0) == EventId::derived(id, Stage::kArchive, 0));
}

TEST_CASE("SHA-256 is that of FIPS 180-4") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
