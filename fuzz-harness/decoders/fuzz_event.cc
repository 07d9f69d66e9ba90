// Fuzzes the decoder of events: decode() and check() give the same verdict on any bytes, and an event that
// was decoded encodes to bytes that decode to the same event.
#include "fuzz-harness/decoders/require.h"
#include "schema/event_codec.h"
#include "schema/limits.h"

namespace {

using namespace fuzzmill::schema;
using fuzzmill::fuzz::require;

void same_head(const Event& event, const EventHead& head) {
  require(event.id == head.id, "decode and check see the same id");
  require(event.topic() == head.topic, "decode and check see the same topic");
  require(event.node == head.node && event.target == head.target, "decode and check see the same names");
  require(event.time_ms == head.time_ms, "decode and check see the same time");
  require(event.attachments.size() == head.attachments.size(), "decode and check see the same attachments");
  require(event.attachments.size() <= kMaxAttachments, "attachments are bounded");
  for (std::size_t i = 0; i < head.attachments.size(); ++i) {
    require(event.attachments[i].name == head.attachments[i].name, "an attachment keeps its name");
    require(event.attachments[i].size == head.attachments[i].size, "an attachment keeps its size");
    require(hex(event.attachments[i].sha256) == hex(head.attachments[i].sha256),
            "an attachment keeps its SHA-256");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzzmill::fuzz::text_of(data, size);
  const auto event = decode(bytes);
  const auto head = check(bytes);
  require(event.ok() == head.ok(), "decode and check agree whether it is an event");
  if (!event) {
    require(event.error().code == head.error().code, "decode and check refuse with the same code");
    require(event.error().message == head.error().message, "decode and check refuse with the same words");
    require(!event.error().message.empty(), "a refusal has a reason");
    require(event.error().message.size() <= fuzzmill::fuzz::kMaxReason, "a reason is short");
    return 0;
  }
  same_head(*event, *head);
  const std::string once = encode(*event);
  // Shorter forms of numbers on the way in may take an event at the limit over it.
  if (once.size() > kMaxEventSize) return 0;
  const auto again = decode(once);
  require(again.ok(), "an event that was decoded can be sent on");
  require(encode(*again) == once, "an event comes back as it went");
  return 0;
}
