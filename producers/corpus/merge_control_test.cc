#include "producers/corpus/merge_control.h"

#include <random>

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

constexpr const char* kControl =
    "4\n1\ncorpus/a\ncorpus/b\nnew/c\nnew/crashes\n"
    "STARTED 0 3\nFT 0 1 2 3\nCOV 0 7\nSTARTED 1 9\nFT 1 3 2\nCOV 1\nSTARTED 2 4\nFT 2 4 3\nCOV 2 8\nSTARTED "
    "3 1\n";

schema::Result<CoverageValues> read(std::string_view text, std::size_t step = 1u << 20) {
  MergeControlReader reader;
  for (std::size_t at = 0; at < text.size(); at += step) {
    if (auto fed = reader.feed(text.substr(at, step)); !fed) return std::move(fed).error();
  }
  return reader.finish();
}

}  // namespace

TEST_CASE("a merge control file says how much each file brought that no file before it had") {
  for (const std::size_t step : {1u, 7u, 100'000u}) {
    const auto values = read(kControl, step);
    REQUIRE(values);
    CHECK(values->of("a") == 3);
    CHECK(values->of("b") == 0);  // what it covers, "a" covers too
    CHECK(values->of("sub/c") == 1);
    CHECK(values->of("crashes") == 0);
    CHECK(values->of("unknown") == 0);
    CHECK(values->size() == 2);
  }
}

TEST_CASE("what a merge that was killed left is used as far as it goes") {
  const std::string_view whole = kControl;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto values = read(whole.substr(0, size));
    if (!values) CHECK(size < whole.find("STARTED"));
    if (size > whole.find("COV 0")) CHECK(values->of("a") == 3);
  }
}

TEST_CASE("a corrupt merge control file is refused with the line that is wrong") {
  const auto problem = [](const std::string& text) {
    const auto values = read(text);
    return values ? std::string("none") : values.error().message;
  };
  CHECK(problem("") == "merge control file, line 1: it ends within the names of its files");
  CHECK(problem("0\n0\n") == "merge control file, line 1: no files");
  CHECK(problem("x\n") == "merge control file, line 1: not a number of files");
  CHECK(problem("99999999\n") == "merge control file: more than 500000 files");
  CHECK(problem("1\n2\n") == "merge control file, line 2: more files in the first corpus than there are");
  CHECK(problem("1\n1\n\n") == "merge control file, line 3: a file without a name");
  CHECK(problem("1\n1\na\nFT 1 2\n") == "merge control file, line 4: an index that no file has");
  CHECK(problem("1\n1\na\nFT 0 x\n") == "merge control file, line 4: not a number");
  CHECK(problem("1\n1\na\nDONE 0\n") == "merge control file, line 4: neither STARTED nor FT nor COV");
  CHECK(problem("1\n1\n" + std::string(5000, 'a')).find("longer than 4096") != std::string::npos);
  CHECK(problem("1\n1\na\nFT 0 " + std::string(30, '1')).find("longer than 24") != std::string::npos);
}

TEST_CASE("any bytes are read to an end, and never to an index that is not there") {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string text = kControl;
    for (int change = 0; change < 3; ++change) text[random() % text.size()] = "\n 019FTx\xff"[random() % 9];
    const auto values = read(text);
    if (values) CHECK(values->size() <= 4);
  }
}

TEST_CASE("a merge control file is read from the disk, and only from a regular file") {
  tests::TemporaryFolder folder;
  const auto file = folder.write("control", kControl);
  const auto values = read_merge_control(file);
  REQUIRE(values);
  CHECK(values->of("a") == 3);
  CHECK(read_merge_control(folder.path() / "absent").error().code == schema::ErrorCode::kNotFound);
  CHECK_FALSE(read_merge_control(folder.path()));
}

}  // namespace fuzzmill::producers
