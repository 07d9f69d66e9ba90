// Fuzzes the broker's judgement of a message, with whole messages as input:
//
//   [flags][length of the peer's name][name] then frames, each [length, 2 bytes, big endian][bytes]
//
// The first frame is the header. Flags: bits 0-1 the peer's role; bit 7 mends the message before it is judged
// (ids as the sequences want them, attachments as the frames have them), for no fuzzer guesses a SHA-256.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "broker/intake.h"
#include "fuzz-harness/decoders/require.h"
#include "schema/limits.h"

namespace {

using namespace fuzzmill;
using fuzz::require;

struct Message {
  broker::Identity identity;
  bool mend = false;
  std::vector<std::string_view> frames;
};

Message split(std::string_view bytes) {
  const auto take = [&](std::size_t size) {
    const auto piece = bytes.substr(0, size);
    bytes.remove_prefix(piece.size());
    return piece;
  };
  const auto number = [&](std::size_t size) {
    std::size_t value = 0;
    for (const char c : take(size)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  };
  Message message;
  const std::size_t flags = number(1);
  message.identity.role = static_cast<broker::Role>(flags & 3);
  message.mend = (flags & 0x80) != 0;
  message.identity.name = take(number(1));
  while (!bytes.empty()) message.frames.push_back(take(number(2)));
  return message;
}

// The events of `publish` with ids and attachments made true, where they are events.
std::vector<std::string> mended(const schema::wire::Publish& publish,
                                const std::vector<std::string_view>& attachments) {
  std::vector<std::string> events;
  for (const auto& numbered : publish.events) {
    auto event = schema::decode(numbered.event);
    if (event) {
      event->id = schema::EventId::of(publish.source, numbered.sequence);
      for (std::size_t i = 0; i < event->attachments.size() && i < attachments.size(); ++i) {
        event->attachments[i].sha256 = schema::sha256(attachments[i]);
        event->attachments[i].size = attachments[i].size();
      }
    }
    events.push_back(event ? schema::encode(*event) : std::string(numbered.event));
  }
  return events;
}

void judge_taken(const broker::TakenEvent& taken, const broker::Identity& peer, std::uint64_t source) {
  const auto head = schema::check(taken.event);
  require(head.ok(), "what is taken is an event");
  require(head->id == schema::EventId::of(source, taken.sequence),
          "what is taken has the id of its sequence");
  require(head->topic == taken.topic && schema::node_may_publish(taken.topic),
          "what is taken is of a node's topic");
  require(peer.role == broker::Role::kNode || peer.role == broker::Role::kOperator,
          "only nodes and operators publish");
  require(peer.role == broker::Role::kOperator || peer.name == "*" || peer.name == head->node,
          "a node speaks for itself alone");
  require(taken.attachments.size() == head->attachments.size(), "all attachments came along");
  for (std::size_t i = 0; i < taken.attachments.size(); ++i) {
    const auto& attachment = taken.attachments[i];
    require(attachment.bytes.size() == head->attachments[i].size, "an attachment has the size that was said");
    require(attachment.sha256 == schema::hex(head->attachments[i].sha256),
            "an attachment is the one that was named");
    require(attachment.sha256 == schema::sha256_hex(attachment.bytes), "an attachment has its SHA-256");
  }
}

void judge(const broker::Identity& peer, const schema::wire::Publish& publish,
           const std::vector<std::string_view>& attachments) {
  const auto intake = broker::take_in(peer, publish, attachments);
  if (!intake) {
    require(!intake.error().message.empty(), "a fault has a reason");
    require(intake.error().message.size() <= fuzz::kMaxReason, "a reason is short");
    return;
  }
  require(intake->source == publish.source && publish.source != 0, "the source is kept and is one");
  require(intake->previous == publish.previous, "the previous sequence is kept");
  require(intake->events.size() == publish.events.size(), "each event is judged");
  std::size_t bytes = 0;
  for (const auto attachment : attachments) bytes += attachment.size();
  std::uint64_t last = publish.previous;
  for (std::size_t i = 0; i < intake->events.size(); ++i) {
    const auto& taken = intake->events[i];
    require(taken.sequence == publish.events[i].sequence && taken.sequence > last, "sequences rise");
    require(taken.event == publish.events[i].event, "an event's bytes are passed on as they are");
    require(taken.refusal.size() <= fuzz::kMaxReason, "a reason is short");
    last = taken.sequence;
    bytes += taken.event.size();
    if (taken.refusal.empty()) judge_taken(taken, peer, publish.source);
  }
  require(intake->bytes == bytes, "every byte is counted");
}

// What a stage sends back is judged against the event it was given.
void judge_output(std::string_view input, std::string_view output) {
  const auto head = schema::check(input);
  if (!head) return;
  std::set<std::string_view> known;
  for (const auto& ref : head->attachments) known.insert(ref.sha256);
  for (const schema::Stage stage : schema::all_stages()) {
    const auto made = broker::check_output(output, stage, *head);
    if (!made) {
      require(made.error().message.size() <= fuzz::kMaxReason, "a reason is short");
      continue;
    }
    require(schema::product(stage) == made->topic, "an output is of the topic that its stage derives");
    for (const auto& ref : made->attachments) {
      require(known.count(ref.sha256) == 1, "an output invents no attachment");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Message message = split(fuzz::text_of(data, size));
  if (message.frames.empty()) return 0;
  const auto header = schema::wire::decode_client(message.frames.front());
  if (!header || !std::holds_alternative<schema::wire::Publish>(*header)) return 0;
  auto publish = std::get<schema::wire::Publish>(*header);
  const std::vector<std::string_view> attachments(message.frames.begin() + 1, message.frames.end());
  const auto events = message.mend ? mended(publish, attachments) : std::vector<std::string>{};
  for (std::size_t i = 0; i < events.size(); ++i) publish.events[i].event = events[i];
  judge(message.identity, publish, attachments);
  if (publish.events.size() >= 2) judge_output(publish.events[0].event, publish.events[1].event);
  return 0;
}
