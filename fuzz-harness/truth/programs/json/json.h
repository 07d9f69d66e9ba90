#pragma once
// The vector tells AddressSanitizer where its elements end.
#define _GLIBCXX_SANITIZE_VECTOR 1
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace json {

enum class Type { kNull, kNumber, kText, kList, kObject };

struct Value {
  Type type = Type::kNull;
  long number = 0;
  std::string text;
  std::vector<Value> items;
  std::vector<std::string> keys;  // as many as items, in an object
};

// Reads one value; a null where the text is wrong.
class Reader {
 public:
  explicit Reader(std::string text) : text_(std::move(text)) {}
  Value read();
  std::size_t at() const { return at_; }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  Value read_list();
  Value read_object();
  std::string read_text();

  std::string text_;
  std::size_t at_ = 0;
};

// One step of a path into a value: a name or an index.
struct Step {
  std::string name;
  long index = -1;
};

const Value* find(const Value& value, const std::string& key);
long evaluate(const Value& root, const std::string& query);

}  // namespace json
