// What both spools agree on: how an event is numbered and packed, and what makes way when it is full.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "broker/spool.h"
#include "schema/event_codec.h"

namespace fuzzmill::broker {

// Who makes way, in this order; a topic that is not listed never does. Samples thin out before.
inline constexpr std::array kMakesWay = {schema::Topic::kResourceSample, schema::Topic::kHeartbeat,
                                         schema::Topic::kCorpusSnapshot};

// The id from lane and sequence, the references from the bytes, then the encoded event.
// kTooLarge when the event or an attachment is over a limit of the protocol.
schema::Result<SpooledEvent> pack(schema::Event event, std::vector<Attachment> attachments,
                                  std::uint64_t source, std::uint64_t sequence);

// Whether what waits of `topic` may be dropped for an event of `incoming`: not for one that ranks below it.
bool makes_way(schema::Topic topic, schema::Topic incoming);

// What is remembered of a key of put_once(): 16 bytes.
std::string kept_key(const std::string& key);

std::size_t size_of(const SpooledEvent& event);

}  // namespace fuzzmill::broker
