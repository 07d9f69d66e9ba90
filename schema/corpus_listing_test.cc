#include "schema/corpus_listing.h"

#include "schema/corpus_manifest.h"
#include "schema/limits.h"
#include "tests/catch.h"

namespace fuzzmill::schema {
namespace {

ListedFile file(std::uint8_t first, std::string name) {
  ListedFile file;
  file.sha256[0] = first;
  file.size = 300, file.name = std::move(name), file.mtime_ms = 1'750'000'000'123, file.rank = 2;
  file.reason = "new-coverage";
  return file;
}

CorpusListing example() {
  return {{file(1, "a/b"), file(1, "c"), file(2, std::string("\xff \n", 3))}, {"old", "older"}};
}

// The bytes with one piece replaced by another.
std::string with(std::string bytes, std::string_view old, std::string_view now) {
  const auto at = bytes.find(old);
  REQUIRE(at != std::string::npos);
  return bytes.replace(at, old.size(), now);
}

std::string refusal(std::string_view bytes, ErrorCode code = ErrorCode::kInvalid) {
  const auto listing = decode_listing(bytes);
  REQUIRE_FALSE(listing.ok());
  CHECK(listing.error().code == code);
  return listing.error().message;
}

}  // namespace

TEST_CASE("A listing comes back as it was, whatever bytes its names have") {
  const auto back = decode_listing(encode_listing(example()));
  REQUIRE(back.ok());
  CHECK(*back == example());
  const auto none = decode_listing(encode_listing({}));
  REQUIRE(none.ok());
  CHECK(*none == CorpusListing{});
}

TEST_CASE("Version 1 of the listing has these bytes") {
  const std::string golden =
      "9301"  // version 1
      "91"
      "96"                                                                    // one file of six cells
      "c4200100000000000000000000000000000000000000000000000000000000000000"  // sha256
      "cd012c"                                                                // size 300
      "c403612f62"                                                            // name a/b
      "cf000001977420dc7b"                                                    // mtime_ms
      "02"                                                                    // rank
      "ac6e65772d636f766572616765"                                            // new-coverage
      "91c4036f6c64";                                                         // gone: old
  CHECK(hex(encode_listing({{file(1, "a/b")}, {"old"}})) == golden);
  const auto read = decode_listing(*unhex(golden));
  REQUIRE(read.ok());
  CHECK(*read == CorpusListing{{file(1, "a/b")}, {"old"}});
}

TEST_CASE("A listing with cells of tomorrow is read") {
  const std::string bytes = encode_listing({{file(1, "a")}, {}});
  auto longer = with(bytes, std::string_view("\x91\x96", 2), std::string_view("\x91\x97", 2));
  longer = with(longer, "new-coverage", "new-coverage\xc0");
  const auto read = decode_listing(longer);
  REQUIRE(read.ok());
  CHECK(read->files == std::vector{file(1, "a")});
}

TEST_CASE("A listing that is wrong is refused, naming the element") {
  const std::string bytes = encode_listing(example());
  CHECK(refusal("").find("MessagePack") != std::string::npos);
  CHECK(refusal(bytes + "x").find("stray") != std::string::npos);
  CHECK(refusal(std::string_view(bytes).substr(0, bytes.size() - 1)).find("MessagePack") !=
        std::string::npos);
  CHECK(refusal(with(bytes, std::string_view("\x93\x01", 2), std::string_view("\x93\x02", 2)))
            .find("version") != std::string::npos);
  CHECK(refusal(with(bytes, "new-coverage", "new-cowerage")).find("files[0]: reason") != std::string::npos);
  CHECK(refusal(with(bytes, "a/b", std::string_view("a\0b", 3))).find("files[0]: name") != std::string::npos);
  CHECK(refusal(encode_listing({{file(1, "")}, {}})).find("files[0]: name") != std::string::npos);
  CHECK(refusal(encode_listing({{}, {"x", ""}})).find("gone[1]") != std::string::npos);
  CHECK(refusal(encode_listing({{file(2, "a"), file(1, "b")}, {}})).find("files[1] is out of order") !=
        std::string::npos);
  CHECK(refusal(encode_listing({{file(1, "a"), file(1, "a")}, {}}))
            .find("files[1] is out of order or there twice") != std::string::npos);
}

TEST_CASE("A listing over the limits is refused") {
  CHECK(refusal(std::string(kMaxAttachmentSize + 1, 'x'), ErrorCode::kTooLarge).find("limit") !=
        std::string::npos);
  const std::string bytes = encode_listing({{file(1, std::string(kMaxCorpusNameSize + 1, 'n'))}, {}});
  refusal(bytes, ErrorCode::kTooLarge);
  CorpusListing many;
  many.gone.assign(kMaxListingFiles + 1, "x");
  refusal(encode_listing(many), ErrorCode::kTooLarge);
  // Four billion files on six bytes.
  refusal(std::string_view("\x93\x01\xdd\xff\xff\xff\xff", 7), ErrorCode::kTooLarge);
  many.gone.pop_back();
  CHECK(decode_listing(encode_listing(many)).ok());
}

}  // namespace fuzzmill::schema
