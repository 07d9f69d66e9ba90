#include "producers/evidence/artifact.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

const std::string kSha1 = "ed9b7546307621c0e62f2f15f1d6805d23efc2b8";

}  // namespace

TEST_CASE("artifact names are read strictly") {
  for (const std::string kind : {"crash", "leak", "timeout", "oom", "slow-unit"}) {
    const auto name = parse_artifact_name(kind + "-" + kSha1);
    REQUIRE(name.has_value());
    CHECK(name->kind == kind);
    CHECK(name->sha1 == kSha1);
  }
  CHECK(parse_artifact_name("outcrash-" + kSha1, "out").has_value());
  for (const std::string& name :
       {std::string(), std::string("crash-"), "crash_" + kSha1, "crash-" + kSha1 + "0",
        "crash-" + kSha1.substr(1), "minimized-from-" + kSha1, "CRASH-" + kSha1,
        "crash-" + std::string(40, 'G'), "crash-" + std::string(40, 'A'), "outcrash-" + kSha1}) {
    CHECK_FALSE(parse_artifact_name(name).has_value());
  }
}

TEST_CASE("a name's hash is the SHA-1 of the content") {
  CHECK(sha1_hex("ASxx") == kSha1);
  CHECK(sha1_hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST_CASE("an artifact prefix is plain text: only a slash makes it a folder") {
  CHECK(artifact_place("out/", "", "/w").folder == "/w/out/");
  CHECK(artifact_place("out/", "", "/w").name_prefix.empty());
  CHECK(artifact_place("out", "", "/w").folder == "/w/");
  CHECK(artifact_place("out", "", "/w").name_prefix == "out");
  CHECK(artifact_place("/abs/a-", "", "/w").folder == "/abs/");
  CHECK(artifact_place("/abs/a-", "", "/w").name_prefix == "a-");
  CHECK(artifact_place("./", "", "/w").folder == "/w/");
  CHECK(*artifact_place("./", "here/x", "/w").exact == "/w/here/x");
  CHECK(artifact_place("./", "here/x", "/w").folder == "/w/here");
}

TEST_CASE("reading is bounded and follows no link") {
  tests::TemporaryFolder folder;
  const auto file = folder.write("file", "12345");
  CHECK(*read_bounded(file, 5) == "12345");
  CHECK(read_bounded(file, 4).error().code == schema::ErrorCode::kTooLarge);
  CHECK(read_bounded(folder.path() / "absent", 5).error().code == schema::ErrorCode::kNotFound);
  CHECK(read_bounded(folder.path(), 5).error().code == schema::ErrorCode::kInvalid);
  std::filesystem::create_symlink(file, folder.path() / "link");
  CHECK(read_bounded(folder.path() / "link", 5).error().code == schema::ErrorCode::kInvalid);
}

}  // namespace fuzzmill::producers
