#include "cli/triage/escape.h"

#include <cstdio>
#include <regex>

#include "cli/triage/sample_crash.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;

namespace {

constexpr int kTexts = 3000;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool is_one_printable_line(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return false;
  }
  return !has(text, "\u202e") && !has(text, "\u2028") && !has(text, "\xff");
}

// The longest run of backticks at the start.
std::size_t fence_of(std::string_view text) { return std::min(text.find_first_not_of('`'), text.size()); }

// A code span from end to end: fences of one length outside, no such run inside.
bool is_code_span(std::string_view text) {
  const std::size_t fence = fence_of(text);
  if (fence == 0 || text.size() < 2 * fence + 1) return false;
  const std::string_view inside = text.substr(fence, text.size() - 2 * fence);
  std::size_t run = 0;
  for (std::size_t i = 0; i <= inside.size(); ++i) {
    if (i < inside.size() && inside[i] == '`') {
      ++run;
      continue;
    }
    if (run == fence) return false;
    run = 0;
  }
  return inside.front() != '`' && inside.back() != '`' &&
         text.substr(text.size() - fence) == std::string(fence, '`');
}

}  // namespace

TEST_CASE("JSON in HTML holds no character that could end its element") {
  CHECK(json_in_html("{\"a\":\"</script><!--\"}") == "{\"a\":\"\\u003c/script>\\u003c!--\"}");
}

TEST_CASE("a policy names content by the base64 of its SHA-256") {
  CHECK(policy_hash("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
}

TEST_CASE("inline code holds any text and ends where it should") {
  CHECK(markdown_code("f(int)") == "`f(int)`");
  CHECK(markdown_code("a`b") == "``a`b``");
  CHECK(markdown_code("`") == "`` ` ``");
  CHECK(markdown_code("") == "` `");
  CHECK(markdown_cell("a|b") == "`a\\x7cb`");
  HostileText hostile(1);
  for (int i = 0; i < kTexts; ++i) {
    const std::string text = hostile.next();
    CAPTURE(text);
    REQUIRE(is_code_span(markdown_code(text)));
    REQUIRE(is_one_printable_line(markdown_code(text)));
    REQUIRE(is_code_span(markdown_cell(text)));
    REQUIRE(!has(markdown_cell(text), "|"));
  }
}

TEST_CASE("only words that Markdown and GitHub leave alone stand outside code") {
  const std::string_view plain[] = {"Heap-buffer-overflow WRITE of size 4 in parse_tlv", "Segv in ns::f",
                                    "It writes 4 bytes: an attacker may choose what."};
  for (const auto text : plain) CHECK(markdown_words(text) == text);
  const std::string_view code[] = {
      "@user", "in f@user", "see #1", "GH-1",    "x gh-12",    "www.a.b", "http://a", "a <b>", "__x__",
      "_x_ y", "*x*",       "a`b",    "1234567", "f deadbeef", "[a](b)",  "a\nb",     "- a",   "# a",
      "~a~",   "a\\b",      ":bug:",  "",        "\u202e",     "a|b",     "a!b",      "$a$"};
  for (const auto text : code) {
    CAPTURE(text);
    CHECK(is_code_span(markdown_words(text)));
  }
}

TEST_CASE("a block of Markdown ends at its own fence only") {
  CHECK(markdown_block("a\nb\n") == "```text\na\nb\n```\n");
  CHECK(markdown_block("") == "```text\n```\n");
  HostileText hostile(2);
  for (int i = 0; i < kTexts; ++i) {
    const std::string text = hostile.next();
    const std::string block = markdown_block(text);
    CAPTURE(text, block);
    const std::string fence(fence_of(block), '`');
    REQUIRE(fence.size() >= 3);
    REQUIRE(block.substr(0, fence.size() + 5) == fence + "text\n");
    REQUIRE(block.substr(block.size() - fence.size() - 2) == "\n" + fence + "\n");
    const std::string inside = block.substr(fence.size() + 4, block.size() - 2 * fence.size() - 5);
    REQUIRE(!has(inside, fence));
  }
}

TEST_CASE("a shell gives every word back as it was, and runs nothing of it") {
  tests::TemporaryFolder folder;
  HostileText hostile(3);
  std::string script = "cd " + shell_word(folder.path().string()) + "\n", want;
  for (int i = 0; i < kTexts; ++i) {
    const std::string text = hostile.next();
    script += "printf '%s\\0' " + shell_word(text) + "\n";
    want += text + '\0';
  }
  folder.write("words.sh", script);
  const std::string run = "sh " + shell_word((folder.path() / "words.sh").string());
  REQUIRE(std::system((run + " >" + shell_word((folder.path() / "out").string())).c_str()) == 0);
  CHECK(folder.read("out") == want);
  CHECK(!std::filesystem::exists(folder.path() / "pwned"));
  CHECK(shell_word(std::string_view("a\0b", 3)) == "'ab'");
}

TEST_CASE("a comment of a script is one line that no backslash lengthens") {
  HostileText hostile(4);
  for (int i = 0; i < kTexts; ++i) {
    const std::string text = script_comment(hostile.next());
    REQUIRE(is_one_printable_line(text));
    REQUIRE(!has(text, "\\"));
  }
}

TEST_CASE("a pattern for gdb finds the function in gdb's words and holds nothing but harmless characters") {
  const auto finds = [](std::string_view function, const std::string& frame) {
    return std::regex_match(frame, std::regex(gdb_pattern(function)));
  };
  CHECK(finds("tlv::sum_value", "tlv::sum_value"));
  CHECK(finds("tlv::sum_value", "tlv::sum_value(unsigned char const*, unsigned long)"));
  CHECK(finds("Parser::read", "Parser<int>::read<char>"));
  CHECK(finds("main", "main"));
  CHECK(!finds("sum", "checksum"));
  CHECK(!finds("sum", "sum_all"));
  CHECK(gdb_pattern("(anonymous)").empty());
  HostileText hostile(5);
  for (int i = 0; i < kTexts; ++i) {
    const std::string pattern = gdb_pattern(hostile.next());
    CAPTURE(pattern);
    REQUIRE(pattern.find_first_not_of(
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_()|[]^$*?.-") ==
            std::string::npos);
  }
}

TEST_CASE("a path as a URI has no scheme, host, query or fragment") {
  CHECK(uri_of_path("src/a b.cc") == "src/a%20b.cc");
  CHECK(uri_of_path("javascript:alert(1)") == "javascript%3Aalert%281%29");
  CHECK(uri_of_path("//host/x") == "/host/x");
  CHECK(uri_of_path("a?b#c") == "a%3Fb%23c");
  CHECK(uri_of_path("\xff") == "%FF");
  HostileText hostile(6);
  for (int i = 0; i < kTexts; ++i) {
    REQUIRE(uri_of_path(hostile.next())
                .find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/%") ==
            std::string::npos);
  }
}

TEST_CASE("a file's name of theirs leaves no folder and hides nothing") {
  CHECK(file_word("Heap-buffer-overflow") == "heap-buffer-overflow");
  CHECK(file_word("../../etc/passwd") == "etc-passwd");
  CHECK(file_word("-rf") == "rf");
  CHECK(file_word("...") == "x");
  HostileText hostile(7);
  for (int i = 0; i < kTexts; ++i) {
    const std::string word = file_word(hostile.next());
    REQUIRE(!word.empty());
    REQUIRE(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos);
  }
}
