#include "cli/doctor_judge.h"

#include <algorithm>

#include "tests/catch.h"

using namespace fuzzmill::cli;

namespace {

DoctorFacts healthy() {
  DoctorFacts facts;
  facts.redis.where = "unix:/run/redis.sock";
  facts.redis.version = "7.0.15";
  facts.redis.settings = {{"appendonly", "yes"},
                          {"appendfsync", "always"},
                          {"no-appendfsync-on-rewrite", "no"},
                          {"maxmemory-policy", "noeviction"},
                          {"maxmemory", "2147483648"}};
  facts.redis.server_installed = true;
  facts.folders = {{"keys", "/data/keys", true, 0700, true, 50ull << 30}};
  facts.secret_keys = {{"/data/keys/server.key", 0600}};
  facts.authorized = 5;
  facts.symbolizer = "/usr/bin/llvm-symbolizer";
  return facts;
}

Finding finding(const DoctorFacts& facts, const std::string& check) {
  const auto findings = judge(facts);
  const auto it =
      std::find_if(findings.begin(), findings.end(), [&](const auto& one) { return one.check == check; });
  INFO(check);
  REQUIRE(it != findings.end());
  return *it;
}

}  // namespace

TEST_CASE("a healthy system has nothing to mend") {
  for (const auto& one : judge(healthy())) {
    INFO(one.check << ": " << one.what);
    CHECK(one.grade == Grade::kOk);
    CHECK(one.mend.empty());
  }
}

TEST_CASE("each setting of Redis that loses data fails, and is told how to be mended") {
  for (const auto& [name, wrong] : {std::pair{"appendonly", "no"},
                                    {"appendfsync", "everysec"},
                                    {"no-appendfsync-on-rewrite", "yes"},
                                    {"maxmemory-policy", "allkeys-lru"}}) {
    auto facts = healthy();
    (*facts.redis.settings)[name] = wrong;
    const auto one = finding(facts, std::string("redis ") + name);
    CHECK(one.grade == Grade::kFail);
    CHECK(one.what == wrong);
    CHECK(one.mend.find(std::string("CONFIG SET ") + name) != std::string::npos);
  }
}

TEST_CASE("no memory limit warns, forbidden settings warn, an old Redis fails") {
  auto facts = healthy();
  (*facts.redis.settings)["maxmemory"] = "0";
  CHECK(finding(facts, "redis maxmemory").grade == Grade::kWarn);
  facts.redis.settings.reset();
  CHECK(finding(facts, "redis settings").grade == Grade::kWarn);
  for (const char* version : {"6.0.16", "5.0", "", "x"}) {
    facts.redis.version = version;
    CHECK(finding(facts, "redis version").grade == Grade::kFail);
  }
  for (const char* version : {"6.2.0", "7.0.15", "10.1.2"}) {
    facts.redis.version = version;
    CHECK(finding(facts, "redis version").grade == Grade::kOk);
  }
}

TEST_CASE("a Redis that cannot be reached is one failure, whose mending depends on what is installed") {
  auto facts = healthy();
  facts.redis.problem = "no such socket";
  const auto findings = judge(facts);
  CHECK(std::count_if(findings.begin(), findings.end(),
                      [](const auto& one) { return one.check.find("redis") == 0; }) == 1);
  CHECK(finding(facts, "redis").mend.find("start `fuzzmill up`") == 0);
  facts.redis.server_installed = false;
  CHECK(finding(facts, "redis").mend.find("apt install redis-server") == 0);
}

TEST_CASE("clocks that differ warn, and fail past a minute") {
  auto facts = healthy();
  for (const auto& [ahead, grade] : {std::pair{1'999, Grade::kOk},
                                     {-2'001, Grade::kWarn},
                                     {60'001, Grade::kFail},
                                     {-60'001, Grade::kFail}}) {
    facts.redis.clock_ahead_ms = ahead;
    CHECK(finding(facts, "clock").grade == grade);
  }
}

TEST_CASE("folders must be there, writable, private and roomy") {
  auto facts = healthy();
  auto& folder = facts.folders[0];
  folder.free_bytes = 500ull << 20;
  CHECK(finding(facts, "folder keys").grade == Grade::kWarn);
  folder.free_bytes = 50ull << 20;
  CHECK(finding(facts, "folder keys").grade == Grade::kFail);
  folder.mode = 0755;
  CHECK(finding(facts, "folder keys").mend.find("chmod 700 /data/keys") == 0);
  folder.writable = false;
  CHECK(finding(facts, "folder keys").grade == Grade::kFail);
  folder.exists = false;
  CHECK(finding(facts, "folder keys").what == "/data/keys is not there");
}

TEST_CASE("a secret key that others may read fails and is named") {
  auto facts = healthy();
  facts.secret_keys.push_back({"/data/keys/local.key", 0640});
  const auto one = finding(facts, "key mode");
  CHECK(one.grade == Grade::kFail);
  CHECK(one.mend.find("chmod 600 /data/keys/local.key") == 0);
}

TEST_CASE("a missing symbolizer is a warning") {
  auto facts = healthy();
  facts.symbolizer.clear();
  CHECK(finding(facts, "symbolizer").grade == Grade::kWarn);
}
