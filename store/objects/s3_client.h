// Requests to an S3-compatible server: signed, sent by libcurl, tried again when that may help.
//
// Tried again, with growing pauses: connections that fail or break, time-outs, transfers that stall, 408, 429
// and 5xx. A GET of a range goes on where it was cut off. All else is an error at once, with the server's
// code and words, never with a key. Threads: any; each request takes a connection of its own from a pool.
// Errors: kNotFound (404), kDenied (401, 403; also a clock that is off), kConflict (409, 412), kInvalid
// (other 4xx, a redirect: the wrong region), kUnavailable (after the last try).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "schema/result.h"
#include "store/objects/s3_address.h"

namespace fuzzmill::store {

struct S3Options {
  int tries = 6;
  std::chrono::milliseconds first_pause{200};  // doubled each time, at most 10 s, a quarter of it random
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::seconds stall_timeout{60};  // without a byte
  std::uint64_t multipart_over = 64u << 20;
  std::uint64_t part_bytes = 16u << 20;
  std::size_t read_bytes = 8u << 20;     // of one GET
  std::function<std::uint64_t()> now_s;  // Unix time; empty: the system's
};

// A body that may be sent more than once.
struct S3Body {
  std::string_view bytes;  // or, when `fd` is there, `size` bytes of it from `offset` on
  int fd = -1;
  std::uint64_t offset = 0, size = 0;
  std::uint64_t length() const { return fd < 0 ? bytes.size() : size; }
};

struct S3Call {
  std::string method;
  std::string name;  // of the object below the prefix; empty: the bucket itself
  S3Pairs query = {};
  S3Pairs headers = {};
  S3Body body = {};
  std::string payload_sha256 = {};  // of the body; empty: it is computed from `bytes`
  // GET of bytes [first, last]; what was received stays when it must be resumed.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> range = {};
};

struct S3Answer {
  int status = 0;
  std::string body;  // at most kMaxS3Body, or the range
  std::string etag, last_modified, region;
  std::uint64_t content_length = 0;
  int tries = 1;
};
inline constexpr std::size_t kMaxS3Body = 16u << 20;

class S3Client {
 public:
  S3Client(S3Address address, S3Credentials credentials, S3Options options);
  ~S3Client();

  // An answer of 2xx (and 416 for a range), or an error that names the object.
  schema::Result<S3Answer> call(const S3Call& call);

  const S3Address& address() const { return address_; }
  const S3Options& options() const { return options_; }
  std::uint64_t now_s() const;
  std::string path_of(const std::string& name) const;  // "/bucket/prefix/name"

 private:
  class Pool;
  // What became of one try: an answer, or why there is none.
  struct Try {
    S3Answer answer;
    std::string broken;  // in words; empty: there is an answer
    bool again = false;
  };
  Try send(const S3Call& call, std::string& received) const;
  void pause(int tries) const;
  schema::Error error_of(const S3Call& call, const S3Answer& answer) const;

  S3Address address_;
  S3Credentials credentials_;
  S3Options options_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace fuzzmill::store
