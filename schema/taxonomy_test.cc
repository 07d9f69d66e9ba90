#include "schema/taxonomy.h"

#include <algorithm>
#include <string>

#include "tests/catch.h"

using namespace fuzzmill::schema;

TEST_CASE("severities rise from LOW to CRITICAL and their names are read back") {
  CHECK(Severity::kLow < Severity::kMedium);
  CHECK(Severity::kMedium < Severity::kHigh);
  CHECK(Severity::kHigh < Severity::kCritical);
  for (auto severity : {Severity::kLow, Severity::kMedium, Severity::kHigh, Severity::kCritical}) {
    CHECK(parse_severity(severity_name(severity)) == severity);
  }
  CHECK(severity_name(Severity::kCritical) == "CRITICAL");
}

TEST_CASE("a severity that is not one of the four is refused") {
  for (auto name : {"", "low", "UNKNOWN", "LOW ", "HIGHEST"}) CHECK_FALSE(parse_severity(name).has_value());
}

TEST_CASE("every kind is named in lower case with hyphens, once, and found by its name") {
  for (const Kind& kind : kinds()) {
    INFO(kind.name);
    CHECK(std::all_of(kind.name.begin(), kind.name.end(),
                      [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }));
    CHECK(find_kind(kind.name) == &kind);
  }
}

TEST_CASE("every kind is described in one sentence and all but unknown name a CWE") {
  for (const Kind& kind : kinds()) {
    INFO(kind.name);
    CHECK(kind.description.size() > 10);
    CHECK(kind.description.back() == '.');
    CHECK(kind.description.find('\n') == std::string_view::npos);
    CHECK(kind.cwes().empty() == (kind.name == kUnknownKind));
  }
}

TEST_CASE("a kind whose base severity is HIGH or more is a security kind") {
  for (const Kind& kind : kinds()) {
    INFO(kind.name);
    if (kind.severity >= Severity::kHigh) CHECK(kind.security);
  }
}

TEST_CASE("the kinds that every fuzzer of ours can report are in the table") {
  for (auto name : {"heap-buffer-overflow", "heap-use-after-free", "double-free", "bad-free",
                    "stack-overflow", "segv", "null-dereference", "use-of-uninitialized-value", "memory-leak",
                    "signed-integer-overflow", "timeout", "out-of-memory", "assert", "abort",
                    "uncaught-exception", "unexpected-exit", "deadly-signal", "exit", "unknown"}) {
    INFO(name);
    CHECK(find_kind(name) != nullptr);
  }
}

TEST_CASE("a kind the table does not have is weighed as unknown") {
  CHECK(find_kind("quantum-overflow") == nullptr);
  CHECK(kind_or_unknown("quantum-overflow").name == "unknown");
  CHECK(kind_or_unknown("segv").name == "segv");
}

TEST_CASE("the CWE list of a kind ends at its first zero") {
  auto cwes = find_kind("heap-use-after-free")->cwes();
  REQUIRE(cwes.size() == 1);
  CHECK(cwes[0] == 416);
  CHECK(find_kind("out-of-memory")->cwes().size() == 2);
}
