#include "workers/fingerprint/read/mask.h"

#include "tests/catch.h"
#include "workers/fingerprint/read/report.h"

using namespace fuzzmill::workers;

TEST_CASE("one arithmetic error has one message whatever the values and the compiler") {
  const std::string wanted = "signed integer overflow: N + N cannot be represented in type int";
  CHECK(mask_numbers("signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'") ==
        wanted);
  CHECK(mask_numbers("signed integer overflow: 1 + 2147483647 cannot be represented in type 'int'") ==
        wanted);
  CHECK(mask_numbers("signed integer overflow: -5 + -2147483648 cannot be represented in type 'int'") ==
        wanted);
}

TEST_CASE("what compilers spell differently masks to one text") {
  struct Pair {
    const char* clang;
    const char* gcc;
  };
  constexpr Pair kPairs[] = {
      {"index 9 out of bounds for type 'int[4]'", "index 11 out of bounds for type 'int [4]'"},
      {"load of null pointer of type 'Pot'", "load of null pointer of type 'struct Pot'"},
      {"negation of 1 cannot be represented in type 'unsigned long'",
       "negation of 1 cannot be represented in type 'long unsigned int'"},
      {"load of misaligned address 0x7ffc01 for type 'size_t' (aka 'unsigned long'), which requires 8 byte "
       "alignment",
       "load of misaligned address 0x55d103 for type 'size_t', which requires 8 byte alignment"},
      {"execution reached an unreachable program point", "execution reached a __builtin_unreachable() call"},
      {"-nan is outside the range of representable values of type 'int'",
       "3.5e+20 is outside the range of representable values of type 'int'"},
  };
  for (const Pair& pair : kPairs) {
    INFO(pair.clang);
    CHECK(mask_numbers(pair.clang) == mask_numbers(pair.gcc));
  }
}

TEST_CASE("numbers inside words stay, numbers with units do not") {
  CHECK(mask_numbers("h264 frame of int32_t in utf8") == "h264 frame of int32_t in utf8");
  CHECK(mask_numbers("took 1200ms, 33 kB and 5KB") == "took Nms, N kB and NKB");
  CHECK(mask_numbers("key 00ff17ac9 at 0x7f00") == "key N at N");
  CHECK(mask_numbers("a facade, a decade") == "a facade, a decade");
  CHECK(mask_numbers("x - 3 and (-4)") == "x - N and (N)");
}

TEST_CASE("quoted text is data in an exception and a type in an arithmetic error") {
  CHECK(mask_data("no kiln named \"blue\" in 'oven 3'") == "no kiln named S in S");
  CHECK(mask_data("no kiln named `blue' here") == "no kiln named S here");
  CHECK(mask_data("can't open what isn't there") == "can't open what isn't there");
  CHECK(mask_data("it never \"closes and 'goes' on") == "it never closes and goes on");
  CHECK(mask_numbers("store to 'Pot'") == "store to Pot");
}

TEST_CASE("a message stays bounded and masking twice changes nothing") {
  CHECK(mask_numbers(std::string(100000, '7')).size() <= kMaxMessageText);
  CHECK(mask_data(std::string(100000, '"')).size() <= kMaxMessageText);
  for (const char* text : {"index 9 out of bounds for type 'int[4]'", "x - 3 and (-4)", "took 1200ms"}) {
    const std::string once = mask_numbers(text);
    CHECK(mask_numbers(once) == once);
  }
}
