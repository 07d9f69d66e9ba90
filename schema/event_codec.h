// Events to MessagePack and back. The layout is a map:
//
//   {"v": 1, "type": str, "id": bin 16, "node": str, "target": str, "time": uint milliseconds,
//    "att": [[name str, sha256 bin 32, size uint], …], "body": {…the fields of the topic…}}
//
// Unknown keys are skipped at every level and stay in the bytes that are passed on. A missing or
// mistyped field is an error that names it. Nothing is allocated that schema/limits.h does not allow.
// Pure functions: any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/event.h"
#include "schema/result.h"

namespace fuzzmill::schema {

std::string encode(const Event& event);

// kInvalid with the field's name when the bytes are no event; kTooLarge over a limit.
Result<Event> decode(std::string_view bytes);

// What a broker needs to route an event: views into `bytes`. The whole event has been checked as
// decode() would, without copying it.
struct EventHead {
  EventId id;
  Topic topic = Topic::kCrashFound;
  std::string_view node;
  std::string_view target;
  std::uint64_t time_ms = 0;
  struct Attachment {
    std::string_view name;
    std::string_view sha256;  // 32 raw bytes
    std::uint64_t size = 0;
  };
  std::vector<Attachment> attachments;
};
Result<EventHead> check(std::string_view bytes);

// The fields of a topic as docs/protocol.md prints them.
struct FieldDoc {
  std::string name;
  std::string type;
  bool required = false;
};
std::vector<FieldDoc> field_docs(Topic topic);

}  // namespace fuzzmill::schema
