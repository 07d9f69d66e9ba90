#include "producers/engine/sanitizer_log.h"

#include "producers/engine/sanitizer_flags.h"
#include "producers/engine/testdata/fixture.h"
#include "tests/catch.h"

namespace fuzzmill::producers {

TEST_CASE("sanitizer options are read with quotes, and the last of a name counts") {
  const auto flags = parse_sanitizer_flags("a=1:log_path='/x:y/z' b=2,a=3:bare:=:c=\"it's\"");
  CHECK(flag_value(flags, "a") == "3");
  CHECK(flag_value(flags, "log_path") == "/x:y/z");
  CHECK(flag_value(flags, "c") == "it's");
  CHECK_FALSE(flag_value(flags, "bare").has_value());
  CHECK(parse_sanitizer_flags(sanitizer_flags_text(flags)) == flags);
  CHECK(parse_sanitizer_flags("a='open") == std::vector<SanitizerFlag>{{"a", "open"}});
}

TEST_CASE("log_path of any sanitizer gives a place, each once") {
  const auto places =
      sanitizer_log_places(variables({{"ASAN_OPTIONS", "log_path=logs/asan:log_exe_name=1"},
                                      {"UBSAN_OPTIONS", "log_path=/var/ub.log:log_suffix=.txt"},
                                      {"MSAN_OPTIONS", "log_path=stderr"},
                                      {"LSAN_OPTIONS", "log_path=/tmp/%H/x"},
                                      {"TSAN_OPTIONS", "log_path=/var/ub.log:log_suffix=.txt"}}),
                           "/srv");
  REQUIRE(places.size() == 2);
  CHECK(places[0] == SanitizerLogPlace{"/srv/logs", "asan", true, ""});
  CHECK(places[1] == SanitizerLogPlace{"/var", "ub.log", false, ".txt"});
  CHECK(sanitizer_log_pid(places[0], "asan.my.fuzzer.77") == 77);
  CHECK_FALSE(sanitizer_log_pid(places[0], "asan.77").has_value());
  CHECK(sanitizer_log_pid(places[1], "ub.log.78.txt") == 78);
  CHECK_FALSE(sanitizer_log_pid(places[1], "ub.log.78").has_value());
  CHECK(sanitizer_log_places(variables(), "/srv").empty());
}

TEST_CASE("a sanitizer log's name gives the pid of its process") {
  const auto place = sanitizer_log_place("hw/HF.sanitizer.log");
  CHECK(place.folder == "hw");
  CHECK(sanitizer_log_pid(place, "HF.sanitizer.log.23624") == 23624);
  for (const char* name : {"HF.sanitizer.log", "HF.sanitizer.log.", "HF.sanitizer.log.x",
                           "HF.sanitizer.log.1.2", "HF.sanitizer.log.-1", "HF.sanitizer.logs.1", ""})
    CHECK_FALSE(sanitizer_log_pid(place, name).has_value());
  const SanitizerLogPlace patterned{"/x", "a.%p-%H", false, ""};
  CHECK(sanitizer_log_pid(patterned, "a.12-host.example.12") == 12);
  CHECK(sanitizer_log_pid(patterned, "a.%p-%H.12") == 12);
  CHECK_FALSE(sanitizer_log_pid(patterned, "a.x-host.12").has_value());
}

}  // namespace fuzzmill::producers
