#include "fuzz-harness/targets/clean/sha3.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/catch.h"

namespace fuzzmill::fuzz_harness {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string hex(const Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

struct Vector {
  std::string message;
  const char* digest;
};

TEST_CASE("SHA3-256 gives the published digests") {
  const std::vector<Vector> vectors = {
      {"", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"},
      {"abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376"},
      {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopq"
       "rst"
       "nopqrstu",
       "916f6061fe879741ca6469b43971dfdb28b1a32dc36cb3254e812be27aad1d18"},
      {std::string(1'000'000, 'a'), "5c8875ae474a3634ba4fd55ec85bffd661f32aca75c6d699d0cdcb6c115891c1"},
  };
  for (const Vector& vector : vectors) {
    CHECK(hex(sha3_256(bytes_of(vector.message))) == vector.digest);
    Sha3 incremental;
    incremental.absorb(bytes_of(vector.message));
    CHECK(hex(incremental.finish()) == vector.digest);
  }
}

TEST_CASE("Keccak-256 differs from SHA3-256 by its padding and gives the published digests") {
  CHECK(hex(sha3_256(bytes_of(""), Padding::kKeccak)) ==
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  CHECK(hex(sha3_256(bytes_of("abc"), Padding::kKeccak)) ==
        "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
}

TEST_CASE("SHA3-256 agrees with OpenSSL at every length around one and two blocks") {
  std::string message;
  for (std::size_t length = 0; length <= 300; ++length) {
    Digest theirs{};
    unsigned size = 0;
    REQUIRE(EVP_Digest(message.data(), message.size(), theirs.data(), &size, EVP_sha3_256(), nullptr) == 1);
    REQUIRE(size == theirs.size());
    INFO("length " << length);
    CHECK(hex(sha3_256(bytes_of(message))) == hex(theirs));
    message.push_back(static_cast<char>(length * 37 + 11));
  }
}

TEST_CASE("A message absorbed in two parts gives the one-shot digest wherever it is cut") {
  const std::string message(2 * 136 + 5, 'q');
  const Digest whole = sha3_256(bytes_of(message));
  Sha3 incremental;
  for (std::size_t cut = 0; cut <= message.size(); ++cut) {
    incremental.absorb(bytes_of(message).first(cut));
    incremental.absorb(bytes_of(message).subspan(cut));
    CHECK(incremental.finish() == whole);
  }
}

}  // namespace
}  // namespace fuzzmill::fuzz_harness
