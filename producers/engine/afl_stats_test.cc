#include "producers/engine/afl_stats.h"

#include "producers/engine/testdata/fixture.h"
#include "tests/catch.h"

namespace fuzzmill::producers {

TEST_CASE("the statistics of AFL 4.04 and 4.22 are read in the names that all engines share") {
  const auto old = parse_afl_stats(sample("afl-4.04/fuzzer_stats"));
  REQUIRE(old.ok());
  CHECK(old->reading.executions == 1462);
  CHECK(*old->reading.exec_per_second_said == Approx(72.96));
  CHECK(old->reading.coverage == 4);
  CHECK(old->edges_total == 11);
  CHECK(old->reading.corpus_files == 3);
  CHECK(old->reading.crashes == 1);
  CHECK(old->reading.hangs == 0);
  CHECK(old->reading.last_new_path_ms == 1795336638000);
  CHECK(old->reading.pid == 14177);
  CHECK(old->reading.as_of_ms == 1795336657000);
  CHECK(old->start_ms == 1795336637000);
  CHECK(old->last_crash_ms == 1795336641000);
  CHECK_FALSE(old->last_hang_ms.has_value());
  CHECK(old->version == "++4.04c");
  CHECK(old->banner == "./af_t");
  CHECK(*old->stability_percent == Approx(100));
  CHECK(old->command_line == "/usr/bin/afl-fuzz -i ain2 -o aout2 -V 20 -t 500 -- ./af_t");
  const auto later = parse_afl_stats(sample("afl-4.22/fuzzer_stats"));
  REQUIRE(later.ok());
  CHECK(later->reading.executions == 2721);
  CHECK(later->version == "++4.22a");
  const auto second = parse_afl_stats(sample("afl-4.22/fuzzer_stats-secondary"));
  REQUIRE(second.ok());
  CHECK_FALSE(second->last_crash_ms.has_value());
  CHECK(second->last_hang_ms == 1795336320000);
}

TEST_CASE("the names of AFL before 4.00 mean the same") {
  const auto stats = parse_afl_stats(
      "start_time        : 1583000000\r\nexecs_done        : 77\npaths_total       : 12\nunique_crashes    : "
      "3\n"
      "unique_hangs      : 4\nlast_path         : 1583000009\nafl_version       : 2.52b\n");
  REQUIRE(stats.ok());
  CHECK(stats->reading.executions == 77);
  CHECK(stats->reading.corpus_files == 12);
  CHECK(stats->reading.crashes == 3);
  CHECK(stats->reading.hangs == 4);
  CHECK(stats->reading.last_new_path_ms == 1583000009000);
  CHECK_FALSE(stats->reading.coverage.has_value());
  CHECK_FALSE(stats->reading.pid.has_value());
  CHECK_FALSE(stats->reading.exec_per_second_said.has_value());
}

TEST_CASE("hostile statistics break nothing, and what is none of AFL's is refused") {
  const auto odd = parse_afl_stats(
      "execs_done : 99999999999999999999999\nexecs_per_sec : inf\nlast_find : 18446744073709551615\n"
      "edges_found : -3\nbrand_new_key : 5\n:::\nsaved_crashes : 4");
  REQUIRE(odd.ok());
  CHECK_FALSE(odd->reading.executions.has_value());
  CHECK_FALSE(odd->reading.exec_per_second_said.has_value());
  CHECK_FALSE(odd->reading.last_new_path_ms.has_value());
  CHECK_FALSE(odd->reading.coverage.has_value());
  CHECK(odd->reading.crashes == 4);
  CHECK_FALSE(parse_afl_stats("").ok());
  CHECK_FALSE(parse_afl_stats("hello: world\n").ok());
  CHECK(parse_afl_stats("execs_done : 1\n" + std::string(10'000'000, 'x')).ok());
}

TEST_CASE("the setup file has the command's words apart and AFL's variables") {
  const auto setup = parse_afl_setup(sample("afl-4.22/fuzzer_setup"));
  REQUIRE(setup.ok());
  CHECK(setup->argv == std::vector<std::string>{"/opt/afl/afl-fuzz", "-i", "ain", "-o", "aout", "-M", "main",
                                                "-V", "40", "-t", "500", "--", "./af_t"});
  CHECK(value_in(setup->environment, "AFL_NO_UI") == "1");
  CHECK(value_in(setup->environment, "AFL_CUSTOM_INFO_PROGRAM_ARGV").empty());
  const auto quoted = parse_afl_setup("# command line:\n'a b' 'it'\\''s' ''\n");
  REQUIRE(quoted.ok());
  CHECK(quoted->argv == std::vector<std::string>{"a b", "it's", ""});
  CHECK_FALSE(parse_afl_setup("# environment variables:\nAFL_NO_UI=1\n").ok());
}

}  // namespace fuzzmill::producers
