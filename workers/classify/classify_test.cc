#include "workers/classify/classify.h"

#include <algorithm>

#include "tests/catch.h"

using namespace fuzzmill::workers;
using fuzzmill::schema::Mark;
using fuzzmill::schema::Severity;

namespace {

CrashFacts facts(const char* kind, const char* access = "", std::optional<std::uint64_t> size = {},
                 std::optional<std::uint64_t> address = {}) {
  CrashFacts out;
  out.kind = kind;
  out.access = access;
  out.access_size = size;
  out.address = address;
  return out;
}

constexpr std::uint64_t kFar = 0x602000010178;

bool has(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

TEST_CASE("severity follows kind, access, size and address by one table") {  // scripts had two that disagreed
  struct Row {
    CrashFacts facts;
    Severity severity;
    bool security;
  };
  const Row rows[] = {
      {facts("heap-buffer-overflow", "WRITE", 4), Severity::kCritical, true},
      {facts("heap-buffer-overflow", "READ", 1), Severity::kMedium, true},
      {facts("heap-buffer-overflow", "READ", 4096), Severity::kHigh, true},
      {facts("heap-buffer-overflow"), Severity::kHigh, true},
      {facts("stack-buffer-overflow", "WRITE", 1), Severity::kCritical, true},
      {facts("container-overflow", "WRITE", 1), Severity::kHigh, true},
      {facts("heap-use-after-free", "WRITE", 8), Severity::kCritical, true},
      {facts("heap-use-after-free", "READ", 8), Severity::kHigh, true},
      {facts("double-free"), Severity::kHigh, true},
      {facts("bad-free"), Severity::kHigh, true},
      {facts("use-of-uninitialized-value"), Severity::kMedium, true},
      {facts("segv", "WRITE", {}, kFar), Severity::kHigh, true},
      {facts("segv", "READ", {}, kFar), Severity::kMedium, true},
      {facts("segv", "READ"), Severity::kMedium, true},
      {facts("segv", "READ", {}, 0x10), Severity::kLow, false},
      {facts("null-dereference", "WRITE", {}, 0), Severity::kLow, false},
      {facts("null-dereference"), Severity::kLow, false},
      {facts("stack-overflow"), Severity::kLow, false},
      {facts("timeout"), Severity::kLow, false},
      {facts("out-of-memory"), Severity::kLow, false},
      {facts("memory-leak"), Severity::kLow, false},
      {facts("signed-integer-overflow"), Severity::kLow, false},
      {facts("abort"), Severity::kLow, false},
      {facts("unknown"), Severity::kLow, false},
  };
  for (const Row& row : rows) {
    INFO(row.facts.kind << " " << row.facts.access);
    const Classification got = classify(row.facts);
    CHECK(got.severity == row.severity);
    CHECK(got.security == row.security);
    CHECK_FALSE(got.reasons.empty());
  }
}

TEST_CASE("a jump to the bad address is critical whatever the access") {
  CrashFacts jump = facts("segv", "", {}, kFar);
  jump.pc = kFar;
  CHECK(classify(jump).severity == Severity::kCritical);
  jump.pc = 0x55d3;
  CHECK(classify(jump).severity == Severity::kMedium);
}

TEST_CASE("a jump to null, to no code or by a bad return address counts, whatever the kind") {
  CrashFacts null = facts("segv", "", {}, 0);
  CHECK_FALSE(classify(null).security);
  null.pc = 0;
  CHECK(classify(null).security);
  CHECK(classify(null).severity == Severity::kMedium);
  CrashFacts illegal = facts("illegal-instruction", "", {}, kFar);
  CHECK_FALSE(classify(illegal).security);
  illegal.marks.add(Mark::kWildJump);
  CHECK(classify(illegal).security);
  CHECK(classify(illegal).severity == Severity::kCritical);
  CrashFacts ret = facts("segv", "READ", {}, 0x7ffe00000000);
  ret.marks.add(Mark::kFaultOnReturn);
  CHECK(classify(ret).severity == Severity::kCritical);
}

TEST_CASE("an address that looks like data weighs a step more than a wild one") {
  for (std::uint64_t address : {0x4141414141414141ull, 0x41414141ull, 0x6f6c6c6568ff41ull}) {
    INFO(address);
    const bool chosen = address != 0x6f6c6c6568ff41ull;
    CHECK(classify(facts("segv", "WRITE", {}, address)).severity ==
          (chosen ? Severity::kCritical : Severity::kHigh));
    CHECK(classify(facts("segv", "READ", {}, address)).severity ==
          (chosen ? Severity::kHigh : Severity::kMedium));
  }
  CHECK_FALSE(classify(facts("bus", "WRITE", {}, 0x4141414141414141)).security);
}

TEST_CASE("an address that a program uses to kill itself is a failed check") {
  for (auto access : {"", "WRITE"}) {
    const Classification got = classify(facts("segv", access, {}, 0xbbadbeef));
    CHECK(got.severity == Severity::kLow);
    CHECK_FALSE(got.security);
  }
}

TEST_CASE("a language that checks every access makes a bad index harmless, a sanitizer's overflow not") {
  CrashFacts index = facts("index-out-of-bounds");
  CHECK(classify(index).security);
  for (auto language : {"go", "rust", "java"}) {
    index.language = language;
    CHECK_FALSE(classify(index).security);
    CHECK(classify(index).severity == Severity::kLow);
  }
  CrashFacts overflow = facts("heap-buffer-overflow", "WRITE", 1);
  overflow.language = "rust";
  CHECK(classify(overflow).severity == Severity::kCritical);
}

TEST_CASE("a kind that only says a signal came is weighed by the signal") {
  CrashFacts crash = facts("unknown");
  crash.signal = "SIGSEGV";
  CHECK(classify(crash).severity == Severity::kMedium);
  CHECK(classify(crash).security);
  crash.signal = "SIGABRT";
  CHECK(classify(crash).severity == Severity::kLow);
  CHECK_FALSE(classify(crash).security);
  CrashFacts read = facts("memory-leak");
  read.signal = "SIGSEGV";
  CHECK(classify(read).severity == Severity::kLow);
}

TEST_CASE("marks have the word over the kind: a protected object, a detector's verdict, a debug check") {
  struct Row {
    const char* kind;
    Mark mark;
    Severity severity;
    bool security;
  };
  const Row rows[] = {
      {"heap-use-after-free", Mark::kMiraclePtrProtected, Severity::kLow, false},
      {"uncaught-exception", Mark::kSecurityIssueCritical, Severity::kCritical, true},
      {"security-exception", Mark::kSecurityIssueHigh, Severity::kHigh, true},
      {"security-exception", Mark::kSecurityIssueLow, Severity::kLow, true},
      {"check-failure", Mark::kDebugCheck, Severity::kMedium, true},
      {"check-failure", Mark::kSecurityDebugCheck, Severity::kHigh, true},
      {"check-failure", Mark::kSecurityCheck, Severity::kLow, false},
      {"segv", Mark::kDeliberateCrash, Severity::kLow, false},
  };
  for (const Row& row : rows) {
    CrashFacts crash = facts(row.kind, "READ", {}, kFar);
    crash.marks.add(row.mark);
    INFO(row.kind << " " << fuzzmill::schema::mark_name(row.mark));
    CHECK(classify(crash).severity == row.severity);
    CHECK(classify(crash).security == row.security);
  }
}

TEST_CASE("a non-canonical address that is reported as 0 is not next to null") {
  CrashFacts crash = facts("segv", "WRITE", {}, 0);
  CHECK(classify(crash).severity == Severity::kLow);
  crash.marks.add(Mark::kNonCanonicalAddress);
  CHECK(classify(crash).severity == Severity::kHigh);
  CHECK(classify(crash).reasons[1].find("does not even have") != std::string::npos);
}

TEST_CASE("a crash that no replay showed again weighs one step less") {
  CrashFacts crash = facts("heap-buffer-overflow", "WRITE", 4);
  crash.reproducible = 1.0;
  CHECK(classify(crash).severity == Severity::kCritical);
  crash.reproducible = 0.4;
  CHECK(classify(crash).severity == Severity::kCritical);
  CHECK(classify(crash).reasons.size() > classify(facts("heap-buffer-overflow", "WRITE", 4)).reasons.size());
  crash.reproducible = 0.0;
  CHECK(classify(crash).severity == Severity::kHigh);
  CrashFacts low = facts("timeout");
  low.reproducible = 0.0;
  CHECK(classify(low).severity == Severity::kLow);
}

TEST_CASE("every kind of the taxonomy gets one of the four severities, a reason in a sentence and a title") {
  for (const auto& kind : fuzzmill::schema::kinds()) {
    for (auto access : {"", "READ", "WRITE"}) {
      const Classification got = classify(facts(std::string(kind.name).c_str(), access, 8, kFar));
      INFO(kind.name << " " << access);
      CHECK(fuzzmill::schema::parse_severity(severity_name(got.severity)) == got.severity);
      for (const std::string& reason : got.reasons) CHECK(reason.back() == '.');
      CHECK_FALSE(got.title.empty());
    }
  }
}

TEST_CASE("a write never weighs less than a read of the same kind") {
  for (const auto& kind : fuzzmill::schema::kinds()) {
    const std::string name(kind.name);
    INFO(name);
    CHECK(classify(facts(name.c_str(), "WRITE", 4, kFar)).severity >=
          classify(facts(name.c_str(), "READ", 4, kFar)).severity);
  }
}

TEST_CASE("the CWE of the access goes before the kind's own") {
  const Classification write = classify(facts("heap-buffer-overflow", "WRITE", 4));
  REQUIRE(write.cwe.size() == 2);
  CHECK(write.cwe[0] == "CWE-787");
  CHECK(write.cwe[1] == "CWE-122");
  CHECK(has(classify(facts("heap-buffer-overflow", "READ", 4)).cwe, "CWE-125"));
  CHECK(classify(facts("null-dereference")).cwe == std::vector<std::string>{"CWE-476"});
}

TEST_CASE("a kind that the taxonomy does not know is weighed as unknown and says so") {
  const Classification got = classify(facts("quantum-overflow", "WRITE", 4));
  CHECK(got.severity == Severity::kLow);
  CHECK(got.reasons.front().find("quantum-overflow") != std::string::npos);
}

TEST_CASE("a title names kind, access, size, place and message in one line") {
  CrashFacts crash = facts("heap-buffer-overflow", "WRITE", 4);
  crash.stack = {"parse_tlv", "main"};
  CHECK(classify(crash).title == "Heap-buffer-overflow WRITE of size 4 in parse_tlv");
  CrashFacts assertion = facts("assert");
  assertion.stack = {"parse"};
  assertion.message = "n < 2";
  CHECK(classify(assertion).title == "Assert in parse: n < 2");
  CHECK(classify(facts("timeout")).title == "Timeout");
  CHECK(classify(facts("")).title == "Unknown");
}

TEST_CASE("a title stays one short line whatever the message") {
  CrashFacts crash = facts("assert");
  crash.message = std::string("a\nb") + std::string(1000, 'x') + "\xe2\x82\xac";
  const std::string title = classify(crash).title;
  CHECK(title.size() <= 160);
  CHECK(title.find('\n') == std::string::npos);
}

TEST_CASE("of two crashes of a group the worse decides") {
  CHECK(worst(Severity::kLow, Severity::kHigh) == Severity::kHigh);
  CHECK(worst(Severity::kCritical, Severity::kMedium) == Severity::kCritical);
  const Classification low = classify(facts("timeout")), high = classify(facts("double-free"));
  CHECK(&worst(low, high) == &high);
  CHECK(&worst(high, low) == &high);
  const Classification assertion = classify(facts("assert"));
  CHECK(&worst(low, assertion) == &assertion);
}
