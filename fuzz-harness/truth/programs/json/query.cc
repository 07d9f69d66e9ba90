// Queries: a letter for what to ask, then a path of .name and #index steps.
#include <cassert>
#include <cstdlib>
#include <cstring>

#include "json.h"

namespace json {
namespace {

volatile long sink;

std::vector<Step> parse_path(const std::string& path) {
  std::vector<Step> steps;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '.') {
      steps.emplace_back();
    } else if (path[i] == '#') {
      steps.emplace_back();
      steps.back().index = std::atol(path.c_str() + i + 1);
    } else if (!steps.empty()) {
      steps.back().name += path[i];
    }
  }
  return steps;
}

const Value& item_at(const Value& list, long index) {
  const Value& item = list.items[std::size_t(index)];  // BUG item-index: the list may be shorter
  return item.type == Type::kNull ? list : item;
}

const Value* walk(const Value& root, const std::vector<Step>& steps) {
  const Value* at = &root;
  for (const Step& step : steps) {
    if (step.index >= 0) {
      at = &item_at(*at, step.index);
    } else {
      at = find(*at, step.name);  // BUG walk-missing: null when there is no such key, and the walk goes on
    }
  }
  return at->type == Type::kNull ? &root : at;
}

long sum_of(const Value& list) {
  long sum = 0;
  for (const Value& item : list.items) sum += item.number;
  return sum;
}

long widest(const Value& list) {
  const Value* best = &list.items.front();  // BUG widest-empty: front() of an empty list
  for (const Value& item : list.items) {
    if (item.text.size() > best->text.size()) best = &item;
  }
  return long(best->text.size());
}

long number_of(const Value& value) {
  assert(value.type == Type::kNumber && "asked for a number");  // BUG number-type
  return value.number;
}

long first_letter(const Value& value) {
  const char* text = value.text.c_str();
  const std::size_t length = value.text.size();
  return length > 0 ? text[0] + text[length - 1] : 0;
}

// Adds to a list the double of its first, as many times as asked.
long extend(Value list, long times) {
  if (list.items.empty()) return 0;
  list.items.shrink_to_fit();
  Value& first = list.items[0];
  for (long i = 0; i < times; ++i) {
    list.items.emplace_back();  // BUG extend-stale: may move the items, and `first` stays behind
    list.items.back().number = first.number * 2;
    list.items.back().text = first.text;
  }
  first.number = times;
  return sum_of(list);
}

// A visitor for later; keeps what it needs.
std::function<long(long)> scaler(const Value& value) {
  long factor = value.number + 2;
  return
      [&factor](long number) { return factor * number; };  // BUG scaler-capture: a reference to what is gone
}

long apply(const Value& list, const std::function<long(long)>& change) {
  long sum = 0;
  for (const Value& item : list.items) sum += change(item.number);
  return sum;
}

long scaled(const Value& value) {
  const auto change = scaler(value);
  return value.type == Type::kList ? apply(value, change) : change(value.number);
}

// Compares the tails of two texts.
long tail_matches(const Value& value, const std::string& wanted) {
  const std::string tail = value.text.substr(value.text.size() - wanted.size());  // BUG tail-short: throws
  return tail == wanted ? 1 : 0;
}

long sorted(const Value& value) {
  std::vector<long> numbers;
  numbers.reserve(value.items.size() + 4);
  for (const Value& item : value.items) numbers.push_back(item.number);
  long* data = numbers.data();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (data[i] > data[i + 1])
      data[0] = data[i + 1];  // BUG sorted-last: one behind the last, within the capacity
  }
  return data[0];
}

}  // namespace

const Value* find(const Value& value, const std::string& key) {
  for (std::size_t i = 0; i < value.keys.size(); ++i) {
    if (value.keys[i] != key) continue;
    const Value& found = value.items[i];
    if (found.type != Type::kNull) return &found;
  }
  return nullptr;
}

long evaluate(const Value& root, const std::string& query) {
  if (query.empty()) return 0;
  const std::size_t cut = query.find(' ');
  const std::string path = query.substr(1, cut == std::string::npos ? cut : cut - 1);
  const std::string rest = cut == std::string::npos ? "" : query.substr(cut + 1);
  const Value* value = walk(root, parse_path(path));
  switch (query[0]) {
    case 'n':
      return number_of(*value);
    case 's':
      return sum_of(*value);
    case 'w':
      return widest(*value);
    case 'f':
      return first_letter(*value);
    case 'x':
      return extend(*value, std::atol(rest.c_str()));
    case 'c':
      return scaled(*value);
    case 't':
      return tail_matches(*value, rest);
    case 'o':
      return sorted(*value);
    case 'k':
      return long(value->keys.size());
    default:
      return 0;
  }
}

}  // namespace json

// The first line is the query; the rest is the text.
extern "C" int run_input(const std::uint8_t* data, std::size_t size) {
  const std::string whole(reinterpret_cast<const char*>(data), size);
  const std::size_t end = whole.find('\n');
  if (end == std::string::npos) return 0;
  std::string text = whole.substr(end + 1);
  if (text.size() > 1 && text[0] == '*') text = std::string(1 << 17, text[1]);  // deep ones in few bytes
  json::Reader reader(text);
  const json::Value root = reader.read();
  json::sink = json::evaluate(root, whole.substr(0, end));
  return 0;
}
