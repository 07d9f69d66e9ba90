// One object of a JSON text that is read as a stream: a table says which keys it has and where their values
// go. For the SAX handlers of schema/ alone.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fuzzmill::schema {

struct JsonArray {};  // a key whose value the handler reads by itself

template <class T>
struct JsonField {
  std::string_view name;
  std::variant<std::string T::*, std::uint64_t T::*, std::int64_t T::*, JsonArray> member;
  std::size_t limit = 0;  // of a text, bytes
  int version = 0;        // of the format that must have it; 0: every version
};

template <class T>
class JsonObject {
 public:
  explicit JsonObject(const std::vector<JsonField<T>>& fields) : fields_(fields) {}

  void clear() { value = {}, seen_ = 0, current_ = nullptr; }

  // The next value is that of `name`. False when the key was there before.
  bool key(std::string_view name) {
    current_ = nullptr;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].name != name) continue;
      current_ = &fields_[i];
      const bool first = (seen_ >> i & 1) == 0;
      seen_ |= 1u << i;
      return first;
    }
    return true;
  }
  bool known() const { return current_ != nullptr; }
  std::string_view name() const { return current_ == nullptr ? std::string_view() : current_->name; }
  std::string_view wanted() const {
    if (current_ == nullptr) return "is unknown";
    if (std::holds_alternative<JsonArray>(current_->member)) return "is not an array";
    return std::holds_alternative<std::string T::*>(current_->member) ? "is not a text or too long"
                                                                      : "is not a whole number";
  }

  // REQUIRES known(). False when the key's value is of another type.
  bool text(std::string text) {
    const auto* member = std::get_if<std::string T::*>(&current_->member);
    if (member == nullptr || text.size() > current_->limit) return false;
    value.*(*member) = std::move(text);
    return true;
  }
  bool number(std::uint64_t number) {
    if (const auto* member = std::get_if<std::uint64_t T::*>(&current_->member)) {
      value.*(*member) = number;
      return true;
    }
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
    return this->number(static_cast<std::int64_t>(number));
  }
  bool number(std::int64_t number) {
    const auto* member = std::get_if<std::int64_t T::*>(&current_->member);
    if (member == nullptr) return false;
    value.*(*member) = number;
    return true;
  }
  bool array() const { return std::holds_alternative<JsonArray>(current_->member); }

  bool has(std::string_view name) const {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].name == name) return (seen_ >> i & 1) != 0;
    }
    return false;
  }
  // The first key that this version of the format must have and that was not there, or empty.
  std::string_view missing(int version) const {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const bool must = fields_[i].version == 0 || fields_[i].version == version;
      if (must && (seen_ >> i & 1) == 0) return fields_[i].name;
    }
    return {};
  }

  T value{};

 private:
  const std::vector<JsonField<T>>& fields_;
  const JsonField<T>* current_ = nullptr;
  unsigned seen_ = 0;
};

}  // namespace fuzzmill::schema
