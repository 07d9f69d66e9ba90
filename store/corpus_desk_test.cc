#include "store/corpus_desk.h"

#include <algorithm>
#include <set>

#include "schema/keys.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/redis_server.h"

namespace fuzzmill::store {
namespace {

using schema::ErrorCode;
using tests::must;
namespace keys = schema::keys;

constexpr std::uint64_t kNow = 1'750'000'000'000;
constexpr std::uint64_t kMinute = 60'000;

schema::SharedInput input(const std::string& bytes) { return {schema::sha256(bytes), bytes}; }

// Distinct inputs of one size.
std::vector<schema::SharedInput> inputs_of(std::size_t count, std::size_t size, const std::string& mark) {
  std::vector<schema::SharedInput> inputs;
  for (std::size_t i = 0; i < count; ++i) {
    std::string bytes = mark + std::to_string(i) + ":";
    bytes.resize(size, '.');
    inputs.push_back(input(bytes));
  }
  return inputs;
}

struct Fixture {
  explicit Fixture(SharingLimits wanted = {}) : limits(wanted) {}

  SharingLimits limits;
  tests::RedisServer server;
  Redis redis = server.connect();
  CorpusDesk desk{redis, limits};

  schema::GiveTold give(const std::string& node, std::vector<schema::SharedInput> inputs,
                        std::uint64_t now = kNow) {
    return must(desk.give(node, {"t", "libfuzzer", std::move(inputs)}, now));
  }
  schema::SharedTold shared(const std::string& node, const std::string& cursor, std::uint64_t inputs = 1000,
                            std::uint64_t bytes = 1 << 20) {
    return must(desk.shared(node, {"t", cursor, inputs, bytes, 0, 0}));
  }
  SharingRow row(const std::string& node) {
    for (const auto& row : must(desk.read_sharing("t"))) {
      if (row.node == node) return row;
    }
    return {};
  }
  std::uint64_t entries() {
    return static_cast<std::uint64_t>(must(redis.command({"XLEN", keys::shared_inputs("t")})).integer);
  }
  // All that a node gets from a cursor on, by asking until there is nothing more.
  std::vector<std::string> all_shared(const std::string& node, std::string cursor, std::uint64_t inputs,
                                      std::uint64_t bytes) {
    std::vector<std::string> all;
    for (;;) {
      const auto told = shared(node, cursor, inputs, bytes);
      if (told.inputs.empty()) return all;
      cursor = told.cursor;
      for (const auto& one : told.inputs) {
        CHECK(one.intact());
        all.push_back(one.bytes);
      }
    }
  }
};

}  // namespace

TEST_CASE("An input is wanted until somebody gave it") {
  Fixture f;
  const std::vector<schema::SharedInput> inputs = {input("a"), input("b")};
  std::string hashes;
  for (const auto& one : inputs) schema::add_hash(hashes, one.sha256);
  CHECK(must(f.desk.offer({"t", hashes})).lacks == "\1\1");
  CHECK(f.give("nyc", {inputs[0]}).accepted == 1);
  CHECK(must(f.desk.offer({"t", hashes})).lacks == std::string("\0\1", 2));
  CHECK(must(f.desk.offer({"other", hashes})).lacks == "\1\1");
}

TEST_CASE("A node gets what the others gave after it began, in order, and never its own") {
  Fixture f;
  f.give("nyc", {input("before")});
  const auto start = f.shared("london", "");
  CHECK(start.inputs.empty());
  f.give("nyc", {input("1"), input("2")});
  f.give("london", {input("own")});
  f.give("tokyo", {input("3")});
  CHECK(f.all_shared("london", start.cursor, 1000, 1000) == std::vector<std::string>{"1", "2", "3"});
  CHECK(f.all_shared("london", start.cursor, 1, 1000) == std::vector<std::string>{"1", "2", "3"});
  const auto of_nyc = f.shared("nyc", start.cursor);
  REQUIRE(of_nyc.inputs.size() == 2);
  CHECK(of_nyc.inputs[0].bytes == "own");
}

TEST_CASE("A node that asks for few bytes gets at least one input, and misses none") {
  Fixture f;
  const auto start = f.shared("london", "");
  f.give("nyc", inputs_of(20, 1000, "x"));
  const auto told = f.shared("london", start.cursor, 100, 1);
  CHECK(told.inputs.size() == 1);
  CHECK(f.shared("london", start.cursor, 100, 2500).inputs.size() == 2);
  CHECK(f.shared("london", start.cursor, 0, 0).inputs.size() == 1);
  CHECK(f.all_shared("london", start.cursor, 3, 2500).size() == 20);
}

TEST_CASE("A node whose own inputs are in the way still finds those of others") {
  Fixture f;
  const auto start = f.shared("london", "");
  for (int i = 0; i < 3; ++i)
    f.give("london", inputs_of(900, 10, std::string(1, static_cast<char>('a' + i))));
  f.give("nyc", {input("found")});
  const auto told = f.shared("london", start.cursor);
  REQUIRE(told.inputs.size() == 1);
  CHECK(told.inputs[0].bytes == "found");
}

TEST_CASE("Bytes that are not what their hash says are refused, and so is what is known") {
  Fixture f;
  const auto told = f.give("nyc", {{schema::sha256("a"), "b"}, input("good"), input("good")});
  CHECK(told.accepted == 1);
  CHECK(told.refused == 2);
  CHECK(told.reason == "not what its SHA-256 says");
  const auto again = f.give("london", {input("good")});
  CHECK(again.accepted == 0);
  CHECK(again.reason == "known already");
  CHECK(f.entries() == 1);
}

TEST_CASE("Giving twice what was answered already counts once") {
  Fixture f;
  const std::vector<schema::SharedInput> inputs = {input("a"), {schema::sha256("x"), "y"}};
  for (int i = 0; i < 3; ++i) {
    const auto told = f.give("nyc", inputs, kNow + static_cast<std::uint64_t>(i) * kMinute);
    CHECK(told.accepted == 1);
    CHECK(told.refused == 1);
    CHECK(told.reason == "not what its SHA-256 says");
  }
  const SharingRow row = f.row("nyc");
  CHECK(row.sent == 2);
  CHECK(row.accepted == 1);
  CHECK(row.refused == 1);
  CHECK(f.entries() == 1);
}

TEST_CASE("What a node took is counted once for each cursor, however often it asks") {
  Fixture f;
  const auto ask = [&](const std::string& cursor, std::uint64_t imported, std::uint64_t dropped) {
    return must(f.desk.shared("london", {"t", cursor, 10, 1000, imported, dropped})).cursor;
  };
  const std::string first = ask("", 0, 0);
  const std::string second = ask(first, 3, 1);
  CHECK(f.row("london").imported == 3);
  // The answer was lost; meanwhile two more were written.
  CHECK(ask(first, 3, 1) == second);
  CHECK(ask(first, 5, 1) == second);
  CHECK(f.row("london").imported == 5);
  CHECK(f.row("london").dropped == 1);
  const std::string third = ask(second, 5, 0);
  CHECK(f.row("london").imported == 10);
  // A node that begins anew, or with a cursor of long ago, counts nothing twice.
  ask("", 7, 7);
  ask(third, 1000, 0);
  ask(first, 1000, 0);
  CHECK(f.row("london").imported == 10);
  CHECK(f.row("london").dropped == 1);
  // No node counts up to where numbers end.
  const std::string last = ask("", 0, 0);
  ask(last, ~0ull, ~0ull);
  CHECK(f.row("london").imported == 1'000'010);
}

TEST_CASE("Inputs of a target are bounded in number and bytes; the oldest go") {
  SharingLimits limits;
  limits.inputs = 10, limits.bytes = 5000;
  Fixture f(limits);
  const auto start = f.shared("london", "");
  f.give("nyc", inputs_of(30, 20, "small"));
  CHECK(f.entries() == 10);
  CHECK(f.all_shared("london", start.cursor, 100, 100'000).front().rfind("small20:", 0) == 0);
  f.give("nyc", inputs_of(7, 1000, "large"));
  CHECK(f.entries() == 5);
  CHECK(f.all_shared("london", start.cursor, 100, 100'000).front().rfind("large2:", 0) == 0);
  f.give("nyc", inputs_of(1, 4999, "huge"));
  CHECK(f.entries() == 1);
  f.give("nyc", inputs_of(1, 6000, "over"));
  CHECK(f.entries() == 0);
  f.give("nyc", {input("after")});
  CHECK(f.entries() == 1);
  CHECK(must(f.redis.command({"TTL", keys::shared_inputs("t")})).integer > 6 * 86'400);
}

TEST_CASE("Known hashes are bounded; the oldest are forgotten") {
  SharingLimits limits;
  limits.known = 5;
  Fixture f(limits);
  for (int i = 0; i < 9; ++i)
    f.give("nyc", {input(std::to_string(i))}, kNow + static_cast<std::uint64_t>(i) * 1000);
  CHECK(must(f.redis.command({"ZCARD", keys::shared_known("t")})).integer == 5);
  CHECK(f.give("london", {input("8")}).reason == "known already");
  CHECK(f.give("nyc", {input("0")}).accepted == 1);
}

TEST_CASE("A node has a budget of bytes a minute over all targets; another node has its own") {
  SharingLimits limits;
  limits.node_minute = 100;
  Fixture f(limits);
  auto inputs = inputs_of(12, 10, "i");
  CHECK(must(f.desk.give("nyc", {"other", "", {inputs[11]}}, kNow)).accepted == 1);
  const auto told = f.give("nyc", inputs);
  CHECK(told.accepted == 9);
  CHECK(told.refused == 3);
  CHECK(told.reason == "over the budget of 100 bytes a minute");
  // Asked again in the same minute, it is answered the same; in the next one there is room again.
  CHECK(f.give("nyc", inputs).accepted == 9);
  CHECK(f.row("nyc").sent == 12);
  CHECK(f.give("london", {inputs[11]}).accepted == 1);
  const auto later = f.give("nyc", inputs, kNow + kMinute);
  CHECK(later.accepted == 2);
  CHECK(later.refused == 10);
  CHECK(later.reason == "known already");
}

TEST_CASE("A Redis that is short of memory takes no inputs, and answers the rest") {
  tests::RedisServer server({"--maxmemory", "64mb"});
  Redis redis = server.connect();
  CorpusDesk desk(redis, SharingLimits{.memory = 0.5});
  CHECK(must(desk.give("nyc", {"t", "", {input("a")}}, kNow)).accepted == 1);
  for (int i = 0; i < 36; ++i) must(redis.command({"SET", std::to_string(i), std::string(1 << 20, 'x')}));
  const auto told = desk.give("nyc", {"t", "", {input("b")}}, kNow);
  REQUIRE_FALSE(told);
  CHECK(told.error().code == ErrorCode::kUnavailable);
  CHECK(must(desk.offer({"t", std::string(32, 'h')})).lacks == "\1");
}

TEST_CASE("Names and cursors that are none are refused before Redis is asked") {
  Fixture f;
  const std::string bad = "a:b";
  CHECK(f.desk.base("nyc", {bad}).error().code == ErrorCode::kInvalid);
  CHECK(f.desk.lacks({bad, ""}).error().code == ErrorCode::kInvalid);
  CHECK(f.desk.offer({bad, ""}).error().code == ErrorCode::kInvalid);
  CHECK(f.desk.give("nyc", {bad, "", {}}, kNow).error().code == ErrorCode::kInvalid);
  CHECK(f.desk.read_sharing(bad).error().code == ErrorCode::kInvalid);
  for (const char* cursor : {"1", "1-0", "/", "-/", "1-0/", "1-0/x", "+/1", "1/0-1", "(1-0/1", "1-0/1 ",
                             "99999999999999999999-0/1", "1-0/99999999999999999999"}) {
    INFO(cursor);
    const auto told = f.desk.shared("nyc", {"t", cursor, 1, 1, 0, 0});
    REQUIRE_FALSE(told);
    CHECK(told.error().code == ErrorCode::kInvalid);
  }
  CHECK(must(f.redis.command({"DBSIZE"})).integer == 0);
}

TEST_CASE("Who shared what is told by node, and of which targets") {
  Fixture f;
  CHECK(must(f.desk.sharing_targets()).empty());
  f.give("nyc", {input("a")});
  must(f.desk.shared("london", {"another", "", 1, 1, 0, 0}));
  CHECK(must(f.desk.sharing_targets()) == std::vector<std::string>{"another", "t"});
  const auto rows = must(f.desk.read_sharing("t"));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].node == "nyc");
  CHECK(rows[0].accepted == 1);
}

TEST_CASE("Every key of the desk is one that the documentation lists") {
  Fixture f;
  f.give("nyc", {input("a")});
  f.shared("london", "");
  const auto found = must(f.redis.command({"KEYS", "*"}));
  CHECK(found.items.size() == 4);
  for (const Reply& key : found.items) {
    INFO(key.text);
    const auto parsed = keys::parse(key.text);
    REQUIRE(parsed);
    CHECK(must(f.redis.command({"TYPE", key.text})).text == parsed->spec->type);
  }
}

}  // namespace fuzzmill::store
