// What a node asks the broker, and what it is told: the way down, beside the events, which are the way up.
// An ASK carries one question and a TELL one answer (schema/wire.h); these are their bodies, in MessagePack.
//
//   question         asks                                             tells
//   corpus.base      which snapshot of mine is in the newest archive  its id, or nothing
//   corpus.lacks     SHA-256 of files                                 which of them the server has not
//   corpus.offer     SHA-256 of new inputs, for the other nodes       which of them it wants the bytes of
//   corpus.give      bytes of those                                   how many it took, how many it refused
//   corpus.shared    what the other nodes gave since a cursor         inputs, and the next cursor
//   node.orders      what am I to do; and how orders ended            orders
//
// Each struct lists its fields once, as events do (schema/event.h), and changes the same way: a new field is
// a std::optional, unknown ones are skipped. `f.bytes` packs what is no text. A question that a broker does
// not know is answered with an error, and the node goes on without. Nothing asked is kept by the broker:
// whoever gets no answer asks again; each question may be asked twice. All are hostile: bounded before memory
// is taken. Golden bytes: ask_test.cc. Pure functions: any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/digest.h"
#include "schema/result.h"

namespace fuzzmill::schema {

inline constexpr std::size_t kMaxAskedHashes = 4096;          // of one question
inline constexpr std::size_t kMaxAnswerSize = 8u << 20;       // body of an ASK or a TELL
inline constexpr std::size_t kMaxSharedInputSize = 1u << 20;  // one input that is shared
inline constexpr std::size_t kMaxSharedInputs = 1024;         // of one give or shared
inline constexpr std::size_t kMaxOrderReports = 256;          // of one question
inline constexpr std::size_t kMaxOrders = 64;                 // that a node has at a time

// How a TELL answers; the words are those on the wire.
enum class AnswerCode {
  kOk,           // the body is the answer
  kBusy,         // too many questions wait: ask again later
  kDenied,       // the key may not ask this
  kInvalid,      // the question cannot be read, or asks for what is not allowed
  kUnknown,      // no question of that name is answered here: go on without
  kUnavailable,  // Redis is away: ask again later
};
std::string_view name(AnswerCode code);
std::optional<AnswerCode> answer_code_named(std::string_view name);

// Appends a hash to a string of hashes, and takes them apart again.
void add_hash(std::string& hashes, const Sha256& sha256);
std::vector<Sha256> hashes_in(std::string_view hashes);  // REQUIRES: 32 bytes each

struct BaseTold {
  std::string snapshot;  // 16 hex digits, or empty: the server knows none

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("snapshot", s.snapshot);
  }
};
struct BaseAsked {
  static constexpr std::string_view kQuestion = "corpus.base";
  using Told = BaseTold;
  std::string target;

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("target", s.target);
  }
};

struct LacksTold {
  std::string lacks;  // one byte for each hash, in order: 1 when the server has it not, else 0

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f.bytes("lacks", s.lacks);
  }
};
struct LacksAsked {
  static constexpr std::string_view kQuestion = "corpus.lacks";
  using Told = LacksTold;
  std::string target;
  std::string hashes;  // 32 bytes each

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("target", s.target), f.bytes("hashes", s.hashes);
  }
};

using OfferTold = LacksTold;  // 1: give it
struct OfferAsked {
  static constexpr std::string_view kQuestion = "corpus.offer";
  using Told = OfferTold;
  std::string target;
  std::string hashes;  // 32 bytes each

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("target", s.target), f.bytes("hashes", s.hashes);
  }
};

// An input that goes from one node to the others. Its SHA-256 is that of its bytes; whoever gets it checks.
struct SharedInput {
  Sha256 sha256{};
  std::string bytes;

  bool intact() const { return schema::sha256(bytes) == sha256; }
  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f.bytes("sha256", s.sha256), f.bytes("bytes", s.bytes);
  }
};
struct GiveTold {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  // known already, over a limit, or not what its hash says
  std::string reason;         // of the first refused

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("accepted", s.accepted), f("refused", s.refused), f("reason", s.reason);
  }
};
struct GiveAsked {
  static constexpr std::string_view kQuestion = "corpus.give";
  using Told = GiveTold;
  std::string target;
  std::string engine;
  std::vector<SharedInput> inputs;

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("target", s.target), f("engine", s.engine), f("inputs", s.inputs);
  }
};

struct SharedTold {
  std::vector<SharedInput> inputs;  // never the asking node's own
  std::string cursor;               // opaque; the next question has it, whatever becomes of the inputs

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("inputs", s.inputs), f("cursor", s.cursor);
  }
};
// The counters are taken once for each cursor, so that a question may be asked again: a node adds to them
// until it is told, and then begins at 0.
struct SharedAsked {
  static constexpr std::string_view kQuestion = "corpus.shared";
  using Told = SharedTold;
  std::string target;
  std::string cursor;          // as told last; empty: from now on
  std::uint64_t inputs = 0;    // at most …
  std::uint64_t bytes = 0;     // … and of these bytes; at least one input is told
  std::uint64_t imported = 0;  // since it was told last: written for the fuzzer …
  std::uint64_t dropped = 0;   // … and not (over the node's budget, or had already)

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("target", s.target), f("cursor", s.cursor), f("inputs", s.inputs), f("bytes", s.bytes);
    f("imported", s.imported), f("dropped", s.dropped);
  }
};

// An order to a node, given by an operator. It stays until the node says how it ended, or it expires.
struct Order {
  std::string id;      // 16 hex digits
  std::string order;   // "backup"
  std::string target;  // or empty: all of the node's
  std::string by;      // user@host
  std::uint64_t time_ms = 0;

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("id", s.id), f("order", s.order), f("target", s.target), f("by", s.by), f("time_ms", s.time_ms);
  }
};
// The node has done with an order when it reports "done" or "failed" for the order's target, or without a
// target: reports of an order for all targets that name one are parts of it.
struct OrderReport {
  std::string id;
  std::string state;   // one of kOrderStates
  std::string text;    // what was done, or why not
  std::string target;  // whose part of the order this is
  std::string snapshot;
  std::uint64_t sent_bytes = 0;  // that travelled for it, packed

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("id", s.id), f("state", s.state), f("text", s.text), f("target", s.target), f("snapshot", s.snapshot);
    f("sent_bytes", s.sent_bytes);
  }
};
inline constexpr std::array<std::string_view, 3> kOrderStates = {"taken", "done", "failed"};

struct OrdersTold {
  std::vector<Order> orders;  // those that this node has not reported as done or failed, oldest first

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("orders", s.orders);
  }
};
struct OrdersAsked {
  static constexpr std::string_view kQuestion = "node.orders";
  using Told = OrdersTold;
  std::vector<OrderReport> reports;

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("reports", s.reports);
  }
};

// MessagePack and back, for the question structs above and what they are told (defined in ask.cc).
template <class Body>
std::string encode_body(const Body& body);
// kInvalid naming the field, kTooLarge over a limit. What comes back is within every limit above, its
// target is a name, its hashes are whole.
template <class Body>
Result<Body> decode_body(std::string_view bytes);

}  // namespace fuzzmill::schema
