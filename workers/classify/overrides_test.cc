#include "workers/classify/overrides.h"

#include "tests/catch.h"
#include "workers/classify/classify.h"

using namespace fuzzmill;
using namespace fuzzmill::workers;
using schema::Severity;

namespace {

Overrides parsed(const std::vector<std::string>& entries) {
  auto result = Overrides::parse(entries);
  if (!result) FAIL(result.error().message);
  return std::move(result).value();
}

std::string problem(const std::string& entry) {
  const auto result = Overrides::parse({entry});
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == schema::ErrorCode::kInvalid);
  return result.error().message;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

CrashFacts crash(const char* kind, const char* access = "") {
  CrashFacts facts;
  facts.kind = kind, facts.access = access, facts.address = 0x602000010178;
  return facts;
}

}  // namespace

TEST_CASE("the configuration has the last word on severity and security, and the reasons say so") {
  const auto overrides = parsed({"heap-buffer-overflow READ = HIGH", "memory-leak = MEDIUM",
                                 "timeout=LOW not-security", "assert = not-security"});
  const auto read = classify(crash("heap-buffer-overflow", "READ"), overrides);
  CHECK(read.severity == Severity::kHigh);
  CHECK(read.security);
  CHECK(read.reasons.front() == "The configuration says so of heap-buffer-overflow READ: HIGH.");
  CHECK(classify(crash("heap-buffer-overflow", "WRITE"), overrides).severity == Severity::kCritical);
  CHECK(classify(crash("memory-leak"), overrides).severity == Severity::kMedium);
  const auto assertion = classify(crash("assert"), overrides);
  CHECK_FALSE(assertion.security);
  CHECK(assertion.severity == classify(crash("assert")).severity);
  CHECK(assertion.reasons.front() == "The configuration says so of assert: not security.");
}

TEST_CASE("even a crash that no replay showed again keeps the severity that the configuration gives it") {
  CrashFacts facts = crash("memory-leak");
  facts.reproducible = 0;
  CHECK(classify(facts, parsed({"memory-leak = CRITICAL security"})).severity == Severity::kCritical);
}

TEST_CASE("the entry that says most wins, in whatever order they stand") {
  for (const auto& overrides :
       {parsed({"* = LOW", "* WRITE = HIGH", "segv = MEDIUM", "segv READ = CRITICAL"}),
        parsed({"segv READ = CRITICAL", "segv = MEDIUM", "* WRITE = HIGH", "* = LOW"})}) {
    CHECK(overrides.find("segv", "READ")->severity == Severity::kCritical);
    CHECK(overrides.find("segv", "WRITE")->severity == Severity::kMedium);
    CHECK(overrides.find("bus", "WRITE")->severity == Severity::kHigh);
    CHECK(overrides.find("bus", "")->severity == Severity::kLow);
  }
  CHECK(Overrides().find("segv", "") == nullptr);
}

TEST_CASE("an entry that is wrong is refused with what is wrong") {
  CHECK(has(problem("timeout LOW"), "KIND [READ|WRITE] = SEVERITY"));
  CHECK(has(problem("= LOW"), "no kind"));
  CHECK(has(problem("timeout ="), "after the '='"));
  CHECK(has(problem("timeout = low"), "none of CRITICAL"));
  CHECK(has(problem("timeout = LOW HIGH"), "two severities"));
  CHECK(has(problem("timeout = security not-security"), "twice"));
  CHECK(has(problem("segv EXECUTE = LOW"), "READ or WRITE"));
  CHECK(has(problem("SEGV = LOW"), "lower case"));
  CHECK(has(problem("heap-bufer-overflow = LOW"), "did you mean heap-buffer-overflow?"));
  CHECK(has(problem(std::string(500, 'x') + " = LOW"), "lower case"));
  CHECK_FALSE(has(problem("time\x1b[31m = LOW"), "\x1b"));
  const auto twice = Overrides::parse({"segv = LOW", "segv = HIGH"});
  REQUIRE_FALSE(twice.ok());
  CHECK(has(twice.error().message, "twice"));
  CHECK_FALSE(Overrides::parse(std::vector<std::string>(kMaxOverrides + 1, "segv = LOW")).ok());
}

TEST_CASE("a kind far from all of ours is taken: a sanitizer may be newer than the taxonomy") {
  const auto got = classify(crash("quantum-entanglement-leak"), parsed({"quantum-entanglement-leak = HIGH"}));
  CHECK(got.severity == Severity::kHigh);
}

TEST_CASE("a text has an entry a line, with comments") {
  const auto text =
      Overrides::parse_text("# ours\n\nmemory-leak = HIGH  # they kill us\r\n  timeout = not-security\n");
  REQUIRE(text.ok());
  REQUIRE(text->entries().size() == 2);
  CHECK(text->find("memory-leak", "")->severity == Severity::kHigh);
  CHECK(text->find("timeout", "")->security == false);
  CHECK_FALSE(Overrides::parse_text("memory-leak HIGH").ok());
}
