// For the tests of S3Store: a store on a server, with short pauses.
#pragma once

#include "store/objects/s3_store.h"
#include "tests/must.h"
#include "tests/s3/s3_server.h"

namespace fuzzmill::tests {

inline store::S3Options quick() {
  store::S3Options options;
  options.first_pause = std::chrono::milliseconds(2);
  options.stall_timeout = std::chrono::seconds(1);
  return options;
}

inline store::S3Address address_of(const S3Server& server, const std::string& prefix = "/pre/fix") {
  const auto text = std::string("s3://") + S3Server::kBucket + prefix + "?endpoint=" + server.endpoint();
  return must(store::parse_s3_address(text, [](const char*) { return std::string(); }));
}

inline std::unique_ptr<store::S3Store> store_on(const S3Server& server, const TemporaryFolder& folder,
                                                store::S3Options options = quick(),
                                                const std::string& prefix = "/pre/fix") {
  return must(store::S3Store::at(address_of(server, prefix),
                                 {S3Server::kAccessKey, S3Server::kSecretKey, "a session/token"},
                                 folder.path() / "scratch", std::move(options)));
}

// Bytes that differ everywhere, the same each time.
inline std::string many_bytes(std::size_t size) {
  std::string out(size, '\0');
  std::uint64_t state = 88172645463325252ull;
  for (char& c : out) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    c = static_cast<char>(state);
  }
  return out;
}

}  // namespace fuzzmill::tests
