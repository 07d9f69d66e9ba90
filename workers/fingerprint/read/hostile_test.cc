// Any bytes are read without harm, and twice the text takes about twice the time.
#include <chrono>
#include <random>

#include "tests/catch.h"
#include "workers/fingerprint/fingerprint.h"
#include "workers/fingerprint/stack/function_name.h"
#include "workers/fingerprint/read/report_reader.h"
#include "workers/fingerprint/read/samples.h"

using namespace fuzzmill::workers;

namespace {

void check_bounds(const Fingerprint& print) {
  REQUIRE(print.report.frames.size() <= kMaxKeptFrames);
  REQUIRE(print.report.freed_by.size() <= kMaxEvidenceFrames);
  REQUIRE(print.report.allocated_by.size() <= kMaxEvidenceFrames);
  REQUIRE(print.report.message.size() <= kMaxMessageText);
  REQUIRE(print.report.kind.size() >= 3);
  REQUIRE(print.report.kind.size() <= 64);
  REQUIRE(print.signature.size() == 64);
  REQUIRE(print.stack.frames.size() + print.stack.dropped.size() <= print.report.frames.size());
  for (const StackFrame& frame : print.stack.frames) {
    REQUIRE(frame.name.size() <= kMaxFunctionName);
    REQUIRE(frame.frame < print.report.frames.size());
  }
}

double seconds_to_read(const std::string& text) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const Fingerprint print = fingerprint({text, {}, {}});
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    check_bounds(print);
  }
  return best;
}

}  // namespace

TEST_CASE("random bytes are read within the bounds") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string text(random() % 4096, '\0');
    for (char& c : text) c = static_cast<char>(random());
    check_bounds(fingerprint({text, 1, {}}));
  }
}

TEST_CASE("mutated reports are read within the bounds") {
  std::mt19937 random(11);
  constexpr std::string_view kPieces[] = {"\n",
                                          "#0 0x1 in ",
                                          "ERROR: AddressSanitizer: ",
                                          "<",
                                          "(",
                                          "operator",
                                          "+0x",
                                          " of size ",
                                          "runtime error: ",
                                          "Assertion `",
                                          "SUMMARY: libFuzzer: ",
                                          "\x1b[",
                                          "\xff",
                                          "::",
                                          ")",
                                          "freed by"};
  for (const char* name : kLibFuzzerSamples) {
    const std::string original = sample(std::string("libfuzzer14-") + name);
    for (int round = 0; round < 60; ++round) {
      std::string text = original;
      for (int change = 0; change < 20; ++change) {
        const std::size_t at = random() % text.size();
        switch (random() % 4) {
          case 0:
            text[at] = static_cast<char>(random());
            break;
          case 1:
            text.erase(at, random() % 64);
            break;
          case 2:
            text.insert(at, kPieces[random() % std::size(kPieces)]);
            break;
          default:
            text.insert(at, text.substr(random() % text.size(), random() % 200));
            break;
        }
        if (text.empty()) text.assign(1, 'x');
      }
      check_bounds(fingerprint({text, {}, 6}));
    }
  }
}

TEST_CASE("a report cut at any byte is read and never gets another kind than its own or none") {
  const std::string text = sample("libfuzzer14-use-after-free.log");
  for (std::size_t size = 0; size <= text.size(); size += 7) {
    const Report report = parse_report(std::string_view(text).substr(0, size));
    INFO(size);
    const bool own =
        report.kind == "heap-use-after-free" || report.kind == "unknown" || report.kind.starts_with("heap") ||
        std::string_view("heap-use-after-free").starts_with(report.kind) || report.kind == "unknown-crash";
    CHECK(own);
  }
}

TEST_CASE("the time to read grows with the length of the text and not with its square") {
  for (const char* piece : {"#0 0x1 in ",
                            "<",
                            "(",
                            "ERROR: AddressSanitizer: ",
                            "# ",
                            "runtime error: ",
                            "\x1b[",
                            "#0 0x1 in f<(",
                            "(((((a ",
                            "\n#0 0x1 in a<b>::c(d) /e/f.cc:1:1",
                            "\n==1==ERROR: AddressSanitizer: SEGV on ",
                            "\nDirect leak of ",
                            "\n",
                            "SUMMARY: ",
                            "Assertion `' failed",
                            " (BuildId: ",
                            "+0x1 ",
                            "operator< ",
                            "$_0::",
                            "/include/",
                            "<<a>:"}) {
    std::string small, large;
    while (small.size() < 200'000) small += piece;
    while (large.size() < 1'600'000) large += piece;
    const double ratio = seconds_to_read(large) / std::max(seconds_to_read(small), 0.0005);
    INFO(piece << " ratio " << ratio);
    CHECK(ratio < 8 * 4);  // 8 when linear, 64 when quadratic
  }
}
