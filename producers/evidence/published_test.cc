#include <unistd.h>

#include "producers/evidence/published.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {

TEST_CASE("published artifacts are remembered by kind and content, over restarts and a cut file") {
  tests::TemporaryFolder folder;
  const auto file = folder.path() / "published";
  const auto content = schema::sha256("input");
  {
    auto set = PublishedSet::open(file);
    REQUIRE(set.ok());
    CHECK_FALSE(set->contains("crash", content));
    REQUIRE(set->add("crash", content).ok());
    REQUIRE(set->add("crash", content).ok());
    REQUIRE(set->add("oom", schema::sha256("other")).ok());
  }
  const auto whole = folder.read("published");
  CHECK(std::count(whole.begin(), whole.end(), '\n') == 2);
  folder.write("published", whole.substr(0, whole.size() - 9));  // power loss within the second line
  auto set = PublishedSet::open(file);
  REQUIRE(set.ok());
  CHECK(set->contains("crash", content));
  CHECK_FALSE(set->contains("timeout", content));
  CHECK_FALSE(set->contains("oom", schema::sha256("other")));
  REQUIRE(set->add("oom", schema::sha256("other")).ok());
  CHECK(PublishedSet::open(file)->contains("oom", schema::sha256("other")));
  CHECK(PublishedSet::open(folder.path() / "absent" / "published").error().code ==
        schema::ErrorCode::kUnavailable);
}

}  // namespace fuzzmill::producers
