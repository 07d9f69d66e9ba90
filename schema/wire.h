// The frames of the queue protocol, version 1. A message is a header frame and, for PUBLISH and
// DELIVER, attachment frames. The header is one MessagePack array:
//
//   [version uint, verb str, …the fields below in order…]
//
// A longer array than known is read as far as known; a shorter one is an error that names the verb and
// the field. docs/protocol.md has the life cycle and what a client does after each answer.
//
// Decoded messages hold views into the frame they came from: keep it alive. Pure functions: any thread.
//
// To change a frame: append fields only, with a default for readers of the shorter form; a new verb
// where that is not enough; add golden bytes to wire_test.cc and keep the old ones passing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/outcome.h"
#include "schema/result.h"

namespace fuzzmill::schema::wire {

inline constexpr std::uint64_t kVersion = 1;

// --- client → broker ---

// PUB: events of one source in rising sequence. `previous` is the sequence that went before the first
// of them (0 before the oldest that the publisher still has), so that the broker sees a gap. Frames 1… are
// attachments, each once.
struct Numbered {
  std::uint64_t sequence = 0;
  std::string_view event;  // encoded
};
struct Publish {
  std::uint64_t source = 0;
  std::uint64_t previous = 0;
  std::vector<Numbered> events;  // on the wire: [sequence, event, sequence, event, …]
};

// HELLO: a worker offers itself. `credit` is how many deliveries it holds at most; `wants` names the
// attachments to send along.
struct Hello {
  std::string_view stage;
  std::uint64_t credit = 0;
  std::vector<std::string_view> wants;
};

// DONE: outcomes of deliveries, each by the tag it came with.
struct Verdict {
  std::uint64_t tag = 0;
  OutcomeKind kind = OutcomeKind::kDone;
  std::string_view reason;
  std::uint64_t delay_ms = 0;
  std::vector<std::string_view> outputs;  // encoded events
};
struct Verdicts {
  std::uint64_t epoch = 0;  // of the WELCOME; those of another epoch are void, their events come again
  std::vector<Verdict> verdicts;
};

struct Ping {};  // PING: the peer is alive
struct Bye {};   // BYE: a worker leaves; what it holds goes to others at once

// ASK: a node's question (schema/ask.h), answered by a TELL of the same id. A broker that is older than
// questions answers with a FAULT.
struct Ask {
  std::uint64_t id = 0;  // the asker's own; any
  std::string_view question;
  std::string_view body;
  std::uint64_t heard = 0;  // mark of the last TELL that the asker had from this broker; 0: none yet
  std::string_view node;    // in whose name it is asked; empty: the name of the key
};

// --- broker → client ---

struct Ack {  // ACK: every event of the source up to `sequence` is durable
  std::uint64_t source = 0;
  std::uint64_t sequence = 0;
};
struct Refuse {  // REFUSE: this event is refused for good; an ACK will step over it
  std::uint64_t source = 0;
  std::uint64_t sequence = 0;
  std::string_view reason;
};
struct Rewind {  // REWIND: events are missing; send again from the one after `sequence`
  std::uint64_t source = 0;
  std::uint64_t sequence = 0;
};
struct Busy {  // BUSY: nothing of this message was taken; send again from its `previous` after a while
  std::uint64_t source = 0;
  std::uint64_t previous = 0;
  std::uint64_t retry_ms = 0;
  std::string_view reason;
};
struct Welcome {  // WELCOME: deliveries follow; PING at least each `ping_ms`
  std::uint64_t epoch = 0;
  std::uint64_t ping_ms = 0;
};
struct Delivery {
  std::uint64_t tag = 0;
  std::uint64_t attempt = 1;  // 1 at the first
  std::string_view event;
  struct Attached {
    std::uint64_t ref = 0;    // index into the event's attachments
    std::uint64_t frame = 0;  // index of the frame in this message, from 1
  };
  std::vector<Attached> attached;
};
struct Deliver {  // DELIVER
  std::uint64_t epoch = 0;
  std::vector<Delivery> deliveries;
};
struct Pong {  // PONG: `epoch` is 0 for a peer that the broker does not know as a worker: say HELLO
  std::uint64_t epoch = 0;
};
struct Fault {  // FAULT: the message could not be read or is not allowed; nothing of it was taken
  std::string_view reason;
};

// TELL: the answer to an ASK. An asker takes a code that it does not know for `unavailable`.
struct Tell {
  std::uint64_t id = 0;
  std::string_view code;    // a name of schema::AnswerCode
  std::string_view reason;  // for people; empty with `ok`
  std::string_view body;    // empty without `ok`
  std::uint64_t mark = 0;   // random; says in the next ASK that this was heard
};

using ClientMessage = std::variant<Publish, Hello, Verdicts, Ping, Bye, Ask>;
using BrokerMessage = std::variant<Ack, Refuse, Rewind, Busy, Welcome, Deliver, Pong, Fault, Tell>;

std::string encode(const ClientMessage& message);
std::string encode(const BrokerMessage& message);

// kInvalid or kTooLarge with the verb and field.
Result<ClientMessage> decode_client(std::string_view header);
Result<BrokerMessage> decode_broker(std::string_view header);

}  // namespace fuzzmill::schema::wire
