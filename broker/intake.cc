#include "broker/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "schema/digest.h"
#include "schema/limits.h"

namespace fuzzmill::broker {
namespace {

using schema::EventHead;

using Frames = std::map<std::string, std::string_view>;  // raw SHA-256 to bytes

std::string raw_digest(std::string_view bytes) {
  const schema::Sha256 digest = schema::sha256(bytes);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Why this peer may not publish this event; empty when it may.
std::string forbidden(const Identity& identity, const EventHead& head) {
  if (identity.role != Role::kNode && identity.role != Role::kOperator) {
    return fmt::format("a key of role {} may not publish", name(identity.role));
  }
  if (!schema::node_may_publish(head.topic)) {
    return fmt::format("topic {} comes only out of stages", name(head.topic));
  }
  if (identity.role == Role::kNode && identity.name != "*" && identity.name != head.node) {
    return fmt::format("the key of node '{}' may not speak for node '{}'", identity.name, head.node);
  }
  return {};
}

std::string attach(const EventHead& head, const Frames& frames, TakenEvent& taken) {
  for (const auto& ref : head.attachments) {
    const auto frame = frames.find(std::string(ref.sha256));
    if (frame == frames.end()) {
      return fmt::format("attachment '{}' did not come along, or its bytes do not have its SHA-256",
                         ref.name.substr(0, schema::kMaxNameSize));
    }
    if (frame->second.size() != ref.size) {
      return fmt::format("attachment '{}' says {} bytes and has {}", ref.name.substr(0, schema::kMaxNameSize),
                         ref.size, frame->second.size());
    }
    taken.attachments.push_back({schema::hex(ref.sha256), frame->second});
  }
  return {};
}

TakenEvent take_one(const Identity& identity, std::uint64_t source, const schema::wire::Numbered& numbered,
                    const Frames& frames) {
  TakenEvent taken;
  taken.sequence = numbered.sequence;
  taken.event = numbered.event;
  const auto head = schema::check(numbered.event);
  if (!head) {
    taken.refusal = head.error().message;
    return taken;
  }
  taken.topic = head->topic;
  if (head->id != schema::EventId::of(source, numbered.sequence)) {
    taken.refusal = "the event's id is not that of its source and sequence";
  } else if (std::string why = forbidden(identity, *head); !why.empty()) {
    taken.refusal = std::move(why);
  } else {
    taken.refusal = attach(*head, frames, taken);
  }
  return taken;
}

}  // namespace

schema::Result<Intake> take_in(const Identity& identity, const schema::wire::Publish& publish,
                               std::span<const std::string_view> attachments) {
  if (publish.source == 0) return schema::invalid("PUB: source 0 is none");
  if (publish.events.empty()) return schema::invalid("PUB: no events");
  if (publish.events.size() > schema::kMaxBatchEvents) {
    return schema::too_large(
        fmt::format("PUB: {} events, the limit is {}", publish.events.size(), schema::kMaxBatchEvents));
  }
  Frames frames;
  Intake intake{fmt::format("{}.{}", name(identity.role), identity.name == "*" ? "any" : identity.name),
                publish.source,
                publish.previous,
                {},
                0};
  for (const std::string_view frame : attachments) {
    if (frame.size() > schema::kMaxAttachmentSize) {
      return schema::too_large(fmt::format("PUB: attachment of {} bytes, the limit is {}", frame.size(),
                                           schema::kMaxAttachmentSize));
    }
    intake.bytes += frame.size();
    frames.emplace(raw_digest(frame), frame);
  }
  std::uint64_t last = publish.previous;
  intake.events.reserve(publish.events.size());
  for (const auto& numbered : publish.events) {
    if (numbered.sequence <= last) return schema::invalid("PUB: sequences do not rise");
    last = numbered.sequence;
    intake.bytes += numbered.event.size();
    intake.events.push_back(take_one(identity, publish.source, numbered, frames));
  }
  return intake;
}

bool may_consume(const Identity& identity, schema::Stage stage) {
  if (identity.role == Role::kOperator) return true;
  return identity.role == Role::kStage && (identity.name == "*" || identity.name == name(stage));
}

schema::Result<EventHead> check_output(std::string_view output, schema::Stage stage, const EventHead& input) {
  auto head = schema::check(output);
  if (!head) return head;
  if (schema::product(stage) != head->topic) {
    return schema::denied(
        fmt::format("topic {} does not come out of stage {}", name(head->topic), name(stage)));
  }
  for (const auto& ref : head->attachments) {
    const bool known = std::any_of(input.attachments.begin(), input.attachments.end(),
                                   [&](const EventHead::Attachment& in) { return in.sha256 == ref.sha256; });
    if (!known) return schema::denied("an output names an attachment that its input did not have");
  }
  return head;
}

}  // namespace fuzzmill::broker
