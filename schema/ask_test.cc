#include "schema/ask.h"

#include "schema/limits.h"
#include "tests/catch.h"
#include "tests/must.h"

namespace fuzzmill::schema {
namespace {

using tests::must;

const std::string kAbc = "abc";

template <class Body>
std::string why_not(const std::string& bytes) {
  const auto body = decode_body<Body>(bytes);
  REQUIRE_FALSE(body.ok());
  return body.error().message;
}

std::string bytes_of(const char* hex) { return *unhex(hex); }

// A map of one field, packed by hand.
std::string map_of_one(std::string_view field, const std::string& value) {
  std::string out = "\x81";
  out += static_cast<char>(0xa0 | field.size());
  out += field;
  return out + value;
}

}  // namespace

// Golden bytes: they never change. A new form is a new line.
TEST_CASE("The bodies of questions and answers are these bytes") {
  CHECK(hex(encode_body(BaseAsked{"t"})) == "81a6746172676574a174");
  CHECK(hex(encode_body(BaseTold{"0123456789abcdef"})) ==
        "81a8736e617073686f74b030313233343536373839616263646566");
  CHECK(hex(encode_body(LacksAsked{"t", std::string(32, '\x11')})) ==
        "82a6746172676574a174a6686173686573c42011111111111111111111111111111111111111111111111111111111111111"
        "11");
  CHECK(hex(encode_body(LacksTold{std::string("\1\0", 2)})) == "81a56c61636b73c4020100");
  CHECK(encode_body(OfferAsked{"t", ""}) == encode_body(LacksAsked{"t", ""}));
  CHECK(hex(encode_body(GiveAsked{"t", "afl", {{sha256(kAbc), kAbc}}})) ==
        "83a6746172676574a174a6656e67696e65a361666ca6696e7075747391"
        "82a6736861323536c420ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        "a56279746573c403616263");
  CHECK(hex(encode_body(GiveTold{1, 2, "r"})) ==
        "83a8616363657074656401a77265667573656402a6726561736f6ea172");
  CHECK(hex(encode_body(SharedAsked{"t", "c", 1, 2, 3, 4})) ==
        "86a6746172676574a174a6637572736f72a163a6696e7075747301a5627974657302a8696d706f7274656403"
        "a764726f7070656404");
  CHECK(hex(encode_body(SharedTold{{}, "c"})) == "82a6696e7075747390a6637572736f72a163");
  CHECK(hex(encode_body(OrdersAsked{{{"0123456789abcdef", "done", "x", "t", ""}}})) ==
        "81a77265706f7274739186a26964b030313233343536373839616263646566a57374617465a4646f6e65a474657874a178"
        "a6746172676574a174a8736e617073686f74a0aa73656e745f627974657300");
  CHECK(hex(encode_body(OrdersTold{{{"0123456789abcdef", "backup", "", "a@b", 5}}})) ==
        "81a66f72646572739185a26964b030313233343536373839616263646566a56f72646572a66261636b7570a6746172676574"
        "a0a26279a3614062a774696d655f6d7305");
}

TEST_CASE("What was asked and told comes back as it went") {
  CHECK(must(decode_body<BaseAsked>(encode_body(BaseAsked{"fuzz_tlv"}))).target == "fuzz_tlv");
  CHECK(must(decode_body<BaseTold>(encode_body(BaseTold{}))).snapshot.empty());

  GiveAsked give{"t", "libfuzzer", {}};
  for (const std::string& bytes :
       {std::string(), std::string("\0\xff", 2), std::string(kMaxSharedInputSize, 'x')})
    give.inputs.push_back({sha256(bytes), bytes});
  const auto given = must(decode_body<GiveAsked>(encode_body(give)));
  REQUIRE(given.inputs.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(given.inputs[i].bytes == give.inputs[i].bytes);
    CHECK(given.inputs[i].intact());
  }
  const auto shared = must(decode_body<SharedTold>(encode_body(SharedTold{give.inputs, "1-0/1"})));
  CHECK(shared.inputs.size() == 3);
  CHECK(shared.cursor == "1-0/1");

  const auto asked = must(decode_body<SharedAsked>(encode_body(SharedAsked{"t", "c", 1, 2, 3, ~0ull})));
  CHECK(asked.cursor == "c");
  CHECK(asked.dropped == ~0ull);

  const OrderReport report{"0123456789abcdef", "failed", "the disk is full", "t", "fedcba9876543210"};
  const auto orders = must(decode_body<OrdersAsked>(encode_body(OrdersAsked{{report}})));
  REQUIRE(orders.reports.size() == 1);
  CHECK(orders.reports[0].text == "the disk is full");
  CHECK(orders.reports[0].snapshot == "fedcba9876543210");
}

TEST_CASE("Hashes are put together and taken apart") {
  std::string hashes;
  add_hash(hashes, sha256("a"));
  add_hash(hashes, sha256("b"));
  CHECK(hashes.size() == 64);
  CHECK(hashes_in(hashes) == std::vector<Sha256>{sha256("a"), sha256("b")});
  CHECK(hashes_in("").empty());
}

TEST_CASE("An input that is not what its hash says shows it") {
  CHECK(SharedInput{sha256("a"), "a"}.intact());
  CHECK_FALSE(SharedInput{sha256("a"), "b"}.intact());
}

TEST_CASE("The codes of answers are these words") {
  for (const char* word : {"ok", "busy", "denied", "invalid", "unknown", "unavailable"}) {
    const auto code = answer_code_named(word);
    REQUIRE(code);
    CHECK(name(*code) == word);
  }
  CHECK(answer_code_named("ok") == AnswerCode::kOk);
  CHECK(answer_code_named("unavailable") == AnswerCode::kUnavailable);
  CHECK_FALSE(answer_code_named("OK"));
}

TEST_CASE("A field that this version does not know is skipped") {
  // {"target": "t", "later": [1, {"deep": nil}]}
  CHECK(must(decode_body<BaseAsked>(bytes_of("82a6746172676574a174a56c61746572920181a464656570c0"))).target ==
        "t");
}

TEST_CASE("A body that is none is refused with the field's name") {
  const struct {
    const char* hex;
    const char* why;
  } rows[] = {
      {"", "not MessagePack"},
      {"c1", "not MessagePack"},
      {"01", "body is not a map"},
      {"90", "body is not a map"},
      {"80", "field target is missing"},
      {"81a674617267657401", "field target is not of type str"},
      {"81a6746172676574a12f", "field target is no name"},
      {"81a6746172676574a0", "field target is no name"},
      {"81a6746172676574a22e2e", "field target is no name"},
      {"81a6746172676574a17400", "stray bytes"},
      {"81a6746172676574db7fffffff", "not MessagePack"},  // a text of 2 GB that is not there
      {"81a6746172676574dd7fffffff", "over a limit"},
      {"df7fffffff", "over a limit"},
  };
  for (const auto& row : rows) {
    INFO(row.hex);
    CHECK(why_not<BaseAsked>(bytes_of(row.hex)).find(row.why) != std::string::npos);
  }
  CHECK(why_not<LacksAsked>(encode_body(LacksAsked{"t", "short"})) ==
        "field hashes is not a multiple of 32 bytes");
  CHECK(why_not<LacksTold>(encode_body(LacksTold{"\x02"})).find("neither 0 nor 1") != std::string::npos);
  CHECK(why_not<BaseTold>(encode_body(BaseTold{"0123456789ABCDEF"})).find("snapshot") != std::string::npos);
  CHECK(why_not<BaseTold>(encode_body(BaseTold{"../../etc/passwd"})).find("snapshot") != std::string::npos);
  CHECK(why_not<GiveAsked>(encode_body(GiveAsked{"t", "a b", {}})) == "field engine is no name");
  // {"target": "t", "engine": "", "inputs": [{"sha256": bin 1, "bytes": bin 0}]}
  CHECK(why_not<GiveAsked>(bytes_of("83a6746172676574a174a6656e67696e65a0a6696e7075747391"
                                    "82a6736861323536c40100a56279746573c400")) ==
        "field inputs[0].sha256 is not of 32 bytes");
  CHECK(why_not<GiveAsked>(bytes_of("83a6746172676574a174a6656e67696e65a0a6696e707574739101")) ==
        "field inputs is not of type array of map");
  CHECK(why_not<OrdersAsked>(encode_body(OrdersAsked{{{"0123456789abcdef", "gone", "", "", ""}}}))
            .find("none of taken, done, failed") != std::string::npos);
  CHECK(why_not<OrdersAsked>(encode_body(OrdersAsked{{{"1", "done", "", "", ""}}})).find("reports[].id") !=
        std::string::npos);
  CHECK(why_not<OrdersTold>(encode_body(OrdersTold{{{"0123456789abcdef", "backup", "a/b", "", 0}}}))
            .find("target") != std::string::npos);
}

TEST_CASE("What is over a limit is refused as too large") {
  const auto code = [](const auto& result) {
    REQUIRE_FALSE(result.ok());
    return result.error().code;
  };
  const auto hashes = [](std::size_t count) { return std::string(32 * count, 'h'); };
  CHECK(decode_body<LacksAsked>(encode_body(LacksAsked{"t", hashes(kMaxAskedHashes)})).ok());
  CHECK(code(decode_body<LacksAsked>(encode_body(LacksAsked{"t", hashes(kMaxAskedHashes + 1)}))) ==
        ErrorCode::kTooLarge);
  CHECK(code(decode_body<LacksTold>(encode_body(LacksTold{std::string(kMaxAskedHashes + 1, '\1')}))) ==
        ErrorCode::kTooLarge);
  CHECK(code(decode_body<GiveAsked>(encode_body(GiveAsked{
            "t", "", {{Sha256{}, std::string(kMaxSharedInputSize + 1, 'x')}}}))) == ErrorCode::kTooLarge);
  CHECK(decode_body<GiveAsked>(encode_body(GiveAsked{"t", "", std::vector<SharedInput>(kMaxSharedInputs)}))
            .ok());
  CHECK(code(decode_body<GiveAsked>(encode_body(
            GiveAsked{"t", "", std::vector<SharedInput>(kMaxSharedInputs + 1)}))) == ErrorCode::kTooLarge);
  CHECK(code(decode_body<GiveAsked>(encode_body(GiveAsked{
            "t", "", std::vector<SharedInput>(9, {Sha256{}, std::string(kMaxSharedInputSize, 'x')})}))) ==
        ErrorCode::kTooLarge);
  CHECK(code(decode_body<OrdersAsked>(encode_body(OrdersAsked{std::vector<OrderReport>(
            kMaxOrderReports + 1, {"0123456789abcdef", "done", "", "", ""})}))) == ErrorCode::kTooLarge);
  CHECK(code(decode_body<SharedAsked>(encode_body(SharedAsked{"t", std::string(65, '1'), 0, 0, 0, 0}))) ==
        ErrorCode::kTooLarge);
  CHECK(code(decode_body<BaseAsked>(std::string(kMaxAnswerSize + 1, '\x80'))) == ErrorCode::kTooLarge);
}

TEST_CASE("Bombs of nested, wide and many elements are refused before they grow") {
  CHECK_FALSE(decode_body<GiveAsked>(map_of_one("inputs", std::string(100'000, '\x91'))).ok());
  CHECK_FALSE(decode_body<GiveAsked>(map_of_one("inputs", std::string(100'000, '\x81'))).ok());
  // 1,000 arrays of 1,000 empty maps each: within every limit but that of all together.
  std::string wide("\xdc\x03\xe8", 3);
  for (int i = 0; i < 1000; ++i) wide += std::string("\xdc\x03\xe8", 3) + std::string(1000, '\x80');
  const auto body = decode_body<GiveAsked>(map_of_one("inputs", wide));
  REQUIRE_FALSE(body.ok());
  CHECK(body.error().message.find("too many elements") != std::string::npos);
}

TEST_CASE("Every cut and every changed byte of a body is taken or refused, never worse") {
  const std::string good = encode_body(GiveAsked{"t", "afl", {{sha256(kAbc), kAbc}, {sha256(""), ""}}});
  std::size_t refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    CHECK_FALSE(decode_body<GiveAsked>(good.substr(0, i)).ok());
    for (int change = 1; change < 256; change += 37) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ change);
      const auto body = decode_body<GiveAsked>(bad);
      if (!body) ++refused;
      CHECK((body.ok() || !body.error().message.empty()));
    }
  }
  CHECK(refused > good.size());
}

}  // namespace fuzzmill::schema
