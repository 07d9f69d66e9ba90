#include "runtime/file_lock.h"

#include <unistd.h>

#include <optional>
#include <string>

#include "tests/catch.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using runtime::FileLock;

TEST_CASE("a lock has one owner, whom the loser is told, and is free again after it") {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "up.lock";
  {
    auto mine = FileLock::take(file);
    REQUIRE(mine.ok());
    const FileLock moved = std::move(*mine);
    const auto second = FileLock::take(file);  // flock() locks an open file, so that one process suffices
    REQUIRE(!second.ok());
    CHECK(second.error().code == schema::ErrorCode::kConflict);
    CHECK(second.error().message.find("process " + std::to_string(getpid())) != std::string::npos);
  }
  CHECK(FileLock::take(file).ok());
  CHECK(FileLock::take(folder.path() / "no" / "up.lock").error().code == schema::ErrorCode::kUnavailable);
}
