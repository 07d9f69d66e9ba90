#include "workers/fingerprint/signature.h"

#include <algorithm>
#include <set>

#include "tests/catch.h"
#include "workers/fingerprint/fingerprint.h"
#include "workers/fingerprint/group/face_text.h"

using namespace fuzzmill::workers;

namespace {

std::string asan(const char* kind, std::initializer_list<const char*> frames) {
  std::string text =
      "==7==ERROR: AddressSanitizer: " + std::string(kind) + " on address 0x602000000034 at pc 0x1\n";
  int index = 0;
  for (const char* frame : frames) text += "    #" + std::to_string(index++) + " 0x1 in " + frame + "\n";
  return text + "\nSUMMARY: AddressSanitizer: x\n==7==ABORTING\n";
}

// The grain that lines do not enter.
std::string sign_text(std::string_view text) { return fingerprint({text, {}, {}}).signatures.top; }

bool is_signature(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

TEST_CASE("every grain is a whole SHA-256 and the grains differ") {  // a script kept 16 digits of it
  const Fingerprint print = fingerprint({asan("heap-buffer-overflow", {"f /a.c:1:1"}), {}, {}});
  std::set<std::string> seen;
  for (auto [grain, digits] : print.signatures.named()) {
    INFO(grain);
    CHECK(is_signature(digits));
    seen.insert(std::string(digits));
  }
  CHECK(seen.size() == 5);
  CHECK(print.signature == print.signatures.face);
  CHECK(print.group == print.signature.substr(0, 16));
}

TEST_CASE("the signature of a crash never changes within a version") {
  // Golden: a change here is a new kSignatureVersion, and the old one stays an alias. The texts hashed are
  // "v3|heap-buffer-overflow|site|f", "…|top||f|g", "…|lines||f@a.c:1|g@a.c:2" and "…|whole|f|g".
  const Fingerprint print = fingerprint(
      {asan("heap-buffer-overflow", {"__asan_memcpy /x", "f(int) /a.c:1:1", "g /a.c:2:2"}), {}, {}});
  CHECK(print.signatures.site == "d6bfbfbdb7cf48bc695fb64c84f447a4d4026d6026209cad3fa44beab2f0d15d");
  CHECK(print.signatures.top == "11e7886938aa3a6eb5c025a530d0d032246b5389bd4524c8de9efb32fe282b3c");
  CHECK(print.signatures.lines == "907213e06a50a2eda5a894299ffef001e21e6c2535a401ee7ac43231efd0ed87");
  CHECK(print.signatures.whole == "885f7849c310eeaa6b397593467a182a9ee39033f1bde10e75ce022bc6eee3e8");
  CHECK(face_text(print.shown.face) == "v3|heap-buffer-overflow||||||\n|f|a.c|1|g|a.c|2\n\n\n\n\n");
}

TEST_CASE("what older versions called a crash never changes, the newest of them first") {
  const Fingerprint print = fingerprint(
      {asan("heap-buffer-overflow", {"__asan_memcpy /x", "f(int) /a.c:1:1", "g /a.c:2:2"}), {}, {}});
  CHECK(face_text_v2(print.shown.face) == "v2|heap-buffer-overflow||||||\n|f|a.c:1|g|a.c:2\n\n\n\n\n");
  const std::vector<std::string> old = old_signatures(print);
  REQUIRE(old.size() == 2);
  CHECK(old[0] == "a07be39c4d7e17438022714d700e456a989574f69568c0e198f093e85a3d87b8");
  CHECK(old[1] == "63e19db8304f51e9d5983aee605ee955ce16999c43f70222ac38243798292444");
  // Words that version 2 did not have.
  Face face = print.shown.face;
  face.releasing = face.owns_memory = face.stands_in = true;
  face.stack[0].column = 3, face.variable = kThreadStack;
  CHECK(face_text_v2(face) == face_text_v2(print.shown.face));
}

TEST_CASE("lines, addresses, arguments and clones do not change the signature of the top frames") {
  const std::string one = sign_text(asan("heap-buffer-overflow", {"f(int) /a.c:1:1", "g /a.c:2:2"}));
  CHECK(one == sign_text(asan("heap-buffer-overflow",
                              {"__asan_memcpy /x", "f(unsigned) /b/a.c:7", "g.part.0 /a.c:9:2"})));
  CHECK(one != sign_text(asan("heap-buffer-overflow", {"h /a.c:1:1", "g /a.c:2:2"})));
  CHECK(one != sign_text(asan("heap-use-after-free", {"f(int) /a.c:1:1", "g /a.c:2:2"})));
}

TEST_CASE("grains see as far as they say") {
  const auto near =
      fingerprint({asan("segv", {"a /s.c:1", "b /s.c:2", "c /s.c:3", "d /s.c:4"}), {}, {}}).signatures;
  const auto far =
      fingerprint({asan("segv", {"a /s.c:1", "b /s.c:9", "c /s.c:3", "e /s.c:4"}), {}, {}}).signatures;
  CHECK(near.site == far.site);
  CHECK(near.top == far.top);
  CHECK(near.lines != far.lines);
  CHECK(near.whole != far.whole);
}

TEST_CASE(
    "crashes in an interceptor are told apart by their callers") {  // a script told them by the interceptor
  CHECK(sign_text(asan("heap-buffer-overflow", {"__asan_memcpy (/t+0x1)", "f /a.c:1"})) !=
        sign_text(asan("heap-buffer-overflow", {"__asan_memcpy (/t+0x1)", "g /a.c:1"})));
}

TEST_CASE("crashes of one kind do not share a signature because of the frame's grammar") {  // a script took
                                                                                            // the word "in"
  CHECK(sign_text(asan("segv", {"f /a.c:1"})) != sign_text(asan("segv", {"g /a.c:1"})));
}

TEST_CASE("asserts differ by their text and UBSan does not differ by its numbers") {
  const std::string stack = "==1== ERROR: libFuzzer: deadly signal\n    #0 0x1 in f /s/a.c:1\n";
  CHECK(sign_text("t: t.cc:1: f: Assertion `a' failed.\n" + stack) !=
        sign_text("t: t.cc:1: f: Assertion `b' failed.\n" + stack));
  const std::string tail = " cannot be represented in type 'int'\n    #0 0x1 in f /s/a.c:1\n";
  CHECK(sign_text("a.c:2:4: runtime error: signed integer overflow: 2147483647 + 1" + tail) ==
        sign_text("a.c:2: runtime error: signed integer overflow: 1 + 2147483640" + tail));
}

TEST_CASE("a timeout is signed by its outer frames, where the clock strikes does not matter") {
  const auto timeout = [](const std::string& inner) {
    std::string text = "==1== ERROR: libFuzzer: timeout after 3 seconds\n";
    int index = 0;
    for (const std::string& function :
         {inner, std::string("loop"), std::string("decode"), std::string("LLVMFuzzerTestOneInput")}) {
      text += "    #" + std::to_string(index++) + " 0x1 in " + function + " /s/a.cc:1:1\n";
    }
    return fingerprint({text, {}, {}}).signatures.top;
  };
  CHECK(timeout("step_one") == timeout("step_two"));
  CHECK(timeout("step_one") == timeout("malloc"));
}

TEST_CASE("two targets that crash in their entry have two signatures") {
  CHECK(sign_text(asan("segv", {"LLVMFuzzerTestOneInput /s/one.cc:1:1"})) !=
        sign_text(asan("segv", {"LLVMFuzzerTestOneInput /s/two.cc:1:1"})));
}

TEST_CASE("an unknown crash is signed by how it ended and never equals one that was read") {
  const std::string segv = fingerprint({"", {}, 11}).signature;
  CHECK(fingerprint({"", {}, 11}).report.kind == "unknown");
  CHECK(segv != fingerprint({"", {}, 6}).signature);
  CHECK(segv != fingerprint({"", 1, {}}).signature);
  CHECK(segv == fingerprint({"some other noise\n", {}, 11}).signature);
  CHECK(segv != fingerprint({"==1== ERROR: libFuzzer: deadly signal\n", {}, 11}).signature);
  CHECK(segv != sign_text("==7==ERROR: AddressSanitizer: unknown on address 0x1000000\n"));
  // The ending does not split what was read.
  const std::string text = asan("segv", {"f /a.c:1"});
  CHECK(fingerprint({text, 1, {}}).signature == fingerprint({text, {}, 6}).signature);
}

TEST_CASE("a name that holds the separator cannot imitate two frames") {
  CHECK(sign_text(asan("segv", {"f|g /a.c:1"})) != sign_text(asan("segv", {"f /a.c:1", "g /a.c:1"})));
}
