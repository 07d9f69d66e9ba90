#include "producers/evidence/artifact_places.h"

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

const std::string kSha1 = "ed9b7546307621c0e62f2f15f1d6805d23efc2b8";

}  // namespace

TEST_CASE("a scan finds artifacts and nothing else") {
  tests::TemporaryFolder folder;
  for (const auto& name : {"crash-" + kSha1, "oom-" + kSha1, std::string("README"), "fuzz-" + kSha1}) {
    folder.write(name, "x");
  }
  ArtifactPlaces places;
  places.add(folder.path(), libfuzzer_artifact_names({folder.path(), "", {}}));
  places.add(folder.path() / "absent", libfuzzer_artifact_names({}));
  CHECK(places.scan(folder.path()) == std::vector<std::filesystem::path>{folder.path() / ("crash-" + kSha1),
                                                                         folder.path() / ("oom-" + kSha1)});
  CHECK(places.scan(folder.path() / "absent").empty());
  CHECK(places.scan("/").empty());
}

TEST_CASE("a path that a log prints means a file of our folders, or none") {
  ArtifactPlaces places;
  places.add("/art/", libfuzzer_artifact_names({"/art", "pre-", std::filesystem::path("/art/exact")}));
  CHECK(places.locate("anywhere/pre-crash-" + kSha1) == "/art/pre-crash-" + kSha1);
  CHECK(places.locate("/elsewhere/exact") == "/art/exact");
  CHECK_FALSE(places.locate("/art/crash-" + kSha1).has_value());
  CHECK_FALSE(places.locate("").has_value());
  CHECK_FALSE(places.locate("/art/..").has_value());
  CHECK_FALSE(places.locate(std::string(300, 'a')).has_value());
}

TEST_CASE("of libFuzzer's artifacts all but slow units have a report in the log") {
  const auto read = libfuzzer_artifact_names({"/art", "", {}});
  CHECK(read("oom-" + kSha1)->logged);
  CHECK(read("oom-" + kSha1)->kind == "oom");
  CHECK(read("oom-" + kSha1)->sha1 == kSha1);
  CHECK_FALSE(read("slow-unit-" + kSha1)->logged);
  CHECK_FALSE(read("id:000000,sig:06").has_value());
}

}  // namespace fuzzmill::producers
