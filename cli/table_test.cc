#include "cli/table.h"

#include "cli/show.h"
#include "tests/catch.h"

using namespace fuzzmill::cli;

TEST_CASE("a table aligns its columns and ends lines without spaces") {
  Table table({{"NAME"}, {"COUNT", true}, {"TITLE"}});
  table.add({"a", std::uint64_t{7}, "short"});
  table.add({"longer", std::uint64_t{12345}, "x"});
  CHECK(table.text(0, false) ==
        "NAME    COUNT  TITLE\n"
        "a           7  short\n"
        "longer  12345  x\n");
}

TEST_CASE("a table fits the terminal by cutting the columns that may be cut") {
  Table table({{"ID"}, {"TITLE", false, 6}});
  table.add({"0123456789", "a title that is far too long for this terminal"});
  CHECK(table.text(24, false) == "ID          TITLE\n0123456789  a title tha…\n");
  Table two({{"TITLE", false, 6}, {"ID", false, 4, true}});
  two.add({"a title of words", "0123456789"});
  CHECK(two.text(22, false) == "TITLE             ID\na title of words  012…\n");  // early columns first
  CHECK(table.text(10, false) == "ID          TITLE\n0123456789  a tit…\n");       // not below the least
}

TEST_CASE("cells of others cannot move the cursor, break lines or hide text") {
  Table table({{"TITLE"}});
  table.add({"\x1b[2J\x1b]0;owned\x07 boom\r\nSEVERITY LOW \xe2\x80\xae"});
  const std::string text = table.text(0, true);
  CHECK(text.find('\r') == std::string::npos);
  CHECK(text.find("\x1b[2J") == std::string::npos);
  CHECK(text.find("\\x1b[2J\\x1b]0;owned\\x07 boom\\r\\nSEVERITY LOW \\u202e") != std::string::npos);
}

TEST_CASE("colours stand only where they are asked for, and do not count as width") {
  Table table({{"A"}, {"B"}});
  table.add({Cell("bad", Tone::kBad), "b"});
  CHECK(table.text(0, false).find('\x1b') == std::string::npos);
  CHECK(table.text(0, true) == "\x1b[2mA  \x1b[0m  \x1b[2mB\x1b[0m\n\x1b[1;31mbad\x1b[0m  b\n");
}

TEST_CASE("wide letters take two columns and marks none") {
  CHECK(display_width("größe") == 5);
  CHECK(display_width("大小") == 4);
  CHECK(display_width("e\xcc\x81") == 1);
  CHECK(fit("大小大小", 5) == "大小…");
  CHECK(fit("abc", 3) == "abc");
  CHECK(fit("abcd", 3) == "ab…");
  CHECK(fit("abcd", 0) == "");
}

TEST_CASE("ages and times are short and never negative") {
  CHECK(age_text(1000, 0) == "-");
  CHECK(age_text(1000, 5000) == "0 s");
  CHECK(age_text(120'000, 1) == "119 s");
  CHECK(age_text(600'000, 1) == "9 min");
  CHECK(age_text(10'000'000, 1) == "2 h");
  CHECK(age_text(300'000'000, 1) == "3 d");
  CHECK(time_text(1'800'000'000'000) == "2027-01-15 08:00:00");
  CHECK(time_text(~0ull) == "-");
}
