#include <stdexcept>

#include "expr.h"

namespace expr {
namespace {

struct MathError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Raises for a negative exponent, in a function that promised not to.
int power(int base, int exponent) noexcept {
  if (exponent < 0) {
    throw MathError("negative exponent " + std::to_string(exponent));
  }
  unsigned result = 1;
  for (int i = 0; i < exponent && i < 64; ++i) {
    result *= static_cast<unsigned>(base);
  }
  return static_cast<int>(result);
}

}  // namespace

int apply(char op, int left, int right) {
  switch (op) {
    case '+':
      return static_cast<int>(static_cast<unsigned>(left) + static_cast<unsigned>(right));
    case '-':
      return static_cast<int>(static_cast<unsigned>(left) - static_cast<unsigned>(right));
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      if (right == 0) {
        return 0;
      }
      return left % right;
    case '<':
      return left << right;
    case 'x':
      return left ^ right;
    case '^':
      return power(left, right);
    default:
      return 0;
  }
}

int Name::eval(const Variables& variables) const { return variables.at(name_); }

int Binary::eval(const Variables& variables) const {
  const int left = left_->eval(variables);
  return apply(op_, left, right_->eval(variables));
}

int Call::eval(const Variables& variables) const {
  std::vector<int> values;
  for (const ExprPtr& argument : arguments_) {
    values.push_back(argument->eval(variables));
  }
  return call_builtin(name_, values);
}

}  // namespace expr
