#include "cli/triage/collect.h"

#include <filesystem>

#include "tests/catch.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;

TEST_CASE("the names that fuzzers give to inputs are known, reports beside them are none") {
  for (const char* name :
       {"crash-da39a3ee5e6b4b0d3255bfef95601890afd80709", "oom-da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "slow-unit-da39a3ee5e6b4b0d3255bfef95601890afd80709", "id:000001,sig:06,src:000000,time:30",
        "SIGSEGV.PC.55.STACK.1.CODE.1.ADDR.0.INSTR.mov.fuzz"}) {
    CAPTURE(name);
    CHECK(is_artifact_name(name));
  }
  for (const char* name :
       {"crash-da39", "crash-notes.txt", "id:000001,sig:06.txt", "report.log", "idle", ""}) {
    CAPTURE(name);
    CHECK_FALSE(is_artifact_name(name));
  }
}

TEST_CASE("binary files are told from logs, whatever language the log is in") {
  CHECK(
      looks_binary(std::string_view("\x7f"
                                    "ELF\0\0",
                                    6)));
  CHECK(looks_binary("\xff\xfe\x80\x81\x82\x83"));
  CHECK_FALSE(looks_binary("==1==ERROR: AddressSanitizer\n\x1b[1mred\x1b[0m\n"));
  CHECK_FALSE(
      looks_binary("Gr\xc3\xbc\xc3\x9f"
                   "e aus dem Protokoll, Zeile eins\n"));
  CHECK_FALSE(looks_binary(""));
}

TEST_CASE("a report's input is the one it names, else the one beside it") {
  tests::TemporaryFolder folder;
  const std::string named = folder.write("artifacts/crash-1", "x").string();
  const std::string beside = folder.write("logs/two", "x").string();
  const std::string log = folder.write("logs/one.log", "").string();
  const std::string two = folder.write("logs/two.log", "").string();
  const auto paths = collect_files({folder.path().string()});
  REQUIRE(paths);
  const FileSet files(*paths);
  CHECK(files.paths().size() == 4);
  CHECK(input_of(log, "artifact_prefix='./'; Test unit written to ./crash-1\r\nBase64: eA==\n", files) ==
        named);
  CHECK(input_of(two, "no name here", files) == beside);
  CHECK(input_of(log, "Test unit written to ./crash-2\n", files).empty());
}

TEST_CASE("a path that is not there is an error that names it; links below a folder are not followed") {
  tests::TemporaryFolder folder;
  folder.write("real.txt", "x");
  std::filesystem::create_directory_symlink(folder.path(), folder.path() / "loop");
  CHECK(collect_files({folder.path().string()})->size() == 1);
  const auto missing = collect_files({(folder.path() / "absent").string()});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == schema::ErrorCode::kNotFound);
  CHECK(missing.error().message.find("absent") != std::string::npos);
}

TEST_CASE("of a file over the limit the end is read, where the crash is") {
  tests::TemporaryFolder folder;
  const auto path = folder.write("huge.log", "");
  std::filesystem::resize_file(path, kMaxReportFile + 1000);  // a hole: no bytes are written
  const auto text = read_report_file(path.string());
  REQUIRE(text);
  CHECK(text->size() == kMaxReportFile);
}
