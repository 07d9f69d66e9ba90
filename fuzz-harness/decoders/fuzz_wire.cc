// Fuzzes the decoders of frames, from both sides: a message that was accepted encodes to a frame that is
// accepted too and means the same.
#include "fuzz-harness/decoders/require.h"
#include "schema/limits.h"
#include "schema/wire.h"

namespace {

using namespace fuzzmill::schema;
using fuzzmill::fuzz::require;

template <class Decode>
void round_trip(std::string_view frame, Decode decode) {
  const auto message = decode(frame);
  if (!message) {
    require(!message.error().message.empty(), "a refusal has a reason");
    require(message.error().message.size() <= fuzzmill::fuzz::kMaxReason, "a reason is short");
    const std::string fault = wire::encode(wire::BrokerMessage(wire::Fault{message.error().message}));
    require(wire::decode_broker(fault).ok(), "the refusal itself can be sent");
    return;
  }
  const std::string once = wire::encode(*message);
  const auto again = decode(once);
  require(again.ok(), "a message that was decoded can be sent on");
  require(again->index() == message->index(), "a message keeps its verb");
  require(wire::encode(*again) == once, "a message comes back as it went");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto frame = fuzzmill::fuzz::text_of(data, size);
  round_trip(frame, [](std::string_view bytes) { return wire::decode_client(bytes); });
  round_trip(frame, [](std::string_view bytes) { return wire::decode_broker(bytes); });
  return 0;
}
