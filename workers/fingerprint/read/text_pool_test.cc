#include "workers/fingerprint/read/text_pool.h"

#include <string>

#include "tests/catch.h"
#include "workers/fingerprint/read/text.h"

using namespace fuzzmill::workers;

TEST_CASE("what a text pool keeps stays where it is, however much comes after it") {
  TextPool pool;
  std::vector<std::pair<std::string, std::string_view>> kept;
  for (std::size_t size : {0, 1, 2000, 100, 4096, 200'000, 3}) {
    for (int i = 0; i < 20; ++i) {
      std::string text(size, static_cast<char>('a' + i));
      kept.emplace_back(text, pool.keep(text));
    }
  }
  for (const auto& [text, view] : kept) CHECK(view == text);
}

TEST_CASE("a word filter finds its words at every place of a line, each once and with where it begins") {
  constexpr WordFilter::Word kWords[] = {{"panic", 1}, {"panicked", 2}, {"Error", 4}, {"anicked a", 8}};
  static constexpr WordFilter kFilter(kWords);
  for (std::size_t before = 0; before < 9; ++before) {
    const std::string line = std::string(before, '.') + "panicked at";
    std::vector<std::pair<int, std::size_t>> found;
    kFilter.each(line, [&](WordFilter::Mask mask, std::size_t at) { found.emplace_back(mask, at); });
    CHECK(found.size() == 3);
    for (const auto& [mask, at] : found) CHECK(at == (mask == 8 ? before + 1 : before));
    CHECK(kFilter.readers_of(line) == (1 | 2 | 8));
    CHECK(kFilter.readers_of(line.substr(0, before + 5)) == 1);
    CHECK(kFilter.readers_of(line.substr(0, before + 4)) == 0);
  }
  CHECK(kFilter.readers_of("") == 0);
}

TEST_CASE("numbers are taken as far as they fit") {
  const auto rest_of = [](std::string_view text) {
    const auto number = take_number(text);
    return std::pair(number, std::string(text));
  };
  CHECK(rest_of("12ab") == std::pair(std::optional<std::uint64_t>(12), std::string("ab")));
  CHECK(rest_of("18446744073709551615") == std::pair(std::optional(UINT64_MAX), std::string()));
  CHECK(rest_of("18446744073709551616").first == std::nullopt);
  CHECK(rest_of("-1").first == std::nullopt);
  CHECK(file_name("/a/b.c") == "b.c");
  CHECK(file_name("C:\\a\\b.c") == "b.c");
  CHECK(file_name("b.c") == "b.c");
}

TEST_CASE("the last of a character is found, and none in a text that is nowhere") {
  CHECK(find_last("a/b/c", '/') == 3);
  CHECK(find_last("abc", '/') == std::string_view::npos);
  CHECK(find_last({}, '/') == std::string_view::npos);
}

TEST_CASE("a word filter that is filled at run time takes no word that is too short, nor too many") {
  const auto refuses = [](WordFilter& filter, std::string_view word) {
    try {
      filter.add({word, 1});
    } catch (const std::length_error&) {
      return true;
    }
    return false;
  };
  WordFilter filter;
  CHECK(refuses(filter, "four"));
  std::size_t taken = 0;
  while (taken < 10'000 && !refuses(filter, "panic")) ++taken;
  CHECK(taken > 100);
  CHECK(taken < 1000);
  CHECK(filter.readers_of("panic") == 1);
}
