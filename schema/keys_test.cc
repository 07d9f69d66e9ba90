#include "schema/keys.h"

#include "tests/catch.h"

using namespace fuzzmill::schema;

TEST_CASE("every key that is built is parsed back to its parts") {
  const struct {
    std::string key;
    std::vector<std::string> values;
  } rows[] = {
      {keys::stream(Topic::kCrashFound), {"crash.found"}},
      {keys::dead(Topic::kHeartbeat), {"heartbeat"}},
      {keys::source("node.nyc", 0xabc), {"node.nyc", "0000000000000abc"}},
      {keys::hold(2833333), {"2833333"}},
      {keys::broker("local"), {"local"}},
      {keys::loans(Topic::kCrashFound), {"crash.found"}},
      {keys::group("0011223344556677"), {"0011223344556677"}},
      {keys::group_signatures("g"), {"g"}},
      {keys::group_nodes("g"), {"g"}},
      {keys::group_targets("g"), {"g"}},
      {keys::group_inputs("g"), {"g"}},
      {keys::signature("s"), {"s"}},
      {keys::group_members("g"), {"g"}},
      {keys::group_history("g"), {"g"}},
      {keys::group_features("g"), {"g"}},
      {keys::feature("a::b <c>:/"), {"ef977c0869e90e7c"}},
      {keys::aliases(), {}},
      {keys::groups(), {}},
      {keys::severity("HIGH"), {"HIGH"}},
      {keys::seen(Stage::kClassify, 20000), {"classify", "20000"}},
      {keys::crash_retention(), {}},
      {keys::alert_budget(480000), {"480000"}},
      {keys::archives("t"), {"t"}},
      {keys::archive("a"), {"a"}},
      {keys::corpus_retention(), {}},
      {keys::corpus_have("t"), {"t"}},
      {keys::corpus_snapshots("t"), {"t"}},
      {keys::shared_inputs("t"), {"t"}},
      {keys::shared_known("t"), {"t"}},
      {keys::sharing("t"), {"t"}},
      {keys::share_budget(29166666), {"29166666"}},
      {keys::orders("nyc"), {"nyc"}},
      {keys::order("0011223344556677"), {"0011223344556677"}},
      {keys::nodes(), {}},
      {keys::node("nyc"), {"nyc"}},
      {keys::target("nyc", "fuzz_sha3"), {"nyc", "fuzz_sha3"}},
      {keys::samples("nyc", "fuzz_sha3"), {"nyc", "fuzz_sha3"}},
      {keys::machine("nyc"), {"nyc"}},
      {keys::machine_samples("nyc"), {"nyc"}},
      {keys::watch("nyc"), {"nyc"}},
      {keys::deadlines(), {}},
      {keys::outbox(), {}},
      {keys::node_alert_budget(480000), {"480000"}},
      {keys::node_alert_claims(20000), {"20000"}},
  };
  for (const auto& row : rows) {
    INFO(row.key);
    const auto parsed = keys::parse(row.key);
    REQUIRE(parsed);
    CHECK(parsed->values == row.values);
  }
}

TEST_CASE("keys that are not ours are not taken for ours") {
  for (const char* key : {"",
                          "fuzzmill",
                          "fuzzmill:",
                          "fuzzmill:{log}",
                          "fuzzmill:{log}:",
                          "fuzzmill:{log}:stream",
                          "fuzzmill:{log}:stream:",
                          "fuzzmill:{log}:stream:a:b",
                          "fuzzmill:{log}:stream:a/b",
                          "Fuzzmill:{log}:stream:a",
                          "fuzzmill:log:stream:a",
                          "fuzzmill:{crash}:group:",
                          "fuzzmill:{crash}:groupsx",
                          "fuzzmill:{crash}:seen:classify",
                          "fuzzmill:{crash}:seen:classify:1:2",
                          "fuzzmill:{node}:target:nyc",
                          "fuzzmill:{node}:target:/x",
                          "fuzzmill:{node}:target:a/b/c",
                          " fuzzmill:{node}:nodes",
                          "fuzzmill:{node}:nodes "}) {
    INFO(key);
    CHECK_FALSE(keys::parse(key));
  }
}

TEST_CASE("keys that one script touches share a hash tag") {
  CHECK(keys::group("g").find("{crash}") != std::string::npos);
  CHECK(keys::signature("s").find("{crash}") != std::string::npos);
  CHECK(keys::seen(Stage::kFingerprint, 1).find("{crash}") != std::string::npos);
  CHECK(keys::stream(Topic::kCrashFound).find("{log}") != std::string::npos);
  CHECK(keys::source("node.nyc", 1).find("{log}") != std::string::npos);
  CHECK(keys::hold(1).find("{log}") != std::string::npos);
}
