#include <poll.h>

#include "producers/evidence/artifact_watch.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

const std::string kSha1 = "ed9b7546307621c0e62f2f15f1d6805d23efc2b8";

}  // namespace

TEST_CASE("the watch tells of files that were closed and moved in") {
  tests::TemporaryFolder folder, elsewhere;
  auto watch = ArtifactWatch::start(folder.path());
  REQUIRE(watch.ok());
  CHECK((*watch)->read().names.empty());
  folder.write("written", "x");
  std::filesystem::rename(elsewhere.write("moved", "y"), folder.path() / "moved");
  pollfd waiting{(*watch)->fd(), POLLIN, 0};
  REQUIRE(::poll(&waiting, 1, 20'000) == 1);
  CHECK((*watch)->read().names == std::vector<std::string>{"written", "moved"});
  CHECK(ArtifactWatch::start(folder.path() / "absent").error().code == schema::ErrorCode::kNotFound);
}

}  // namespace fuzzmill::producers
