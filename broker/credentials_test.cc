#include "broker/credentials.h"

#include <fstream>

#include "tests/catch.h"
#include "tests/redis_server.h"

using namespace fuzzmill;
using namespace fuzzmill::broker;
namespace fs = std::filesystem;

TEST_CASE("a key pair is written once, readable by its owner only, and read back") {
  const tests::TemporaryFolder folder;
  const Credential made = make_credential("nyc", Role::kNode);
  REQUIRE(write_credential(made, folder.path()));
  CHECK((fs::status(folder.path() / "nyc.key").permissions() & fs::perms(0777)) == fs::perms(0600));
  const auto secret = read_credential(folder.path() / "nyc.key");
  REQUIRE(secret);
  CHECK(secret->secret_key == made.secret_key);
  const auto authorized = read_authorized(folder.path());
  REQUIRE(authorized);
  REQUIRE(authorized->size() == 1);
  CHECK((*authorized)[0].name == "nyc");
  CHECK((*authorized)[0].secret_key.empty());
  const auto again = write_credential(made, folder.path());
  REQUIRE_FALSE(again);
  CHECK(again.error().code == schema::ErrorCode::kConflict);
}

TEST_CASE("a secret that others may read is refused") {
  const tests::TemporaryFolder folder;
  REQUIRE(write_credential(make_credential("nyc", Role::kNode), folder.path()));
  fs::permissions(folder.path() / "nyc.key", fs::perms(0644));
  const auto read = read_credential(folder.path() / "nyc.key");
  REQUIRE_FALSE(read);
  CHECK(read.error().code == schema::ErrorCode::kDenied);
  CHECK(read.error().message.find("chmod 600") != std::string::npos);
}

TEST_CASE("a broken key file is named with its line") {
  const tests::TemporaryFolder folder;
  const struct {
    const char* text;
    const char* why;
  } rows[] = {
      {"name = nyc\n", ":1: the value is not in quotes"},
      {"\nname = \"../x\"\n", ":2: the name is none"},
      {"name = \"n\"\nrole = \"king\"\n", ":2: no role is named 'king'"},
      {"name = \"n\"\npublic = \"short\"\n", ":2: a key has 40 characters"},
      {"name = \"n\"\n", "name or public is missing"},
      {"nonsense\n", ":1: no '='"},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    std::ofstream(folder.path() / "x.pub") << row.text;
    const auto read = read_credential(folder.path() / "x.pub");
    REQUIRE_FALSE(read);
    CHECK(read.error().message.find(row.why) != std::string::npos);
  }
}

TEST_CASE("a peer needs its own key and the broker's public one") {
  const tests::TemporaryFolder folder;
  CHECK_FALSE(read_peer(folder.path(), "nyc", "tcp://127.0.0.1:1"));
  REQUIRE(write_credential(make_credential("server", Role::kServer), folder.path()));
  REQUIRE(write_credential(make_credential("nyc", Role::kNode), folder.path()));
  const auto peer = read_peer(folder.path(), "nyc", "tcp://127.0.0.1:1");
  REQUIRE(peer);
  CHECK(peer->server_public_key.size() == 40);
  CHECK(peer->self.name == "nyc");
}
