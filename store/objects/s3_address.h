// Where an S3-compatible store is, and who we are to it.
//
//   s3://bucket/prefix?endpoint=https://host:port&region=eu-1&credentials=/path/to/file
//
// endpoint: Amazon's of the region when it is not said; http is for a server on the same machine or network.
// region: AWS_REGION, or us-east-1. Buckets are addressed in the path (endpoint/bucket/name).
// credentials: a file as ~/.aws/credentials, its section [default], which only its owner may read. Without
// it AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN are read, else the file that
// AWS_SHARED_CREDENTIALS_FILE names. A key is never a flag and never part of the address.
//
// Pure but for the reading of environment and file. Errors: kInvalid saying what is wrong; kDenied for a file
// that others may read; kNotFound when there are no credentials.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "schema/result.h"
#include "store/objects/s3_sign.h"

namespace fuzzmill::store {

struct S3Address {
  std::string bucket;
  std::string prefix;    // "", or ending with '/'
  std::string endpoint;  // "https://host[:port]"
  std::string host;      // of the endpoint, as in the header Host
  std::string region;
  std::string credentials;  // path of a file, or empty

  std::string text() const;  // "s3://bucket/prefix", for people
};

// The value of an environment variable; empty when it is not set.
using Environment = std::function<std::string(const char* name)>;
std::string from_environment(const char* name);

schema::Result<S3Address> parse_s3_address(std::string_view text, const Environment& environment);
schema::Result<S3Credentials> read_s3_credentials(const S3Address& address, const Environment& environment);

}  // namespace fuzzmill::store
