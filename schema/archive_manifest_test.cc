#include "schema/archive_manifest.h"

#include "tests/catch.h"

namespace fuzzmill::schema {
namespace {

ArchiveManifest example() {
  ArchiveManifest manifest;
  manifest.target = "fuzz_tlv", manifest.node = "nyc", manifest.engine = "libfuzzer";
  manifest.build_id = "abc", manifest.event = std::string(32, '1'), manifest.time_ms = 1'750'000'000'000;
  manifest.selection = "all", manifest.corpus_files = 3, manifest.corpus_bytes = 9,
  manifest.files_left_out = 1;
  manifest.files = {{std::string(64, 'a'), "../seed \"1\"", 4}, {std::string(64, 'b'), "seed 2", 5}};
  return manifest;
}

// The text with one piece replaced by another.
std::string with(std::string text, const std::string& old, const std::string& now) {
  const auto at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), now);
}

}  // namespace

TEST_CASE("A manifest comes back as it was, and equal ones have equal bytes") {
  const auto text = encode_manifest(example());
  const auto back = decode_manifest(text);
  REQUIRE(back.ok());
  CHECK(*back == example());
  CHECK(encode_manifest(*back) == text);
}

TEST_CASE("Version 1 of the manifest has these bytes") {
  auto manifest = example();
  manifest.files.resize(1);
  CHECK(
      encode_manifest(manifest) ==
      "{\n \"version\": 1,\n \"target\": \"fuzz_tlv\",\n \"node\": \"nyc\",\n \"engine\": \"libfuzzer\",\n"
      " \"build_id\": \"abc\",\n \"event\": \"11111111111111111111111111111111\",\n"
      " \"time_ms\": 1750000000000,\n \"selection\": \"all\",\n \"corpus_files\": 3,\n \"corpus_bytes\": 9,\n"
      " \"files_left_out\": 1,\n \"files\": [\n  {\n   \"sha256\": \"" +
          std::string(64, 'a') + "\",\n   \"name\": \"../seed \\\"1\\\"\",\n   \"size\": 4\n  }\n ]\n}\n");
}

TEST_CASE("A manifest with a key of tomorrow is read, one that lacks a key of today is refused by its name") {
  const auto text = encode_manifest(example());
  CHECK(decode_manifest(with(text, "\"version\": 1", "\"version\": 1, \"moon\": [1]")).ok());
  const auto refused = [&](const std::string& old, const std::string& now) {
    const auto result = decode_manifest(with(text, old, now));
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == ErrorCode::kInvalid);
    return result.error().message;
  };
  CHECK(refused("\"engine\"", "\"motor\"").find("engine") != std::string::npos);
  CHECK(refused("\"time_ms\": 1", "\"time_ms\": -1").find("time_ms") != std::string::npos);
  CHECK(refused("\"size\": 4", "\"size\": \"4\"").find("files[0].size") != std::string::npos);
  CHECK(refused(std::string(64, 'b'), "../../etc/passwd").find("files[1].sha256") != std::string::npos);
  CHECK(refused("\"version\": 1", "\"version\": 2").find("version 2") != std::string::npos);
  CHECK(refused("\"target\": \"fuzz_tlv\"", "\"target\": \"../x\"").find("target") != std::string::npos);
  CHECK(decode_manifest("[1,2").error().code == ErrorCode::kInvalid);
  CHECK(decode_manifest(std::string(kMaxManifestSize + 1, ' ')).error().code == ErrorCode::kTooLarge);
}

TEST_CASE("A name that is no UTF-8 does not stop an archive") {
  auto manifest = example();
  manifest.files[0].name = "\xff\xfe";
  CHECK(decode_manifest(encode_manifest(manifest)).ok());
}

}  // namespace fuzzmill::schema
