#include "schema/wire.h"

#include "schema/limits.h"
#include "tests/catch.h"

using namespace fuzzmill::schema;
using namespace fuzzmill::schema::wire;

namespace {

template <class T>
T decoded_client(const std::string& bytes) {
  auto message = decode_client(bytes);
  REQUIRE(message);
  REQUIRE(std::holds_alternative<T>(*message));
  return std::get<T>(*message);
}

template <class T>
T decoded_broker(const std::string& bytes) {
  auto message = decode_broker(bytes);
  REQUIRE(message);
  REQUIRE(std::holds_alternative<T>(*message));
  return std::get<T>(*message);
}

std::string bytes_of(const char* hex) { return *unhex(hex); }

}  // namespace

TEST_CASE("a PUB keeps source, previous and its numbered events") {
  const std::string bytes = encode(ClientMessage(Publish{7, 3, {{4, "abc"}, {6, "d"}}}));
  const auto publish = decoded_client<Publish>(bytes);
  CHECK(publish.source == 7);
  CHECK(publish.previous == 3);
  REQUIRE(publish.events.size() == 2);
  CHECK(publish.events[0].sequence == 4);
  CHECK(publish.events[0].event == "abc");
  CHECK(publish.events[1].sequence == 6);
}

TEST_CASE("a DELIVER keeps tags, attempts and what is attached where") {
  Deliver deliver{9, {{1, 2, "ev", {{0, 1}, {2, 2}}}, {5, 1, "x", {}}}};
  const std::string bytes = encode(BrokerMessage(deliver));
  const auto back = decoded_broker<Deliver>(bytes);
  CHECK(back.epoch == 9);
  REQUIRE(back.deliveries.size() == 2);
  CHECK(back.deliveries[0].attempt == 2);
  REQUIRE(back.deliveries[0].attached.size() == 2);
  CHECK(back.deliveries[0].attached[1].ref == 2);
  CHECK(back.deliveries[0].attached[1].frame == 2);
  CHECK(back.deliveries[1].event == "x");
}

TEST_CASE("a DONE keeps the three outcomes apart") {
  Verdicts verdicts{1,
                    {{1, OutcomeKind::kDone, "", 0, {"out"}},
                     {2, OutcomeKind::kLater, "away", 500, {}},
                     {3, OutcomeKind::kNever, "bad", 0, {}}}};
  const auto back = decoded_client<Verdicts>(encode(ClientMessage(verdicts)));
  REQUIRE(back.verdicts.size() == 3);
  CHECK(back.verdicts[0].outputs.size() == 1);
  CHECK(back.verdicts[1].kind == OutcomeKind::kLater);
  CHECK(back.verdicts[1].delay_ms == 500);
  CHECK(back.verdicts[2].kind == OutcomeKind::kNever);
}

TEST_CASE("an ASK and its TELL keep id, words and body") {
  const std::string asked = encode(ClientMessage(Ask{1ull << 40, "corpus.base", std::string("\0\xff", 2), 5, "nyc"}));
  const auto ask = decoded_client<Ask>(asked);
  CHECK(ask.id == 1ull << 40);
  CHECK(ask.question == "corpus.base");
  CHECK(ask.body == std::string("\0\xff", 2));
  CHECK(ask.heard == 5);
  CHECK(ask.node == "nyc");
  const std::string large(1 << 20, 'x');
  const std::string told = encode(BrokerMessage(Tell{7, "busy", "later", large, ~0ull}));
  const auto tell = decoded_broker<Tell>(told);
  CHECK(tell.id == 7);
  CHECK(tell.code == "busy");
  CHECK(tell.reason == "later");
  CHECK(tell.body == large);
  CHECK(tell.mark == ~0ull);
}

// Golden bytes of protocol version 1: they never change. A new form is a new line.
TEST_CASE("the frames of version 1 are these bytes") {
  CHECK(hex(encode(ClientMessage(Ping{}))) == "9201a450494e47");
  CHECK(hex(encode(ClientMessage(Bye{}))) == "9201a3425945");
  CHECK(hex(encode(ClientMessage(Publish{1, 0, {{1, "e"}}}))) ==
        "9501a35055420100"
        "9201c40165");
  CHECK(hex(encode(ClientMessage(Hello{"alert", 8, {"input"}}))) ==
        "9501a548454c4c4fa5616c6572740891a5696e707574");
  CHECK(hex(encode(BrokerMessage(Ack{1, 2}))) == "9401a341434b0102");
  CHECK(hex(encode(BrokerMessage(Pong{3}))) == "9301a4504f4e4703");
  CHECK(hex(encode(BrokerMessage(Rewind{1, 2}))) == "9401a6524557494e440102");
  CHECK(hex(encode(ClientMessage(Ask{3, "node.orders", "b", 4, "n"}))) ==
        "9701a341534b03ab6e6f64652e6f7264657273c4016204a16e");
  CHECK(hex(encode(BrokerMessage(Tell{3, "ok", "", "b", 4}))) == "9701a454454c4c03a26f6ba0c4016204");
}

TEST_CASE("a longer frame than known is read as far as known") {
  // ACK with a third field that this version does not know.
  const auto ack = decoded_broker<Ack>(bytes_of("9501a341434b0102c3"));
  CHECK(ack.sequence == 2);
}

TEST_CASE("what is no frame is refused with the reason") {
  const struct {
    const char* hex;
    const char* why;
  } rows[] = {
      {"", "not MessagePack"},
      {"c1", "not MessagePack"},
      {"01", "frame: field itself"},
      {"90", "frame: field version"},
      {"9202a450494e47", "protocol version 2"},
      {"9201a44e4f4e45", "no message is named 'NONE'"},
      {"9301a350554201", "PUB: field previous"},
      {"9501a3505542010091c40165", "PUB: field events"},  // an event without its sequence
      {"9501a350554201009101", "PUB: field events"},      // a sequence without its event
      {"9501a35055420100dd7fffffff", "over a limit"},     // an array of 2,147,483,647
      {"9501a35055420100c67fffffff", "not MessagePack"},  // a bin of 2 GB that is not there
      {"9201a450494e4700", "stray bytes"},
      {"9301a341534b03", "ASK: field question"},
      {"9501a341534b03a161a162", "ASK: field body"},  // a str where a bin belongs
      {"9501a341534b03a161c40162", "ASK: field heard"},
  };
  for (const auto& row : rows) {
    INFO(row.hex);
    const auto message = decode_client(bytes_of(row.hex));
    REQUIRE_FALSE(message);
    CHECK(message.error().message.find(row.why) != std::string::npos);
  }
}

TEST_CASE("a bomb of nested arrays is refused before it grows") {
  const std::string bomb = std::string("\x95\x01\xa3PUB\x01", 7) + std::string(100'000, '\x91');
  const auto message = decode_client(bomb);
  REQUIRE_FALSE(message);
}

TEST_CASE("a frame of a million empty arrays is refused before it grows") {
  const std::string row = std::string("\xdc\x03\xff", 3) + std::string(1023, '\x90');
  std::string bomb("\x95\x01\xa3PUB\x01\x00\xdc\x04\x00", 11);
  for (int i = 0; i < 1024; ++i) bomb += row;
  const auto message = decode_client(bomb);
  REQUIRE_FALSE(message);
  CHECK(message.error().code == ErrorCode::kTooLarge);
}
