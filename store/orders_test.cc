#include "store/orders.h"

#include <fmt/format.h>

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

std::string id_of(std::uint64_t number) { return fmt::format("{:016x}", number); }

struct Fixture {
  tests::RedisServer server;
  Redis redis = server.connect();
  Orders orders{redis};

  schema::Order order(std::uint64_t number, const std::string& target = "", std::uint64_t time_ms = kNow) {
    return {id_of(number), "backup", target, "ann@desk", time_ms};
  }
  void report(const std::string& node, std::uint64_t number, const std::string& state,
              const std::string& target = "", const std::string& text = "",
              const std::string& snapshot = "") {
    must(orders.report(node, {id_of(number), state, text, target, snapshot}, kNow + 5));
  }
  std::vector<std::string> pending(const std::string& node, std::uint64_t now = kNow) {
    std::vector<std::string> ids;
    for (const auto& order : must(orders.pending(node, now))) ids.push_back(order.id);
    return ids;
  }
};

}  // namespace

TEST_CASE("An order waits for each of its nodes until that node has ended it") {
  Fixture f;
  must(f.orders.give(f.order(2, "fuzz_tlv", kNow + 1), {"nyc", "london"}));
  must(f.orders.give(f.order(1), {"nyc"}));
  CHECK(f.pending("nyc") == std::vector<std::string>{id_of(1), id_of(2)});
  CHECK(f.pending("london") == std::vector<std::string>{id_of(2)});
  CHECK(f.pending("tokyo").empty());
  const auto orders = must(f.orders.pending("london", kNow));
  CHECK(orders[0].order == "backup");
  CHECK(orders[0].target == "fuzz_tlv");
  CHECK(orders[0].by == "ann@desk");
  CHECK(orders[0].time_ms == kNow + 1);

  f.report("nyc", 2, "taken", "fuzz_tlv");
  CHECK(f.pending("nyc").size() == 2);
  f.report("nyc", 2, "failed", "fuzz_tlv", "no such target");
  CHECK(f.pending("nyc") == std::vector<std::string>{id_of(1)});
  CHECK(f.pending("london") == std::vector<std::string>{id_of(2)});
  const auto status = must(f.orders.status(id_of(2)));
  CHECK(status.order.target == "fuzz_tlv");
  REQUIRE(status.parts.size() == 2);
  CHECK(status.parts[0].node == "london");
  CHECK(status.parts[0].state == "given");
  CHECK(status.parts[1].state == "failed");
  CHECK(status.parts[1].text == "no such target");
  CHECK(status.parts[1].time_ms == kNow + 5);
  CHECK_FALSE(status.ended());
  f.report("london", 2, "done");
  CHECK(must(f.orders.status(id_of(2))).ended());
}

TEST_CASE("An order for all targets has parts, and ends as a whole") {
  Fixture f;
  must(f.orders.give(f.order(1), {"nyc"}));
  f.report("nyc", 1, "taken");
  f.report("nyc", 1, "done", "b", "12 files", id_of(0xabc));
  f.report("nyc", 1, "failed", "a", "the folder is gone");
  CHECK(f.pending("nyc").size() == 1);
  auto status = must(f.orders.status(id_of(1)));
  REQUIRE(status.parts.size() == 3);
  CHECK(status.parts[0].target.empty());
  CHECK(status.parts[0].state == "taken");
  CHECK(status.parts[1].target == "a");
  CHECK(status.parts[2].snapshot == id_of(0xabc));
  CHECK_FALSE(status.ended());
  f.report("nyc", 1, "done", "", "1 of 2 targets");
  CHECK(f.pending("nyc").empty());
  CHECK(must(f.orders.status(id_of(1))).ended());
}

TEST_CASE("Given and reported twice is once, and a late report turns nothing back") {
  Fixture f;
  for (int i = 0; i < 2; ++i) must(f.orders.give(f.order(1), {"nyc"}));
  CHECK(f.pending("nyc").size() == 1);
  for (int i = 0; i < 2; ++i) f.report("nyc", 1, "done", "", "well");
  f.report("nyc", 1, "taken");
  f.report("nyc", 1, "failed", "", "late");
  must(f.orders.give(f.order(1), {"nyc"}));  // by who got no answer
  CHECK(f.pending("nyc").empty());
  const auto status = must(f.orders.status(id_of(1)));
  REQUIRE(status.parts.size() == 1);
  CHECK(status.parts[0].state == "done");
  CHECK(status.parts[0].text == "well");
}

TEST_CASE("A node says nothing of an order that was not given to it, or of none") {
  Fixture f;
  must(f.orders.give(f.order(1), {"nyc"}));
  f.report("london", 1, "done");
  f.report("london", 1, "done", "t");
  f.report("london", 99, "done");
  CHECK(must(f.orders.status(id_of(1))).parts.size() == 1);
  CHECK(f.orders.status(id_of(99)).error().code == ErrorCode::kNotFound);
  CHECK(f.pending("nyc").size() == 1);
  CHECK(must(f.redis.command({"DBSIZE"})).integer == 2);
}

TEST_CASE("What a node says is kept short, and as text whatever its bytes") {
  Fixture f;
  must(f.orders.give(f.order(1), {"nyc"}));
  f.report("nyc", 1, "done", "", "\xff\x01\"\\\n" + std::string(5000, 'x'));
  const auto status = must(f.orders.status(id_of(1)));
  CHECK(status.parts[0].text.size() < 1100);
  CHECK(status.parts[0].text.find("\x01\"\\\n") != std::string::npos);
  // A node cannot fill Redis with targets that it makes up.
  must(f.orders.give(f.order(2), {"nyc"}));
  for (int i = 0; i < 4200; ++i) f.report("nyc", 2, "taken", fmt::format("t{}", i));
  CHECK(must(f.redis.command({"HLEN", keys::order(id_of(2))})).integer <= 4096);
}

TEST_CASE("An order is forgotten after a week, by the node and by whoever asks") {
  Fixture f;
  must(f.orders.give(f.order(1), {"nyc"}));
  must(f.orders.give(f.order(2, "", kNow + kOrderLifeMs / 2), {"nyc"}));
  CHECK(f.pending("nyc", kNow + kOrderLifeMs - 1).size() == 2);
  CHECK(f.pending("nyc", kNow + kOrderLifeMs) == std::vector<std::string>{id_of(2)});
  CHECK(must(f.redis.command({"HLEN", keys::orders("nyc")})).integer == 1);
  for (const std::string& key : {keys::orders("nyc"), keys::order(id_of(1))}) {
    const auto left = must(f.redis.command({"PTTL", key})).integer;
    CHECK(left > static_cast<std::int64_t>(kOrderLifeMs) - 60'000);
    CHECK(left <= static_cast<std::int64_t>(kOrderLifeMs));
  }
}

TEST_CASE("A node has so many orders at most, and an order goes to all its nodes or none") {
  Fixture f;
  for (std::size_t i = 0; i < schema::kMaxOrders; ++i) must(f.orders.give(f.order(i), {"nyc"}));
  const auto given = f.orders.give(f.order(1000), {"london", "nyc"});
  REQUIRE_FALSE(given);
  CHECK(given.error().code == ErrorCode::kConflict);
  CHECK(f.pending("london").empty());
  CHECK(f.orders.status(id_of(1000)).error().code == ErrorCode::kNotFound);
}

TEST_CASE("What is no order is refused") {
  Fixture f;
  auto order = f.order(1);
  std::vector<std::string> nodes = {"nyc"};
  SECTION("an id that is none") { order.id = "../../x"; }
  SECTION("an order of two words") { order.order = "rm -rf"; }
  SECTION("a target that is no name") { order.target = "a/b"; }
  SECTION("a node that is no name") { nodes = {"nyc", "a|b"}; }
  SECTION("no nodes") { nodes.clear(); }
  CHECK(f.orders.give(order, nodes).error().code == ErrorCode::kInvalid);
  CHECK(f.orders.status("x").error().code == ErrorCode::kInvalid);
  CHECK(f.orders.pending("a/b", kNow).error().code == ErrorCode::kInvalid);
  CHECK(must(f.redis.command({"DBSIZE"})).integer == 0);
}

}  // namespace fuzzmill::store
