#include "store/objects/s3_sign.h"

#include "schema/digest.h"
#include "tests/catch.h"

namespace fuzzmill::store {
namespace {

// The examples that Amazon publishes with its description of the signature.
const S3Credentials kExample{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
constexpr const char* kDate = "20130524T000000Z";
constexpr const char* kHost = "examplebucket.s3.amazonaws.com";

std::string signature(const S3Request& request) {
  const auto headers = sign(request, kExample, "us-east-1", kDate);
  const std::string& text = headers.back().second;
  return text.substr(text.rfind('=') + 1);
}

}  // namespace

TEST_CASE("Requests are signed as in Amazon's published examples") {
  const std::string nothing = schema::sha256_hex("");
  CHECK(signature({"GET", kHost, "/test.txt", {}, {{"range", "bytes=0-9"}}, nothing}) ==
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  CHECK(signature({"PUT",
                   kHost,
                   "/test$file.text",
                   {},
                   {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                   schema::sha256_hex("Welcome to Amazon S3.")}) ==
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  CHECK(signature({"GET", kHost, "/", {{"lifecycle", ""}}, {}, nothing}) ==
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  CHECK(signature({"GET", kHost, "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, nothing}) ==
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_CASE("The secret key is in no header, the session token is signed") {
  S3Credentials credentials = kExample;
  credentials.session_token = "a token";
  const auto headers = sign({"GET", kHost, "/", {}, {}, schema::sha256_hex("")}, credentials, "r", kDate);
  bool token = false;
  for (const auto& [name, value] : headers) {
    CHECK(value.find(kExample.secret_key) == std::string::npos);
    token |= name == "x-amz-security-token" && value == "a token";
  }
  CHECK(token);
  CHECK(headers.back().second.find("host;x-amz-content-sha256;x-amz-date;x-amz-security-token") !=
        std::string::npos);
}

TEST_CASE("Names and queries are encoded as the signature wants them") {
  CHECK(uri_encode("a/b c~_-.+\xc3\xa4", true) == "a/b%20c~_-.%2B%C3%A4");
  CHECK(uri_encode("a/b", false) == "a%2Fb");
  CHECK(canonical_query({{"uploads", ""}, {"prefix", "a/b"}, {"a", "="}}) == "a=%3D&prefix=a%2Fb&uploads=");
  CHECK(canonical_query({}).empty());
  CHECK(amz_date(1'369'353'600) == kDate);
}

}  // namespace fuzzmill::store
