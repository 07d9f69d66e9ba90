// AWS Signature Version 4 for S3: which headers a request must carry so that the server believes it.
// Pure functions: any thread. The secret key is in no result but as a key of the HMAC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fuzzmill::store {

struct S3Credentials {
  std::string access_key, secret_key;
  std::string session_token;  // or empty
};

using S3Pairs = std::vector<std::pair<std::string, std::string>>;

struct S3Request {
  std::string method;          // GET, PUT, …
  std::string host;            // as in the header Host, with the port when it is not the scheme's
  std::string path;            // not encoded: "/bucket/prefix/name"
  S3Pairs query;               // not encoded
  S3Pairs headers;             // lower-case names; all of them are signed
  std::string payload_sha256;  // 64 hex digits
};

// [A-Za-z0-9-._~] stay, the rest becomes %XX.
std::string uri_encode(std::string_view text, bool keep_slash);
// "a=1&b=2" in the order that the signature wants; for the URL, too.
std::string canonical_query(const S3Pairs& query);

// Headers to send beside `request.headers`: host is the transport's. `amz_date`: "20130524T000000Z".
S3Pairs sign(const S3Request& request, const S3Credentials& credentials, std::string_view region,
             std::string_view amz_date);

std::string amz_date(std::uint64_t second);  // Unix time

}  // namespace fuzzmill::store
