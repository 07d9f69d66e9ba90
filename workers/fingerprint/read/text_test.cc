#include "workers/fingerprint/read/text.h"

#include "tests/catch.h"
#include "workers/fingerprint/read/mask.h"
#include "workers/fingerprint/read/report.h"

using namespace fuzzmill::workers;

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  LineReader reader(text);
  for (std::string_view line; reader.next(line);) out.emplace_back(line);
  return out;
}

}  // namespace

TEST_CASE("lines end in LF or CRLF and the last needs no ending") {
  CHECK(lines_of("a\nb\r\n\nc") == std::vector<std::string>{"a", "b", "", "c"});
  CHECK(lines_of("").empty());
  CHECK(lines_of("\n") == std::vector<std::string>{""});
}

TEST_CASE("colours and titles of a terminal are removed from a line") {
  CHECK(lines_of("\x1b[1m\x1b[31m==1==ERROR\x1b[0m: x") == std::vector<std::string>{"==1==ERROR: x"});
  CHECK(lines_of("\x1b]0;title\x07text") == std::vector<std::string>{"text"});
  CHECK(lines_of("cut \x1b[") == std::vector<std::string>{"cut "});
}

TEST_CASE("a line longer than the bound is cut and the next line is read whole") {
  const auto lines = lines_of(std::string(kMaxLineSize + 100, 'x') + "\nnext");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].size() == kMaxLineSize);
  CHECK(lines[1] == "next");
}

TEST_CASE("kept text is valid UTF-8 without control characters") {
  CHECK(clean("a\x01z\x7f", 10) == "a?z?");
  CHECK(clean("gr\xc3\xbc\xc3\x9f", 10) == "gr\xc3\xbc\xc3\x9f");
  CHECK(clean("\xff\xfe\xc3-", 10) == std::string(3, '?') + "-");
  CHECK(clean("\xed\xa0\x80", 10) == "???");       // a surrogate
  CHECK(clean("\xe2\x82\xac", 2).size() < 2 + 1);  // cut inside a character
  CHECK(clean("ab\xe2\x82\xac", 4) == "ab");
}

TEST_CASE("numbers that stand alone are masked and names with digits stay") {
  CHECK(mask_numbers("2147483647 + 1 cannot be represented in type 'int'") ==
        mask_numbers("1 + 2147483647 cannot be represented in type int"));
  CHECK(mask_numbers("-2147483648 + -132 in h264_decode of int32_t") == "N + N in h264_decode of int32_t");
  CHECK(mask_numbers("load of misaligned address 0x7ffd1 for type 'int', which requires 4 byte") ==
        "load of misaligned address N for type int, which requires N byte");
  CHECK(mask_numbers("type 'size_t' (aka 'unsigned long') changed") == "type size_t changed");
  CHECK(mask_numbers("1.5e+10 is outside") == "N is outside");
}

TEST_CASE("a mask never grows past the bound of a message") {
  CHECK(mask_numbers(std::string(100000, 'a')).size() <= kMaxMessageText);
}

TEST_CASE("hexadecimal and decimal numbers that do not fit are not taken") {
  std::string_view text = "99999999999999999999999 rest";
  CHECK_FALSE(take_number(text).has_value());
  CHECK(text.starts_with("9999"));
  text = "0x1fZ";
  CHECK(take_hex(text) == 0x1f);
  CHECK(text == "Z");
  text = "0x";
  CHECK_FALSE(take_hex(text).has_value());
}
