#include "runtime/head_tail.h"

#include "tests/catch.h"

namespace fuzzmill::runtime {

TEST_CASE("what fits is kept as it is, and what does not keeps its head and its tail") {
  HeadTail text(4, 6);
  text.add("abc");
  text.add("defghij");
  CHECK(text.text() == "abcdefghij");
  CHECK_FALSE(text.truncated());
  text.add("klm");
  CHECK(text.truncated());
  CHECK(text.total() == 13);
  CHECK(text.text() == "abcd\n[... 3 bytes left out ...]\nhijklm");
}

TEST_CASE("how the bytes are cut into pieces makes no difference") {
  std::string all;
  for (int i = 0; i < 5000; ++i) all += static_cast<char>('a' + i % 26);
  HeadTail whole(100, 300);
  whole.add(all);
  for (const std::size_t piece : {1u, 7u, 299u, 300u, 301u, 1000u}) {
    HeadTail cut(100, 300);
    for (std::size_t at = 0; at < all.size(); at += piece) {
      cut.add(std::string_view(all).substr(at, piece));
    }
    CHECK(cut.text() == whole.text());
    CHECK(cut.total() == whole.total());
  }
}

}  // namespace fuzzmill::runtime
