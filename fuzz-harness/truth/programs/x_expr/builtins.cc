#include <functional>
#include <stdexcept>

#include "expr.h"

namespace expr {
namespace {

using Arguments = std::vector<int>;

int argument(const Arguments& values, size_t index) { return values[index]; }

int largest(const Arguments& values) {
  int best = argument(values, 0);  // an empty list is not thought of
  for (size_t i = 1; i < values.size(); ++i) {
    best = values[i] > best ? values[i] : best;
  }
  return best;
}

int clamp(const Arguments& values) {
  if (values.empty()) {
    return 0;
  }
  // One to three arguments may come.
  const int low = argument(values, 1);
  const int high = argument(values, 2);
  const int value = values[0];
  return value < low ? low : value > high ? high : value;
}

struct Builtin {
  const char* name;
  std::function<int(const Arguments&)> body;
};

const std::vector<Builtin>& builtins() {
  static const std::vector<Builtin> all = {
      {"max", largest},
      {"clamp", clamp},
      {"pick",
       [](const Arguments& values) {
         return values.empty() ? 0 : argument(values, static_cast<size_t>(values[0]));
       }},
      {"digit",
       [](const Arguments& values) {
         const std::string text = std::to_string(values.empty() ? 0 : values[0]);
         return text.at(values.size() < 2 ? 0 : static_cast<size_t>(values[1])) - '0';
       }},
  };
  return all;
}

}  // namespace

int call_builtin(const std::string& name, const std::vector<int>& arguments) {
  for (const Builtin& builtin : builtins()) {
    if (name == builtin.name) {
      return builtin.body(arguments);
    }
  }
  return 0;
}

}  // namespace expr
