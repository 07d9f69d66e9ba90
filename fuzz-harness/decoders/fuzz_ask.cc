// Fuzzes the bodies of questions and answers: the first byte says which. One that was accepted is within
// every limit, encodes to one that is accepted too, and means the same.
#include <array>

#include "fuzz-harness/decoders/require.h"
#include "schema/ask.h"
#include "schema/event.h"

namespace {

using namespace fuzzmill::schema;
using fuzzmill::fuzz::require;

template <class Body>
void require_sound(const Body& body) {
  if constexpr (requires { body.target; }) require(valid_name(body.target), "a target is a name");
  if constexpr (requires { body.hashes; }) {
    require(body.hashes.size() % 32 == 0, "hashes are whole");
    const auto hashes = hashes_in(body.hashes);
    require(hashes.size() <= kMaxAskedHashes, "hashes are so many at most");
    std::string again;
    for (const Sha256& sha256 : hashes) add_hash(again, sha256);
    require(again == body.hashes, "hashes come back as they went");
  }
  if constexpr (requires { body.lacks; })
    require(body.lacks.size() <= kMaxAskedHashes, "answers are bounded");
  if constexpr (requires { body.inputs.size(); }) {
    require(body.inputs.size() <= kMaxSharedInputs, "inputs are so many at most");
    for (const SharedInput& input : body.inputs)
      require(input.bytes.size() <= kMaxSharedInputSize, "an input is so large at most");
  }
  if constexpr (requires { body.orders; }) require(body.orders.size() <= kMaxOrders, "orders are bounded");
}

template <class Body>
void round_trip(std::string_view bytes) {
  const auto body = decode_body<Body>(bytes);
  if (!body) {
    require(!body.error().message.empty(), "a refusal has a reason");
    require(body.error().message.size() <= fuzzmill::fuzz::kMaxReason, "a reason is short");
    return;
  }
  require_sound(*body);
  const std::string once = encode_body(*body);
  const auto again = decode_body<Body>(once);
  require(again.ok(), "a body that was read can be sent on");
  require(encode_body(*again) == once, "a body comes back as it went");
}

using Trip = void (*)(std::string_view);
constexpr std::array<Trip, 11> kBodies = {
    round_trip<BaseAsked>,  round_trip<BaseTold>,    round_trip<LacksAsked>, round_trip<LacksTold>,
    round_trip<OfferAsked>, round_trip<GiveAsked>,   round_trip<GiveTold>,   round_trip<SharedAsked>,
    round_trip<SharedTold>, round_trip<OrdersAsked>, round_trip<OrdersTold>,
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  kBodies[data[0] % kBodies.size()](fuzzmill::fuzz::text_of(data + 1, size - 1));
  return 0;
}
