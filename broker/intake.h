// What a publisher sent, judged event by event before anything touches Redis: size, schema, identity,
// sequence, attachments. Pure functions over the frames, but for SHA-256 of the attachments.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/zap.h"
#include "schema/event_codec.h"
#include "schema/wire.h"

namespace fuzzmill::broker {

struct TakenEvent {
  std::uint64_t sequence = 0;
  std::string refusal;  // why this event is refused for good; empty when it is taken
  schema::Topic topic{};
  std::string_view event;
  struct Attachment {
    std::string sha256;  // hex
    std::string_view bytes;
  };
  std::vector<Attachment> attachments;
};

struct Intake {
  std::string owner;  // of the source: "role.name" of the key
  std::uint64_t source = 0;
  std::uint64_t previous = 0;
  std::vector<TakenEvent> events;
  std::size_t bytes = 0;  // of events and attachments
};

// `attachments` are the frames after the header; all views point into the frames.
// An Error refuses the message as a whole (a FAULT): it breaks the protocol.
schema::Result<Intake> take_in(const Identity& identity, const schema::wire::Publish& publish,
                               std::span<const std::string_view> attachments);

// Whether this peer may work as a stage.
bool may_consume(const Identity& identity, schema::Stage stage);

// Whether an encoded event may be the output of `stage` for this input: of the topic that the stage
// derives, with attachments only out of those of the input. The head of the output, or why not.
schema::Result<schema::EventHead> check_output(std::string_view output, schema::Stage stage,
                                               const schema::EventHead& input);

}  // namespace fuzzmill::broker
