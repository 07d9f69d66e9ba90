#include "runtime/log.h"

#include "runtime/printable.h"
#include "tests/catch.h"

using namespace fuzzmill::runtime;

TEST_CASE("a log line quotes what needs it and escapes what a terminal would obey") {
  CHECK(log_text("broker", "bound", {{"endpoint", "tcp://127.0.0.1:7411"}, {"batch", 512}}) ==
        "process=broker msg=bound endpoint=tcp://127.0.0.1:7411 batch=512");
  CHECK(log_text("", "two words", {{"empty", ""}, {"ok", true}}) == "msg=\"two words\" empty=\"\" ok=true");
  CHECK(log_text("", "m", {{"title", "a\x1b[2J\nlevel=error"}}) == "msg=m title=\"a\\x1b[2J\\nlevel=error\"");
  CHECK(log_text("", "m", {{"quote", "say \"hi\""}}) == "msg=m quote=\"say \\\"hi\\\"\"");
}

TEST_CASE("a long value is cut") {
  const std::string line = log_text("", "m", {{"report", std::string(1 << 20, 'x')}});
  CHECK(line.size() < 2100);
  CHECK(line.substr(line.size() - 3) == "…");
}

TEST_CASE("printable text keeps letters of every script and escapes what hides or reorders") {
  CHECK(printable("größe 大小 🙂") == "größe 大小 🙂");
  CHECK(printable("a\x7f\x1b]0;title\x07") == "a\\x7f\\x1b]0;title\\x07");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\x9b31m");                        // C1 CSI
  CHECK(printable("gnp\xe2\x80\xae.exe") == "gnp\\u202e.exe");  // override of direction
  CHECK(printable("a\xe2\x80\x8b"
                  "b") == "a\\u200bb");  // zero width
  CHECK(printable("\xff\xc0\x80\xed\xa0\x80") == "\\xff\\xc0\\x80\\xed\\xa0\\x80");
  CHECK(printable("\xe4\xbd") == "\\xe4\\xbd");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("cutting does not split a character") {
  CHECK(printable("aü", 2) == "a…");
  CHECK(printable("aü", 3) == "aü");
}

TEST_CASE("log levels are named") {
  CHECK(*log_level_named("warn") == LogLevel::kWarn);
  CHECK(!log_level_named("loud").ok());
}
