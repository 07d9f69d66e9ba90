// JSON written as it comes, without a tree of values: a hundred thousand crashes are written, not kept. The
// text is what a tree would print in one line, in the order of the calls. Bytes that are no UTF-8 become
// U+FFFD. One thread; calls must nest as JSON does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace fuzzmill::cli {

class JsonText {
 public:
  JsonText& open(char bracket) {  // '{' or '['
    comma();
    text_ += bracket;
    after_value_ = false;
    return *this;
  }
  JsonText& close(char bracket) {
    text_ += bracket;
    after_value_ = true;
    return *this;
  }
  // A name of ours: printed as it is.
  JsonText& key(std::string_view name) {
    comma();
    text_.append("\"").append(name).append("\":");
    after_value_ = false;
    return *this;
  }
  JsonText& text(std::string_view value);
  JsonText& text_or_null(std::string_view value) { return value.empty() ? null() : text(value); }
  JsonText& number(std::uint64_t value) { return raw(std::to_string(value)); }
  JsonText& number_or_null(std::uint64_t value) { return value == 0 ? null() : number(value); }
  JsonText& hex(std::uint64_t value);  // "0x1f", as a text
  JsonText& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonText& null() { return raw("null"); }

  std::string take() { return std::move(text_); }

 private:
  JsonText& raw(std::string_view value) {
    comma();
    text_ += value;
    after_value_ = true;
    return *this;
  }
  void comma() {
    if (after_value_) text_ += ',';
  }

  std::string text_;
  bool after_value_ = false;
};

}  // namespace fuzzmill::cli
