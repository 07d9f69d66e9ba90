#include "fuzz-harness/targets/clean/transaction.h"

#include "tests/catch.h"

namespace fuzzmill::fuzz_harness {
namespace {

using schema::ErrorCode;

Transaction sample() {
  Transaction transaction;
  Input input;
  input.previous.fill(0xAB);
  input.index = 7;
  input.script = {1, 2, 3};
  transaction.inputs = {input};
  transaction.outputs = {{5'000, {9}}, {kMaxAmount - 5'000, {}}};
  transaction.lock_time = 0x01020304;
  return transaction;
}

// Where the parts of sample() begin in its encoding.
constexpr std::size_t kInputCount = 1;
constexpr std::size_t kInputScript = 38;

Bytes encoded(const Transaction& transaction) {
  auto bytes = encode_transaction(transaction);
  REQUIRE(bytes.ok());
  return *bytes;
}

TEST_CASE("A transaction is encoded field by field, little-endian") {
  Bytes wanted(34, 0xAB);  // version, input count, previous id
  wanted[0] = wanted[1] = 1;
  const Bytes rest = {7,    0,    0,    0,    3,    1,    2,    3,           // index, script
                      2,                                                     // two outputs
                      0x88, 0x13, 0,    0,    0,    0,    0,    0,    1, 9,  // 5,000
                      0x78, 0x2C, 0x07, 0x5A, 0xF0, 0x75, 0x07, 0x00, 0,     // all the rest
                      4,    3,    2,    1};                                  // lock time
  wanted.insert(wanted.end(), rest.begin(), rest.end());
  CHECK(encoded(sample()) == wanted);
}

TEST_CASE("What was encoded decodes to the same transaction, with counts and scripts of every width") {
  Transaction transaction = sample();
  for (const std::size_t length : {std::size_t{0}, std::size_t{252}, std::size_t{253}, kMaxScript}) {
    transaction.inputs[0].script.assign(length, 0x51);
    transaction.outputs.assign(length == 0 ? 1 : kMaxOutputs, {1, {}});
    const auto decoded = decode_transaction(encoded(transaction));
    REQUIRE(decoded.ok());
    CHECK(*decoded == transaction);
  }
}

TEST_CASE("Every truncation of a transaction is refused, and so is a trailing byte") {
  Bytes bytes = encoded(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode_transaction(std::span(bytes).first(size));
    REQUIRE(!decoded.ok());
    CHECK(decoded.error().code == ErrorCode::kInvalid);
  }
  bytes.push_back(0);
  const auto decoded = decode_transaction(bytes);
  REQUIRE(!decoded.ok());
  CHECK(decoded.error().message == "trailing bytes");
}

TEST_CASE("A length that is not in its shortest form is refused, for it would encode otherwise") {
  Bytes bytes = encoded(sample());
  bytes[kInputScript] = 253;
  bytes.insert(bytes.begin() + kInputScript + 1, {3, 0});
  const auto decoded = decode_transaction(bytes);
  REQUIRE(!decoded.ok());
  CHECK(decoded.error().message == "input.script: not in its shortest form");
}

TEST_CASE("A count without its inputs is refused before memory is taken for them") {
  Bytes bytes = encoded(sample());
  bytes[kInputCount] = 252;
  CHECK(decode_transaction(bytes).error().code == ErrorCode::kInvalid);
  bytes[kInputCount] = 255;
  CHECK(decode_transaction(bytes).error().code == ErrorCode::kTooLarge);
  bytes[kInputCount] = 0;
  CHECK(decode_transaction(bytes).error().message == "inputs: none");
}

TEST_CASE("Amounts are bounded alone and in sum, also where a sum would wrap") {
  Transaction transaction = sample();
  transaction.outputs[0].amount = 5'001;
  CHECK(encode_transaction(transaction).error().code == ErrorCode::kTooLarge);
  transaction.outputs[0].amount = UINT64_MAX;
  CHECK(encode_transaction(transaction).error().code == ErrorCode::kTooLarge);

  Bytes bytes = encoded(sample());
  bytes[bytes.size() - 4 - 9] += 1;  // the second amount's lowest byte
  CHECK(decode_transaction(bytes).error().code == ErrorCode::kTooLarge);
}

TEST_CASE("A transaction that could not be decoded again is not encoded") {
  Transaction transaction = sample();
  SECTION("no inputs") { transaction.inputs.clear(); }
  SECTION("no outputs") { transaction.outputs.clear(); }
  SECTION("too many outputs") { transaction.outputs.assign(kMaxOutputs + 1, {}); }
  SECTION("too long a script") { transaction.outputs[0].script.resize(kMaxScript + 1); }
  CHECK(!encode_transaction(transaction).ok());
}

}  // namespace
}  // namespace fuzzmill::fuzz_harness
