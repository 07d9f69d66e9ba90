#include "schema/utf8.h"

#include <string>

#include "tests/catch.h"

namespace fuzzmill::schema {

TEST_CASE("Code points of one to four bytes are UTF-8, at the ends of their ranges, too") {
  for (const std::string text : {"\x01", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                 "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(code_point_size(text + "x") == text.size());
    CHECK(is_utf8("a" + text + "b"));
  }
  CHECK(code_point_size(std::string_view("\0", 1)) == 1);
  CHECK(is_utf8(""));
}

TEST_CASE("Overlong forms, surrogates, what is cut short and what is too large are no UTF-8") {
  for (const std::string text :
       {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf0\x9f\x92", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    CHECK(code_point_size(text) == 0);
    CHECK_FALSE(is_utf8("a" + text));
    CHECK_FALSE(is_utf8(text + "a"));
  }
  CHECK(code_point_size("") == 0);
}

}  // namespace fuzzmill::schema
