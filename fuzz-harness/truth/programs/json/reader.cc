#include <cstdlib>

#include "json.h"

namespace json {

std::string Reader::read_text() {
  std::string text;
  ++at_;
  while (peek() != '"' && at_ < text_.size()) {
    char letter = peek();
    if (letter == '\\') {
      ++at_;
      letter = text_.at(at_);  // BUG escape-end: std::out_of_range, and nobody catches it
    }
    text += letter;
    ++at_;
  }
  ++at_;
  return text;
}

Value Reader::read_list() {
  Value list;
  list.type = Type::kList;
  ++at_;
  while (at_ < text_.size() && peek() != ']') {
    list.items.push_back(read());
    if (peek() == ',') ++at_;
  }
  ++at_;
  return list;
}

Value Reader::read_object() {
  Value object;
  object.type = Type::kObject;
  ++at_;
  while (at_ < text_.size() && peek() != '}') {
    if (peek() != '"') {
      ++at_;
      continue;
    }
    object.keys.push_back(read_text());
    if (peek() != ':') continue;  // BUG key-alone: a key without a value, and the lists part
    ++at_;
    object.items.push_back(read());
    if (peek() == ',') ++at_;
  }
  ++at_;
  return object;
}

Value Reader::read() {
  const char letter = peek();
  if (letter == '[') return read_list();  // BUG read-depth: nesting is not counted
  if (letter == '{') return read_object();
  Value value;
  if (letter == '"') {
    value.type = Type::kText;
    value.text = read_text();
    return value;
  }
  const std::size_t from = at_;
  while (peek() == '-' || (peek() >= '0' && peek() <= '9')) ++at_;
  if (at_ == from) {
    ++at_;
    return value;
  }
  value.type = Type::kNumber;
  value.number =
      std::stol(text_.substr(from, at_ - from));  // BUG number-text: throws for "-" and for 30 digits
  return value;
}

}  // namespace json
