#include "schema/event_codec.h"

#include <algorithm>
#include <utility>

#include "schema/fields.h"

namespace fuzzmill::schema {
namespace {

// Calls f(body) with a body of the topic's type.
template <class F, std::size_t... I>
void with_body(Topic topic, F&& f, std::index_sequence<I...>) {
  const auto index = static_cast<std::size_t>(topic);
  (void)((index == I ? (f(std::variant_alternative_t<I, Body>{}), true) : false) || ...);
}
template <class F>
void with_body(Topic topic, F&& f) {
  with_body(topic, std::forward<F>(f), std::make_index_sequence<std::variant_size_v<Body>>{});
}

msgpack::unpack_limit limits() {
  return {kMaxListSize, kMaxListSize, kMaxTextSize, kMaxTextSize, 0, kMaxDepth};
}

bool keep_views(msgpack::type::object_type, std::size_t, void*) { return true; }

// Unpacks without copying: `root` points into `bytes` and into memory of this thread that the next call
// takes again (a fresh zone costs more than reading an event of 200 bytes).
Status unpack(std::string_view bytes, msgpack::object& root) {
  if (bytes.size() > kMaxEventSize) {
    return too_large(fmt::format("event of {} bytes is over the limit of {}", bytes.size(), kMaxEventSize));
  }
  try {
    std::size_t offset = 0;
    thread_local msgpack::zone zone;
    zone.clear();
    root = msgpack::unpack(zone, bytes.data(), bytes.size(), offset, keep_views, nullptr, limits());
    if (offset != bytes.size()) {
      return invalid(fmt::format("event has {} stray bytes at its end", bytes.size() - offset));
    }
  } catch (const msgpack::size_overflow& e) {
    return too_large(fmt::format("event is over a limit: {}", e.what()));
  } catch (const std::exception& e) {
    return invalid(fmt::format("event is not MessagePack: {}", e.what()));
  }
  if (root.type != msgpack::type::MAP) return invalid("event is not a map");
  return {};
}

Error missing(std::string_view field, std::string_view type) {
  return invalid(fmt::format("field {} is missing or not of type {}", field, type));
}

Result<std::string_view> text_field(const msgpack::object& map, std::string_view field) {
  const msgpack::object* object = find(map, field);
  if (object == nullptr || !is_text(*object)) return missing(field, "str");
  return text_of(*object);
}

Result<std::uint64_t> number_field(const msgpack::object& map, std::string_view field) {
  const msgpack::object* object = find(map, field);
  if (object == nullptr || object->type != msgpack::type::POSITIVE_INTEGER) return missing(field, "uint");
  return object->via.u64;
}

Result<std::vector<EventHead::Attachment>> read_attachments(const msgpack::object& map) {
  std::vector<EventHead::Attachment> refs;
  const msgpack::object* list = find(map, "att");
  if (list == nullptr) return refs;
  if (list->type != msgpack::type::ARRAY) return missing("att", "array");
  if (list->via.array.size > kMaxAttachments) {
    return too_large(fmt::format("field att names {} attachments, the limit is {}", list->via.array.size,
                                 kMaxAttachments));
  }
  for (std::uint32_t i = 0; i < list->via.array.size; ++i) {
    const msgpack::object& row = list->via.array.ptr[i];
    if (row.type != msgpack::type::ARRAY || row.via.array.size < 3)
      return missing("att[]", "[str, bin 32, uint]");
    const msgpack::object* cell = row.via.array.ptr;
    if (!is_text(cell[0]) || cell[1].type != msgpack::type::BIN || cell[1].via.bin.size != 32 ||
        cell[2].type != msgpack::type::POSITIVE_INTEGER) {
      return missing("att[]", "[str, bin 32, uint]");
    }
    if (cell[2].via.u64 > kMaxAttachmentSize) {
      return too_large(fmt::format("attachment {} of {} bytes is over the limit of {}",
                                   text_of(cell[0]).substr(0, kMaxNameSize), cell[2].via.u64,
                                   kMaxAttachmentSize));
    }
    refs.push_back({text_of(cell[0]), {cell[1].via.bin.ptr, cell[1].via.bin.size}, cell[2].via.u64});
  }
  return refs;
}

Result<Topic> read_version_and_topic(const msgpack::object& map) {
  const auto version = number_field(map, "v");
  if (!version) return version.error();
  if (*version == 0 || *version > kEventVersion) {
    return invalid(
        fmt::format("field v: event version {} is not known here (newest is {}); upgrade this side first",
                    *version, kEventVersion));
  }
  const auto type = text_field(map, "type");
  if (!type) return type.error();
  const auto topic = topic_named(*type);
  if (!topic)
    return invalid(fmt::format("field type: no topic is named '{}'", type->substr(0, kMaxNameSize)));
  return *topic;
}

Result<EventHead> read_head(const msgpack::object& map) {
  const auto topic = read_version_and_topic(map);
  if (!topic) return topic.error();
  EventHead head;
  head.topic = *topic;

  const msgpack::object* id = find(map, "id");
  if (id == nullptr || id->type != msgpack::type::BIN || id->via.bin.size != head.id.bytes.size()) {
    return missing("id", "bin 16");
  }
  std::copy_n(id->via.bin.ptr, head.id.bytes.size(), reinterpret_cast<char*>(head.id.bytes.data()));

  const auto node = text_field(map, "node");
  if (!node) return node.error();
  if (!valid_name(*node)) return invalid("field node is no name ([A-Za-z0-9._-]{1,64})");
  head.node = *node;

  const auto target = text_field(map, "target");
  if (!target) return target.error();
  if (!target->empty() && !valid_name(*target))
    return invalid("field target is no name ([A-Za-z0-9._-]{1,64})");
  head.target = *target;

  const auto time = number_field(map, "time");
  if (!time) return time.error();
  head.time_ms = *time;

  auto refs = read_attachments(map);
  if (!refs) return std::move(refs).error();
  head.attachments = std::move(refs).value();
  return head;
}

template <bool Copy>
Status read_body(const msgpack::object& map, Topic topic, Body& out) {
  const msgpack::object* body = find(map, "body");
  if (body == nullptr || body->type != msgpack::type::MAP) return missing("body", "map");
  std::string problem;
  with_body(topic, [&](auto value) {
    FieldReader<Copy> reader{*body, {}};
    decltype(value)::fields(value, reader);
    problem = std::move(reader.problem);
    if constexpr (Copy) out = std::move(value);
  });
  if (!problem.empty()) return invalid(std::move(problem));
  return {};
}

}  // namespace

std::string encode(const Event& event) {
  msgpack::sbuffer buffer(512);
  Packer out(buffer);
  out.pack_map(8);
  pack_text(out, "v"), out.pack_uint64(kEventVersion);
  pack_text(out, "type"), pack_text(out, name(event.topic()));
  pack_text(out, "id"), pack_bytes(out, event.id.bytes);
  pack_text(out, "node"), pack_text(out, event.node);
  pack_text(out, "target"), pack_text(out, event.target);
  pack_text(out, "time"), out.pack_uint64(event.time_ms);
  pack_text(out, "att"), out.pack_array(static_cast<std::uint32_t>(event.attachments.size()));
  for (const AttachmentRef& ref : event.attachments) {
    out.pack_array(3);
    pack_text(out, ref.name);
    pack_bytes(out, ref.sha256);
    out.pack_uint64(ref.size);
  }
  pack_text(out, "body");
  std::visit(
      [&](const auto& body) {
        FieldCounter counter;
        std::decay_t<decltype(body)>::fields(body, counter);
        out.pack_map(counter.count);
        FieldPacker packer{out};
        std::decay_t<decltype(body)>::fields(body, packer);
      },
      event.body);
  return {buffer.data(), buffer.size()};
}

Result<Event> decode(std::string_view bytes) {
  msgpack::object root;
  if (auto unpacked = unpack(bytes, root); !unpacked) return std::move(unpacked).error();
  auto head = read_head(root);
  if (!head) return std::move(head).error();
  Event event;
  event.id = head->id;
  event.node = head->node;
  event.target = head->target;
  event.time_ms = head->time_ms;
  for (const auto& ref : head->attachments) {
    AttachmentRef copy{std::string(ref.name), {}, ref.size};
    std::copy(ref.sha256.begin(), ref.sha256.end(), reinterpret_cast<char*>(copy.sha256.data()));
    event.attachments.push_back(std::move(copy));
  }
  if (auto body = read_body<true>(root, head->topic, event.body); !body) return std::move(body).error();
  return event;
}

Result<EventHead> check(std::string_view bytes) {
  msgpack::object root;
  if (auto unpacked = unpack(bytes, root); !unpacked) return std::move(unpacked).error();
  auto head = read_head(root);
  if (!head) return head;
  Body unused;
  if (auto body = read_body<false>(root, head->topic, unused); !body) return std::move(body).error();
  return head;
}

std::vector<FieldDoc> field_docs(Topic topic) {
  FieldDocumenter documenter;
  with_body(topic, [&](auto value) { decltype(value)::fields(value, documenter); });
  return std::move(documenter.docs);
}

}  // namespace fuzzmill::schema
