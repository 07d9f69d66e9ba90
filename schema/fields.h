// The visitors that turn the fields() of an event's body into packing, reading, checking and docs.
// For schema/event_codec.cc alone.
#pragma once

#include <fmt/format.h>

#include <msgpack.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "schema/event_codec.h"
#include "schema/limits.h"

namespace fuzzmill::schema {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {
  using Value = T;
};

using Packer = msgpack::packer<msgpack::sbuffer>;

inline void pack_text(Packer& out, std::string_view text) {
  out.pack_str(static_cast<std::uint32_t>(text.size()));
  out.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
}

template <class Bytes>
void pack_bytes(Packer& out, const Bytes& bytes) {
  out.pack_bin(static_cast<std::uint32_t>(bytes.size()));
  out.pack_bin_body(reinterpret_cast<const char*>(bytes.data()), static_cast<std::uint32_t>(bytes.size()));
}

// Counts the fields that are present: the size of the map.
struct FieldCounter {
  std::uint32_t count = 0;
  template <class T>
  void operator()(const char*, const T& value) {
    if constexpr (IsOptional<T>::value) {
      count += value.has_value() ? 1 : 0;
    } else {
      ++count;
    }
  }
};

struct FieldPacker {
  Packer& out;

  template <class T>
  void operator()(const char* name, const T& value) {
    if constexpr (IsOptional<T>::value) {
      if (value) (*this)(name, *value);
    } else {
      pack_text(out, name);
      put(value);
    }
  }

 private:
  void put(const std::string& text) { pack_text(out, std::string_view(text).substr(0, kMaxTextSize)); }
  void put(std::uint64_t number) { out.pack_uint64(number); }
  void put(std::int64_t number) { out.pack_int64(number); }
  void put(double number) { out.pack_double(number); }
  void put(bool truth) { truth ? out.pack_true() : out.pack_false(); }
  void put(const std::vector<std::string>& list) {
    const auto size = std::min(list.size(), kMaxListSize);
    out.pack_array(static_cast<std::uint32_t>(size));
    for (std::size_t i = 0; i < size; ++i) put(list[i]);
  }
};

inline bool is_text(const msgpack::object& object) { return object.type == msgpack::type::STR; }
inline std::string_view text_of(const msgpack::object& object) {
  return {object.via.str.ptr, object.via.str.size};
}

inline const msgpack::object* find(const msgpack::object& map, std::string_view name) {
  for (std::uint32_t i = 0; i < map.via.map.size; ++i) {
    const auto& entry = map.via.map.ptr[i];
    if (is_text(entry.key) && text_of(entry.key) == name) return &entry.val;
  }
  return nullptr;
}

// Reads one value; false when the type is another. With `Copy` false nothing is stored: the check of
// a broker, which passes the bytes on as they are.
template <bool Copy>
struct ValueReader {
  static bool get(const msgpack::object& o, std::string& out) {
    if (!is_text(o)) return false;
    if constexpr (Copy) out.assign(o.via.str.ptr, o.via.str.size);
    return true;
  }
  static bool get(const msgpack::object& o, std::uint64_t& out) {
    if (o.type != msgpack::type::POSITIVE_INTEGER) return false;
    if constexpr (Copy) out = o.via.u64;
    return true;
  }
  static bool get(const msgpack::object& o, std::int64_t& out) {
    if (o.type == msgpack::type::POSITIVE_INTEGER && o.via.u64 <= INT64_MAX) {
      if constexpr (Copy) out = static_cast<std::int64_t>(o.via.u64);
      return true;
    }
    if (o.type != msgpack::type::NEGATIVE_INTEGER) return false;
    if constexpr (Copy) out = o.via.i64;
    return true;
  }
  static bool get(const msgpack::object& o, double& out) {
    switch (o.type) {
      case msgpack::type::FLOAT32:
      case msgpack::type::FLOAT64:
        if constexpr (Copy) out = o.via.f64;
        return true;
      case msgpack::type::POSITIVE_INTEGER:
        if constexpr (Copy) out = static_cast<double>(o.via.u64);
        return true;
      // msgpack-cxx packs a double that is whole as an integer, of either sign.
      case msgpack::type::NEGATIVE_INTEGER:
        if constexpr (Copy) out = static_cast<double>(o.via.i64);
        return true;
      default:
        return false;
    }
  }
  static bool get(const msgpack::object& o, bool& out) {
    if (o.type != msgpack::type::BOOLEAN) return false;
    if constexpr (Copy) out = o.via.boolean;
    return true;
  }
  static bool get(const msgpack::object& o, std::vector<std::string>& out) {
    if (o.type != msgpack::type::ARRAY) return false;
    for (std::uint32_t i = 0; i < o.via.array.size; ++i) {
      if (!is_text(o.via.array.ptr[i])) return false;
      if constexpr (Copy) out.emplace_back(text_of(o.via.array.ptr[i]));
    }
    return true;
  }
};

template <class T>
std::string type_name() {
  if constexpr (IsOptional<T>::value) {
    return type_name<typename IsOptional<T>::Value>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "str";
  } else if constexpr (std::is_same_v<T, std::uint64_t>) {
    return "uint";
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return "int";
  } else if constexpr (std::is_same_v<T, double>) {
    return "float";
  } else if constexpr (std::is_same_v<T, bool>) {
    return "bool";
  } else {
    return "array of str";
  }
}

template <bool Copy>
struct FieldReader {
  const msgpack::object& map;
  std::string problem;  // empty while all is well

  template <class T>
  void operator()(const char* name, T& out) {
    if (!problem.empty()) return;
    const msgpack::object* object = find(map, name);
    if constexpr (IsOptional<T>::value) {
      if (object == nullptr || object->is_nil()) return;
      typename IsOptional<T>::Value value{};
      if (!ValueReader<Copy>::get(*object, value)) return mistyped(name, type_name<T>());
      if constexpr (Copy) out = std::move(value);
    } else {
      if (object == nullptr) {
        problem = fmt::format("field body.{} is missing", name);
      } else if (!ValueReader<Copy>::get(*object, out)) {
        mistyped(name, type_name<T>());
      }
    }
  }

 private:
  void mistyped(const char* name, const std::string& wanted) {
    problem = fmt::format("field body.{} is not of type {}", name, wanted);
  }
};

struct FieldDocumenter {
  std::vector<FieldDoc> docs;
  template <class T>
  void operator()(const char* name, const T&) {
    docs.push_back({name, type_name<T>(), !IsOptional<T>::value});
  }
};

}  // namespace fuzzmill::schema
