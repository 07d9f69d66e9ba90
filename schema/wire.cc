#include "schema/wire.h"

#include <fmt/format.h>

#include <msgpack.hpp>
#include <optional>

#include "schema/limits.h"

namespace fuzzmill::schema::wire {
namespace {

using Packer = msgpack::packer<msgpack::sbuffer>;

void put(Packer& out, std::string_view text) {
  out.pack_str(static_cast<std::uint32_t>(text.size()));
  out.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
}
void put_bytes(Packer& out, std::string_view bytes) {
  out.pack_bin(static_cast<std::uint32_t>(bytes.size()));
  out.pack_bin_body(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
}
void put_list(Packer& out, const std::vector<std::string_view>& blobs) {
  out.pack_array(static_cast<std::uint32_t>(blobs.size()));
  for (const auto blob : blobs) put_bytes(out, blob);
}
void put_head(Packer& out, std::uint32_t fields, std::string_view verb) {
  out.pack_array(2 + fields);
  out.pack_uint64(kVersion);
  put(out, verb);
}

struct Encoder {
  Packer& out;

  void operator()(const Publish& m) {
    put_head(out, 3, "PUB"), out.pack_uint64(m.source), out.pack_uint64(m.previous);
    out.pack_array(static_cast<std::uint32_t>(m.events.size() * 2));
    for (const Numbered& n : m.events) out.pack_uint64(n.sequence), put_bytes(out, n.event);
  }
  void operator()(const Hello& m) {
    put_head(out, 3, "HELLO"), put(out, m.stage), out.pack_uint64(m.credit);
    out.pack_array(static_cast<std::uint32_t>(m.wants.size()));
    for (const auto want : m.wants) put(out, want);
  }
  void operator()(const Verdicts& m) {
    put_head(out, 2, "DONE"), out.pack_uint64(m.epoch);
    out.pack_array(static_cast<std::uint32_t>(m.verdicts.size()));
    for (const Verdict& v : m.verdicts) {
      out.pack_array(5), out.pack_uint64(v.tag), out.pack_uint64(static_cast<std::uint64_t>(v.kind));
      put(out, v.reason), out.pack_uint64(v.delay_ms), put_list(out, v.outputs);
    }
  }
  void operator()(const Ping&) { put_head(out, 0, "PING"); }
  void operator()(const Bye&) { put_head(out, 0, "BYE"); }
  void operator()(const Ask& m) {
    put_head(out, 5, "ASK"), out.pack_uint64(m.id), put(out, m.question), put_bytes(out, m.body);
    out.pack_uint64(m.heard), put(out, m.node);
  }
  void operator()(const Ack& m) {
    put_head(out, 2, "ACK"), out.pack_uint64(m.source), out.pack_uint64(m.sequence);
  }
  void operator()(const Refuse& m) {
    put_head(out, 3, "REFUSE"), out.pack_uint64(m.source), out.pack_uint64(m.sequence), put(out, m.reason);
  }
  void operator()(const Rewind& m) {
    put_head(out, 2, "REWIND"), out.pack_uint64(m.source), out.pack_uint64(m.sequence);
  }
  void operator()(const Busy& m) {
    put_head(out, 4, "BUSY"), out.pack_uint64(m.source), out.pack_uint64(m.previous);
    out.pack_uint64(m.retry_ms), put(out, m.reason);
  }
  void operator()(const Welcome& m) {
    put_head(out, 2, "WELCOME"), out.pack_uint64(m.epoch), out.pack_uint64(m.ping_ms);
  }
  void operator()(const Deliver& m) {
    put_head(out, 2, "DELIVER"), out.pack_uint64(m.epoch);
    out.pack_array(static_cast<std::uint32_t>(m.deliveries.size()));
    for (const Delivery& d : m.deliveries) {
      out.pack_array(4), out.pack_uint64(d.tag), out.pack_uint64(d.attempt), put_bytes(out, d.event);
      out.pack_array(static_cast<std::uint32_t>(d.attached.size()));
      for (const auto& a : d.attached) out.pack_array(2), out.pack_uint64(a.ref), out.pack_uint64(a.frame);
    }
  }
  void operator()(const Pong& m) { put_head(out, 1, "PONG"), out.pack_uint64(m.epoch); }
  void operator()(const Fault& m) { put_head(out, 1, "FAULT"), put(out, m.reason); }
  void operator()(const Tell& m) {
    put_head(out, 5, "TELL"), out.pack_uint64(m.id), put(out, m.code), put(out, m.reason);
    put_bytes(out, m.body), out.pack_uint64(m.mark);
  }
};

template <class Message>
std::string encode_any(const Message& message) {
  std::size_t guess = 64;
  if constexpr (std::is_same_v<Message, ClientMessage>) {
    if (const auto* publish = std::get_if<Publish>(&message)) {
      for (const auto& numbered : publish->events) guess += numbered.event.size() + 14;
    } else if (const auto* ask = std::get_if<Ask>(&message)) {
      guess += ask->body.size() + ask->question.size();
    }
  } else if (const auto* deliver = std::get_if<Deliver>(&message)) {
    for (const auto& delivery : deliver->deliveries) guess += delivery.event.size() + 32;
  } else if (const auto* tell = std::get_if<Tell>(&message)) {
    guess += tell->body.size() + tell->reason.size();
  }
  msgpack::sbuffer buffer(guess);
  Packer out(buffer);
  std::visit(Encoder{out}, message);
  return {buffer.data(), buffer.size()};
}

// Walks one MessagePack array, remembering the first thing that is wrong.
class Fields {
 public:
  Fields(const msgpack::object& array, std::string_view where, std::uint32_t from = 0)
      : array_(array), where_(where), next_(from) {
    if (array.type != msgpack::type::ARRAY) fail("itself", "array");
  }

  std::uint64_t number(const char* field) {
    const msgpack::object* o = take(field, msgpack::type::POSITIVE_INTEGER, "uint");
    return o == nullptr ? 0 : o->via.u64;
  }
  std::string_view text(const char* field) {
    const msgpack::object* o = take(field, msgpack::type::STR, "str");
    return o == nullptr ? std::string_view{} : std::string_view{o->via.str.ptr, o->via.str.size};
  }
  std::string_view bytes(const char* field) {
    const msgpack::object* o = take(field, msgpack::type::BIN, "bin");
    return o == nullptr ? std::string_view{} : std::string_view{o->via.bin.ptr, o->via.bin.size};
  }
  // Calls item(Fields-like object) for each element.
  template <class F>
  void list(const char* field, F&& item) {
    const msgpack::object* o = take(field, msgpack::type::ARRAY, "array");
    for (std::uint32_t i = 0; o != nullptr && i < o->via.array.size && problem_.empty(); ++i) {
      item(o->via.array.ptr[i]);
    }
  }
  void list_of_bytes(const char* field, std::vector<std::string_view>& out) {
    list(field, [&](const msgpack::object& o) {
      if (o.type != msgpack::type::BIN) return fail(field, "array of bin");
      out.emplace_back(o.via.bin.ptr, o.via.bin.size);
    });
  }
  void list_of_text(const char* field, std::vector<std::string_view>& out) {
    list(field, [&](const msgpack::object& o) {
      if (o.type != msgpack::type::STR) return fail(field, "array of str");
      out.emplace_back(o.via.str.ptr, o.via.str.size);
    });
  }
  void adopt(const Fields& inner) {
    if (problem_.empty()) problem_ = inner.problem_;
  }
  void fail(std::string_view field, std::string_view wanted) {
    if (problem_.empty())
      problem_ = fmt::format("{}: field {} is missing or not of type {}", where_, field, wanted);
  }
  const std::string& problem() const { return problem_; }

 private:
  const msgpack::object* take(const char* field, msgpack::type::object_type type, std::string_view wanted) {
    if (!problem_.empty()) return nullptr;
    if (next_ >= array_.via.array.size || array_.via.array.ptr[next_].type != type) {
      fail(field, wanted);
      return nullptr;
    }
    return &array_.via.array.ptr[next_++];
  }

  const msgpack::object& array_;
  std::string_view where_;
  std::uint32_t next_;
  std::string problem_;
};

Publish read_publish(Fields& f) {
  Publish m{f.number("source"), f.number("previous"), {}};
  bool at_sequence = true;
  f.list("events", [&](const msgpack::object& o) {
    const auto wanted = at_sequence ? msgpack::type::POSITIVE_INTEGER : msgpack::type::BIN;
    if (o.type != wanted) return f.fail("events", "array of uint, bin, …");
    if (at_sequence) {
      m.events.push_back({o.via.u64, {}});
    } else {
      m.events.back().event = {o.via.bin.ptr, o.via.bin.size};
    }
    at_sequence = !at_sequence;
  });
  if (!at_sequence) f.fail("events", "array of pairs");
  return m;
}

Hello read_hello(Fields& f) {
  Hello m{f.text("stage"), f.number("credit"), {}};
  f.list_of_text("wants", m.wants);
  return m;
}

Verdicts read_verdicts(Fields& f) {
  Verdicts m{f.number("epoch"), {}};
  f.list("verdicts", [&](const msgpack::object& row) {
    Fields r(row, "DONE verdict");
    Verdict v;
    v.tag = r.number("tag");
    const std::uint64_t kind = r.number("outcome");
    if (kind > 2) r.fail("outcome", "0, 1 or 2");
    v.kind = static_cast<OutcomeKind>(kind <= 2 ? kind : 0);
    v.reason = r.text("reason");
    v.delay_ms = r.number("delay");
    r.list_of_bytes("outputs", v.outputs);
    f.adopt(r);
    m.verdicts.push_back(std::move(v));
  });
  return m;
}

Deliver read_deliver(Fields& f) {
  Deliver m{f.number("epoch"), {}};
  f.list("deliveries", [&](const msgpack::object& row) {
    Fields r(row, "DELIVER delivery");
    Delivery d;
    d.tag = r.number("tag");
    d.attempt = r.number("attempt");
    d.event = r.bytes("event");
    r.list("attached", [&](const msgpack::object& pair) {
      Fields p(pair, "DELIVER attached");
      const std::uint64_t ref = p.number("ref");
      d.attached.push_back({ref, p.number("frame")});
      r.adopt(p);
    });
    f.adopt(r);
    m.deliveries.push_back(std::move(d));
  });
  return m;
}

std::optional<ClientMessage> read_client(std::string_view verb, Fields& f) {
  if (verb == "PUB") return read_publish(f);
  if (verb == "HELLO") return read_hello(f);
  if (verb == "DONE") return read_verdicts(f);
  if (verb == "PING") return Ping{};
  if (verb == "BYE") return Bye{};
  if (verb == "ASK") {
    return Ask{f.number("id"), f.text("question"), f.bytes("body"), f.number("heard"), f.text("node")};
  }
  return std::nullopt;
}

std::optional<BrokerMessage> read_broker(std::string_view verb, Fields& f) {
  if (verb == "ACK") return Ack{f.number("source"), f.number("sequence")};
  if (verb == "REFUSE") return Refuse{f.number("source"), f.number("sequence"), f.text("reason")};
  if (verb == "REWIND") return Rewind{f.number("source"), f.number("sequence")};
  if (verb == "BUSY") {
    return Busy{f.number("source"), f.number("previous"), f.number("retry"), f.text("reason")};
  }
  if (verb == "WELCOME") return Welcome{f.number("epoch"), f.number("ping")};
  if (verb == "DELIVER") return read_deliver(f);
  if (verb == "PONG") return Pong{f.number("epoch")};
  if (verb == "FAULT") return Fault{f.text("reason")};
  if (verb == "TELL") {
    return Tell{f.number("id"), f.text("code"), f.text("reason"), f.bytes("body"), f.number("mark")};
  }
  return std::nullopt;
}

bool keep_views(msgpack::type::object_type, std::size_t, void*) { return true; }

// Counts the elements of a frame without making them: an element of one byte becomes an object of 24, so
// that 32 MB of empty arrays, each within its own limit, would take 768 MB.
struct ElementCounter : msgpack::null_visitor {
  static constexpr std::size_t kMost = 1 << 20;
  std::size_t elements = 0;
  bool start_array(std::uint32_t size) {
    elements += size;
    return elements <= kMost;
  }
};

bool too_many_elements(std::string_view header) {
  ElementCounter counter;
  std::size_t offset = 0;
  (void)msgpack::parse(header.data(), header.size(), offset,
                       counter);  // whether it is well formed is seen later
  return counter.elements > ElementCounter::kMost;
}

template <class Message, class Read>
Result<Message> decode_any(std::string_view header, Read&& read) {
  if (header.size() > kMaxMessageSize)
    return too_large(fmt::format("frame of {} bytes is too large", header.size()));
  msgpack::object_handle handle;
  try {
    if (too_many_elements(header)) return too_large("frame is over a limit: too many elements");
    const msgpack::unpack_limit limit{2 * kMaxBatchEvents, 0, kMaxTextSize, kMaxMessageSize, 0, kMaxDepth};
    std::size_t offset = 0;
    handle = msgpack::unpack(header.data(), header.size(), offset, keep_views, nullptr, limit);
    if (offset != header.size()) return invalid("frame has stray bytes at its end");
  } catch (const msgpack::size_overflow& e) {
    return too_large(fmt::format("frame is over a limit: {}", e.what()));
  } catch (const std::exception& e) {
    return invalid(fmt::format("frame is not MessagePack: {}", e.what()));
  }
  Fields head(handle.get(), "frame");
  const std::uint64_t version = head.number("version");
  const std::string_view verb = head.text("verb");
  if (!head.problem().empty()) return invalid(head.problem());
  if (version != kVersion) {
    return invalid(fmt::format("protocol version {} is not spoken here (version {} is)", version, kVersion));
  }
  Fields fields(handle.get(), verb, 2);
  auto message = read(verb, fields);
  if (!message) return invalid(fmt::format("no message is named '{}'", verb.substr(0, 16)));
  if (!fields.problem().empty()) return invalid(fields.problem());
  return std::move(*message);
}

}  // namespace

std::string encode(const ClientMessage& message) { return encode_any(message); }
std::string encode(const BrokerMessage& message) { return encode_any(message); }

Result<ClientMessage> decode_client(std::string_view header) {
  return decode_any<ClientMessage>(header, read_client);
}
Result<BrokerMessage> decode_broker(std::string_view header) {
  return decode_any<BrokerMessage>(header, read_broker);
}

}  // namespace fuzzmill::schema::wire
