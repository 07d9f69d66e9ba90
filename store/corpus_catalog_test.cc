#include "store/corpus_catalog.h"

#include <algorithm>

#include "schema/keys.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/redis_server.h"

namespace fuzzmill::store {
namespace {

using schema::ErrorCode;
using tests::must;
constexpr std::uint64_t kTime = 1'750'000'000'000;
constexpr std::uint64_t kDay_s = 86'400;

CatalogRow row(int number, const std::string& target = "fuzz_tlv") {
  CatalogRow row;
  row.id = schema::sha256_hex(target + std::to_string(number)).substr(0, 16);
  row.target = target, row.format = "tar.zst", row.sha256 = std::string(64, 'a');
  row.object = "corpus/" + target + "/2025-06-15T150640Z-" + row.id.substr(0, 8) + ".tar.zst";
  row.nodes = {{"fra", std::string(16, '1')},
               {"nyc-2", std::string(16, static_cast<char>('0' + number % 10))}};
  row.bytes = 100, row.files = 3, row.files_bytes = 500, row.files_left_out = 7;
  row.time_ms = kTime + static_cast<std::uint64_t>(number) * 1000, row.recorded_ms = kTime + 1'000'000;
  row.expires_s = kTime / 1000 + 30 * kDay_s, row.verified_ms = row.recorded_ms;
  return row;
}

std::vector<std::string> ids(const std::vector<CatalogRow>& rows) {
  std::vector<std::string> out;
  for (const CatalogRow& each : rows) out.push_back(each.id);
  return out;
}

// Records rows 0 … count - 1, each on the one before.
void fill(CorpusCatalog& catalog, int count, const std::string& target = "fuzz_tlv") {
  for (int i = 0; i < count; ++i) must(catalog.record(row(i, target), i == 0 ? "" : row(i - 1, target).id));
}

std::vector<schema::Sha256> hashes(int from, int to) {
  std::vector<schema::Sha256> out;
  for (int i = from; i < to; ++i) out.push_back(schema::sha256(std::to_string(i)));
  return out;
}

}  // namespace

TEST_CASE("A recorded corpus archive is found again with all that is known of it") {
  tests::RedisServer server;
  auto redis = server.connect();
  CorpusCatalog catalog(redis);
  must(catalog.record(row(1), ""));
  auto expected = row(1);
  expected.order = expected.time_ms;
  CHECK(must(catalog.newest("fuzz_tlv")) == expected);
  CHECK(must(catalog.get(expected.id)) == expected);
  CHECK(must(catalog.snapshot_of("fuzz_tlv", "nyc-2")) == std::string(16, '1'));
  CHECK(must(catalog.snapshot_of("fuzz_tlv", "other")).empty());
  CHECK(must(catalog.targets()) == std::vector<std::string>{"fuzz_tlv"});
  CHECK(catalog.newest("other").error().code == ErrorCode::kNotFound);
  CHECK(catalog.newest("").error().code == ErrorCode::kNotFound);
  CHECK(catalog.get("0123456789abcdef").error().code == ErrorCode::kNotFound);
  CHECK(catalog.list("no name/", 1).error().code == ErrorCode::kInvalid);
}

TEST_CASE("Of two that build on the same archive the second is told to build anew") {
  tests::RedisServer server;
  auto redis = server.connect();
  CorpusCatalog catalog(redis);
  must(catalog.record(row(1), ""));
  CHECK(catalog.record(row(2), "").error().code == ErrorCode::kConflict);
  must(catalog.record(row(2), row(1).id));
  CHECK(catalog.record(row(3), row(1).id).error().code == ErrorCode::kConflict);
  must(catalog.record(row(3), row(2).id));
  must(catalog.record(row(3), row(2).id));  // again: the answer to the first was lost
  CHECK(ids(must(catalog.list("fuzz_tlv", 10))) == std::vector{row(3).id, row(2).id, row(1).id});
  CHECK(ids(must(catalog.list("fuzz_tlv", 2))) == std::vector{row(3).id, row(2).id});
  CHECK(must(catalog.list("fuzz_tlv", 0)).empty());
}

TEST_CASE("What is recorded last is the newest whatever clocks say") {
  tests::RedisServer server;
  auto redis = server.connect();
  CorpusCatalog catalog(redis);
  auto ahead = row(1), same = row(2), behind = row(3);
  ahead.time_ms = 4'000'000'000'000;  // of a clock that is decades ahead
  same.time_ms = ahead.time_ms, behind.time_ms = 1000;
  must(catalog.record(ahead, ""));
  must(catalog.record(same, ahead.id));
  must(catalog.record(behind, same.id));
  CHECK(ids(must(catalog.list("fuzz_tlv", 9))) == std::vector{behind.id, same.id, ahead.id});
  CHECK(must(catalog.get(ahead.id)).order == ahead.recorded_ms);
}

TEST_CASE("An archive is found by a beginning of its id, its file and its object") {
  tests::RedisServer server;
  auto redis = server.connect();
  CorpusCatalog catalog(redis);
  fill(catalog, 3);
  auto twin = row(7, "other");
  twin.id = row(1).id.substr(0, 12) + "0000";
  must(catalog.record(twin, ""));
  CHECK(must(catalog.find(row(2).id)).id == row(2).id);
  CHECK(must(catalog.find(row(2).id.substr(0, 6))).id == row(2).id);
  CHECK(must(catalog.find(row(1).object)).id == row(1).id);
  CHECK(must(catalog.find(row(1).object.substr(7))).id == row(1).id);   // target/file
  CHECK(must(catalog.find(row(1).object.substr(16))).id == row(1).id);  // file
  CHECK(catalog.find(row(1).object.substr(17)).error().code == ErrorCode::kNotFound);
  CHECK(catalog.find(row(1).id.substr(0, 12)).error().code == ErrorCode::kConflict);
  CHECK(catalog.find("ffffffff").error().code == ErrorCode::kNotFound);
  CHECK(catalog.find("abc").error().code == ErrorCode::kInvalid);
  CHECK(catalog.find("").error().code == ErrorCode::kInvalid);
  CHECK(catalog.find("*").error().code == ErrorCode::kInvalid);
  must(catalog.quarantine(row(0).id, 1, 2, "expired"));
  CHECK(must(catalog.find(row(0).id)).quarantined_s == 1);
}

TEST_CASE("The list of all goes by target") {
  tests::RedisServer server;
  auto redis = server.connect();
  CorpusCatalog catalog(redis);
  fill(catalog, 2, "b"), fill(catalog, 2, "a");
  CHECK(ids(must(catalog.list("", 10))) ==
        std::vector{row(1, "a").id, row(0, "a").id, row(1, "b").id, row(0, "b").id});
  CHECK(must(catalog.list("", 3)).size() == 3);
}

TEST_CASE("Quarantine takes an archive off the list, and back") {
  tests::RedisServer server;
  auto redis = server.connect();
  CorpusCatalog catalog(redis);
  fill(catalog, 3);
  for (int times = 0; times < 2; ++times) must(catalog.quarantine(row(1).id, 100, 200, "expired"));
  CHECK(ids(must(catalog.list("", 9))) == std::vector{row(2).id, row(0).id});
  const auto in = must(catalog.quarantined());
  REQUIRE(in.size() == 1);
  CHECK((in[0].id == row(1).id && in[0].quarantined_s == 100 && in[0].delete_s == 200 &&
         in[0].why == "expired"));
  CHECK(must(redis.command({"ZSCORE", schema::keys::corpus_retention(), row(1).id})).is_nil());

  for (int times = 0; times < 2; ++times) must(catalog.unquarantine(row(1).id, 4'000'000'000));
  CHECK(ids(must(catalog.list("", 9))) == std::vector{row(2).id, row(1).id, row(0).id});
  CHECK(must(catalog.quarantined()).empty());
  CHECK(must(catalog.get(row(1).id)).expires_s == 4'000'000'000);
  CHECK(must(catalog.get(row(1).id)).why.empty());
  CHECK(catalog.quarantine("0123456789abcdef", 1, 2, "").error().code == ErrorCode::kNotFound);
  CHECK(catalog.unquarantine("0123456789abcdef", 1).error().code == ErrorCode::kNotFound);
}

TEST_CASE("The newest archive stays unless it is bad, and then the one before is the base") {
  tests::RedisServer server;
  auto redis = server.connect();
  CorpusCatalog catalog(redis);
  fill(catalog, 3);
  CHECK(catalog.quarantine(row(2).id, 1, 2, "expired").error().code == ErrorCode::kConflict);
  CHECK(must(catalog.snapshot_of("fuzz_tlv", "nyc-2")) == std::string(16, '2'));
  must(catalog.set_verified(row(2).id, 77, "entry 3 is cut short"));
  CHECK(must(catalog.newest("fuzz_tlv")).bad == "entry 3 is cut short");
  CHECK(must(catalog.newest("fuzz_tlv")).verified_ms == 77);
  must(catalog.quarantine(row(2).id, 1, 2, "bad"));
  CHECK(must(catalog.newest("fuzz_tlv")).id == row(1).id);
  CHECK(must(catalog.snapshot_of("fuzz_tlv", "nyc-2")) == std::string(16, '1'));
  must(catalog.set_verified(row(2).id, 78, ""));
  CHECK(must(catalog.get(row(2).id)).bad.empty());
}

TEST_CASE("What is forgotten is gone from every key") {
  tests::RedisServer server;
  auto redis = server.connect();
  CorpusCatalog catalog(redis);
  fill(catalog, 2);
  must(catalog.quarantine(row(0).id, 1, 2, "expired"));
  for (int times = 0; times < 2; ++times) must(catalog.forget(row(0).id));
  must(catalog.forget(row(1).id));
  CHECK(must(redis.command({"KEYS", "fuzzmill:*"})).items.empty());
}

TEST_CASE("A target is replaced as a whole, unless it changed meanwhile") {
  tests::RedisServer server;
  auto redis = server.connect();
  CorpusCatalog catalog(redis);
  fill(catalog, 3), fill(catalog, 1, "other");
  must(catalog.quarantine(row(0).id, 1, 2, "expired"));
  auto kept = row(8), put_away = row(9);
  put_away.quarantined_s = 10, put_away.delete_s = 20;
  CHECK(catalog.replace_target("fuzz_tlv", {kept, put_away}, row(1).id).error().code == ErrorCode::kConflict);
  must(catalog.replace_target("fuzz_tlv", {kept, put_away}, row(2).id));
  CHECK(ids(must(catalog.list("", 9))) == std::vector{kept.id, row(0, "other").id});
  CHECK(ids(must(catalog.quarantined())) == std::vector{put_away.id});
  CHECK(must(catalog.get(kept.id)).nodes == kept.nodes);
  CHECK(catalog.get(row(0).id).error().code == ErrorCode::kNotFound);
  must(catalog.replace_target("fuzz_tlv", {}, kept.id));
  CHECK(must(catalog.targets()) == std::vector<std::string>{"other"});
}

TEST_CASE("Only what the server lacks is asked for") {
  tests::RedisServer server;
  auto redis = server.connect();
  CorpusCatalog catalog(redis);
  const auto all = hashes(0, 10'000);
  const std::vector<schema::Sha256> some(all.begin(), all.begin() + 5'000);
  CHECK(must(catalog.lacks("t", all)) == std::vector<bool>(all.size(), true));
  for (int times = 0; times < 2; ++times) must(catalog.add_have("t", some));
  CHECK(must(catalog.count_have("t")) == some.size());
  const auto lacks = must(catalog.lacks("t", all));
  REQUIRE(lacks.size() == all.size());
  CHECK(std::count(lacks.begin(), lacks.end(), true) == 5'000);
  CHECK((!lacks[4'999] && lacks[5'000]));

  must(catalog.remove_have("t", std::span(all).first(1)));
  CHECK(must(catalog.lacks("t", std::span(all).first(2))) == std::vector<bool>{true, false});
  must(catalog.replace_have("t", std::span(all).last(3)));
  CHECK(must(catalog.count_have("t")) == 3);
  CHECK(must(redis.command({"TTL", schema::keys::corpus_have("t")})).integer == -1);
  must(catalog.replace_have("t", {}));
  CHECK(must(redis.command({"KEYS", "*"})).items.empty());
  CHECK(must(catalog.lacks("t", {})).empty());
  CHECK(catalog.add_have("no/name", some).error().code == ErrorCode::kInvalid);
}

TEST_CASE("One worker at a time has the turn to prune") {
  tests::RedisServer server;
  auto redis = server.connect();
  CorpusCatalog catalog(redis);
  CHECK(must(catalog.take_turn("a", 600)));
  CHECK(must(catalog.take_turn("a", 600)));
  CHECK_FALSE(must(catalog.take_turn("b", 600)));
  must(catalog.leave_turn("b"));
  CHECK_FALSE(must(catalog.take_turn("b", 600)));
  must(catalog.leave_turn("a"));
  CHECK(must(catalog.take_turn("b", 600)));
  CHECK(must(redis.command({"TTL", schema::keys::corpus_turn()})).integer > 0);
}

TEST_CASE("Rows that are no rows are refused") {
  tests::RedisServer server;
  auto redis = server.connect();
  CorpusCatalog catalog(redis);
  const auto refused = [&](const auto& spoil) {
    auto bad = row(1);
    spoil(bad);
    const auto done = catalog.record(bad, "");
    return !done.ok() && done.error().code == ErrorCode::kInvalid;
  };
  CHECK(refused([](CatalogRow& bad) { bad.id = "xyz"; }));
  CHECK(refused([](CatalogRow& bad) { bad.target = "../x"; }));
  CHECK(refused([](CatalogRow& bad) { bad.object = "/etc/passwd"; }));
  CHECK(refused([](CatalogRow& bad) { bad.sha256.clear(); }));
  CHECK(refused([](CatalogRow& bad) { bad.nodes[0].node = "a b"; }));
  CHECK(refused([](CatalogRow& bad) { bad.nodes[0].snapshot = "1"; }));
  CHECK(must(redis.command({"KEYS", "*"})).items.empty());
}

}  // namespace fuzzmill::store
