#include "schema/ask.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "schema/event.h"
#include "schema/fields.h"
#include "schema/limits.h"

namespace fuzzmill::schema {
namespace {

constexpr std::size_t kHash = 32;
constexpr std::size_t kIdDigits = 16;
constexpr std::size_t kMaxFields = 32;         // of one map; more than any has, for those of later versions
constexpr std::size_t kMaxElements = 1 << 16;  // of a whole body: 1024 inputs have some 5,000

constexpr std::array<std::string_view, 6> kCodeNames = {"ok",      "busy",    "denied",
                                                        "invalid", "unknown", "unavailable"};

// --- packing ---

struct BodyPacker {
  Packer& out;

  template <class T>
  void operator()(const char* field, const T& value) {
    if constexpr (IsOptional<T>::value) {
      if (value) (*this)(field, *value);
    } else {
      pack_text(out, field);
      put(value);
    }
  }
  template <class Bytes>
  void bytes(const char* field, const Bytes& value) {
    pack_text(out, field);
    pack_bytes(out, value);
  }

  template <class Body>
  void put_map(const Body& body);

 private:
  void put(const std::string& text) { pack_text(out, std::string_view(text).substr(0, kMaxTextSize)); }
  void put(std::uint64_t number) { out.pack_uint64(number); }
  template <class Item>
  void put(const std::vector<Item>& list) {
    out.pack_array(static_cast<std::uint32_t>(list.size()));
    for (const Item& item : list) put_map(item);
  }
};

struct BodyCounter {
  FieldCounter counter;
  template <class T>
  void operator()(const char* field, const T& value) {
    counter(field, value);
  }
  template <class Bytes>
  void bytes(const char*, const Bytes&) {
    ++counter.count;
  }
};

template <class Body>
void BodyPacker::put_map(const Body& body) {
  BodyCounter counted;
  Body::fields(body, counted);
  out.pack_map(counted.counter.count);
  Body::fields(body, *this);
}

// What a body will take, so that megabytes are not moved while the buffer grows.
struct BodySize {
  std::size_t size = 64;
  template <class T>
  void operator()(const char*, const T& value) {
    if constexpr (!std::is_same_v<T, std::string> && !std::is_integral_v<T>) {
      for (const auto& item : value) std::decay_t<decltype(item)>::fields(item, *this);
    }
    size += 32;
  }
  template <class Bytes>
  void bytes(const char*, const Bytes& value) {
    size += value.size() + 32;
  }
};

// --- reading ---

struct BodyReader {
  const msgpack::object& map;
  std::string path;     // "" or "inputs[3]."
  std::string problem;  // empty while all is well

  template <class T>
  void operator()(const char* field, T& out) {
    if (!problem.empty()) return;
    const msgpack::object* object = find(map, field);
    if constexpr (IsOptional<T>::value) {
      if (object == nullptr || object->is_nil()) return;
      take(field, *object, out.emplace());
    } else {
      if (object == nullptr) return missing(field);
      take(field, *object, out);
    }
  }

  void bytes(const char* field, std::string& out) {
    const auto bin = bytes_of(field);
    if (bin) out = *bin;
  }
  void bytes(const char* field, Sha256& out) {
    const auto bin = bytes_of(field);
    if (!bin) return;
    if (bin->size() != out.size()) return fail(field, "is not of 32 bytes");
    std::copy(bin->begin(), bin->end(), reinterpret_cast<char*>(out.data()));
  }

 private:
  void fail(const char* field, std::string_view what) {
    if (problem.empty()) problem = fmt::format("field {}{} {}", path, field, what);
  }
  void missing(const char* field) { fail(field, "is missing"); }

  std::optional<std::string_view> bytes_of(const char* field) {
    if (!problem.empty()) return std::nullopt;
    const msgpack::object* object = find(map, field);
    if (object == nullptr) {
      missing(field);
    } else if (object->type != msgpack::type::BIN) {
      fail(field, "is not of type bin");
    } else {
      return std::string_view(object->via.bin.ptr, object->via.bin.size);
    }
    return std::nullopt;
  }

  template <class T>
  void take(const char* field, const msgpack::object& object, T& out) {
    if (!ValueReader<true>::get(object, out)) fail(field, "is not of type " + type_name<T>());
  }
  template <class Item>
  void take(const char* field, const msgpack::object& object, std::vector<Item>& out) {
    if (object.type != msgpack::type::ARRAY) return fail(field, "is not of type array of map");
    out.reserve(object.via.array.size);
    for (std::uint32_t i = 0; i < object.via.array.size && problem.empty(); ++i) {
      const msgpack::object& item = object.via.array.ptr[i];
      if (item.type != msgpack::type::MAP) return fail(field, "is not of type array of map");
      BodyReader reader{item, fmt::format("{}{}[{}].", path, field, i), {}};
      Item::fields(out.emplace_back(), reader);
      problem = std::move(reader.problem);
    }
  }
};

// --- what a body must be beyond its types ---

Status check_target(const std::string& target) {
  if (valid_name(target)) return {};
  return invalid("field target is no name ([A-Za-z0-9._-]{1,64})");
}

Status check_target_or_none(const std::string& target) {
  return target.empty() ? Status{} : check_target(target);
}

Status check_id(const char* field, const std::string& id) {
  const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (id.size() == kIdDigits && std::all_of(id.begin(), id.end(), digit)) return {};
  return invalid(fmt::format("field {} is not 16 hex digits", field));
}

Status check_count(const char* field, std::size_t count, std::size_t most) {
  if (count <= most) return {};
  return too_large(fmt::format("field {} has {} elements, the limit is {}", field, count, most));
}

Status check_hashes(const std::string& hashes) {
  if (hashes.size() % kHash != 0) return invalid("field hashes is not a multiple of 32 bytes");
  return check_count("hashes", hashes.size() / kHash, kMaxAskedHashes);
}

Status check_inputs(const std::vector<SharedInput>& inputs) {
  if (auto count = check_count("inputs", inputs.size(), kMaxSharedInputs); !count) return count;
  for (const SharedInput& input : inputs) {
    if (input.bytes.size() > kMaxSharedInputSize) {
      return too_large(fmt::format("field inputs has one of {} bytes, the limit is {}", input.bytes.size(),
                                   kMaxSharedInputSize));
    }
  }
  return {};
}

Status check(const BaseAsked& body) { return check_target(body.target); }
Status check(const BaseTold& body) {
  return body.snapshot.empty() ? Status{} : check_id("snapshot", body.snapshot);
}
template <class Hashes>
Status check_asked_hashes(const Hashes& body) {
  if (auto target = check_target(body.target); !target) return target;
  return check_hashes(body.hashes);
}
Status check(const LacksAsked& body) { return check_asked_hashes(body); }
Status check(const OfferAsked& body) { return check_asked_hashes(body); }
Status check(const LacksTold& body) {
  if (body.lacks.find_first_not_of(std::string_view("\0\1", 2)) != std::string::npos)
    return invalid("field lacks has a byte that is neither 0 nor 1");
  return check_count("lacks", body.lacks.size(), kMaxAskedHashes);
}
Status check(const GiveAsked& body) {
  if (auto target = check_target(body.target); !target) return target;
  if (!body.engine.empty() && !valid_name(body.engine)) return invalid("field engine is no name");
  return check_inputs(body.inputs);
}
Status check(const GiveTold&) { return {}; }
Status check(const SharedAsked& body) {
  if (auto target = check_target(body.target); !target) return target;
  return check_count("cursor", body.cursor.size(), kMaxNameSize);
}
Status check(const SharedTold& body) {
  if (auto cursor = check_count("cursor", body.cursor.size(), kMaxNameSize); !cursor) return cursor;
  return check_inputs(body.inputs);
}
Status check(const OrdersAsked& body) {
  if (auto count = check_count("reports", body.reports.size(), kMaxOrderReports); !count) return count;
  for (const OrderReport& report : body.reports) {
    if (auto id = check_id("reports[].id", report.id); !id) return id;
    if (auto target = check_target_or_none(report.target); !target) return target;
    if (std::find(kOrderStates.begin(), kOrderStates.end(), report.state) == kOrderStates.end())
      return invalid("field reports[].state is none of taken, done, failed");
    if (report.snapshot.empty()) continue;
    if (auto snapshot = check_id("reports[].snapshot", report.snapshot); !snapshot) return snapshot;
  }
  return {};
}
Status check(const OrdersTold& body) {
  if (auto count = check_count("orders", body.orders.size(), kMaxOrders); !count) return count;
  for (const Order& order : body.orders) {
    if (auto id = check_id("orders[].id", order.id); !id) return id;
    if (auto target = check_target_or_none(order.target); !target) return target;
  }
  return {};
}

// --- unpacking ---

// An element of one byte becomes an object of 24: they are counted before they are made.
struct ElementCounter : msgpack::null_visitor {
  std::size_t elements = 0;
  bool start_array(std::uint32_t size) {
    elements += size;
    return elements <= kMaxElements;
  }
  bool start_map(std::uint32_t size) {
    elements += 2 * std::size_t{size};
    return elements <= kMaxElements;
  }
};

bool keep_views(msgpack::type::object_type, std::size_t, void*) { return true; }

Result<msgpack::object_handle> unpack(std::string_view bytes) {
  if (bytes.size() > kMaxAnswerSize)
    return too_large(fmt::format("body of {} bytes is over the limit of {}", bytes.size(), kMaxAnswerSize));
  try {
    ElementCounter counter;
    std::size_t offset = 0;
    (void)msgpack::parse(bytes.data(), bytes.size(), offset, counter);
    if (counter.elements > kMaxElements) return too_large("body is over a limit: too many elements");
    const msgpack::unpack_limit limit{kMaxListSize, kMaxFields, kMaxTextSize, kMaxAnswerSize, 0, kMaxDepth};
    offset = 0;
    auto handle = msgpack::unpack(bytes.data(), bytes.size(), offset, keep_views, nullptr, limit);
    if (offset != bytes.size()) return invalid("body has stray bytes at its end");
    if (handle.get().type != msgpack::type::MAP) return invalid("body is not a map");
    return handle;
  } catch (const msgpack::size_overflow& e) {
    return too_large(fmt::format("body is over a limit: {}", e.what()));
  } catch (const std::exception& e) {
    return invalid(fmt::format("body is not MessagePack: {}", e.what()));
  }
}

}  // namespace

std::string_view name(AnswerCode code) { return kCodeNames[static_cast<std::size_t>(code)]; }

std::optional<AnswerCode> answer_code_named(std::string_view name) {
  const auto found = std::find(kCodeNames.begin(), kCodeNames.end(), name);
  if (found == kCodeNames.end()) return std::nullopt;
  return static_cast<AnswerCode>(found - kCodeNames.begin());
}

void add_hash(std::string& hashes, const Sha256& sha256) {
  hashes.append(reinterpret_cast<const char*>(sha256.data()), sha256.size());
}

std::vector<Sha256> hashes_in(std::string_view hashes) {
  std::vector<Sha256> out(hashes.size() / kHash);
  for (Sha256& sha256 : out) {
    std::copy_n(hashes.begin(), kHash, reinterpret_cast<char*>(sha256.data()));
    hashes.remove_prefix(kHash);
  }
  return out;
}

template <class Body>
std::string encode_body(const Body& body) {
  BodySize guess;
  Body::fields(body, guess);
  msgpack::sbuffer buffer(guess.size);
  Packer out(buffer);
  BodyPacker{out}.put_map(body);
  return {buffer.data(), buffer.size()};
}

template <class Body>
Result<Body> decode_body(std::string_view bytes) {
  const auto handle = unpack(bytes);
  if (!handle) return handle.error();
  Body body;
  BodyReader reader{handle->get(), {}, {}};
  Body::fields(body, reader);
  if (!reader.problem.empty()) return invalid(std::move(reader.problem));
  if (auto checked = check(body); !checked) return std::move(checked).error();
  return body;
}

#define FUZZMILL_BODY(Body)                      \
  template std::string encode_body(const Body&); \
  template Result<Body> decode_body(std::string_view);
FUZZMILL_BODY(BaseAsked)
FUZZMILL_BODY(BaseTold)
FUZZMILL_BODY(LacksAsked)
FUZZMILL_BODY(LacksTold)
FUZZMILL_BODY(OfferAsked)
FUZZMILL_BODY(GiveAsked)
FUZZMILL_BODY(GiveTold)
FUZZMILL_BODY(SharedAsked)
FUZZMILL_BODY(SharedTold)
FUZZMILL_BODY(OrdersAsked)
FUZZMILL_BODY(OrdersTold)
#undef FUZZMILL_BODY

}  // namespace fuzzmill::schema
