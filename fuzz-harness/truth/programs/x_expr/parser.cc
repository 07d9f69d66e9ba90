#include "expr.h"

namespace expr {

void Parser::skip_blanks() {
  while (at_ < text_.size() && text_[at_] == ' ') {
    ++at_;
  }
}

bool Parser::at_end() {
  skip_blanks();
  return at_ >= text_.size();
}

bool Parser::accept(char c) {
  skip_blanks();
  if (at_ < text_.size() && text_[at_] == c) {
    ++at_;
    return true;
  }
  return false;
}

std::string Parser::parse_word() {
  skip_blanks();
  std::string word;
  while (at_ < text_.size() && text_[at_] >= 'a' && text_[at_] <= 'z') {
    word += text_[at_++];
  }
  return word;
}

// The tree leans left and grows with every operator; nothing bounds it.
ExprPtr Parser::parse_sum() {
  ExprPtr left = parse_product();
  for (;;) {
    if (accept('+')) {
      left = std::make_unique<Binary>('+', std::move(left), parse_product());
    } else if (accept('-')) {
      left = std::make_unique<Binary>('-', std::move(left), parse_product());
    } else {
      return left;
    }
  }
}

ExprPtr Parser::parse_product() {
  ExprPtr left = parse_unary();
  for (int factors = 0; factors < 100; ++factors) {
    skip_blanks();
    const char op = at_ < text_.size() ? text_[at_] : '\0';
    if (op != '*' && op != '/' && op != '%' && op != '<' && op != '^') {
      break;
    }
    ++at_;
    left = std::make_unique<Binary>(op, std::move(left), parse_unary());
  }
  return left;
}

// Every nesting passes here; its depth is not counted.
ExprPtr Parser::parse_unary() {
  if (accept('~')) {
    return std::make_unique<Binary>('x', parse_unary(), std::make_unique<Number>(-1));
  }
  return parse_primary();
}

ExprPtr Parser::parse_primary() {
  skip_blanks();
  if (accept('(')) {
    ExprPtr inner = parse_sum();
    if (!accept(')')) {
      throw ParseError{at_, "missing )"};
    }
    return inner;
  }
  if (accept('[')) {
    return std::make_unique<Call>("max", parse_arguments(']'));
  }
  if (std::string word = parse_word(); !word.empty()) {
    if (accept('(')) {
      return std::make_unique<Call>(std::move(word), parse_arguments(')'));
    }
    return std::make_unique<Name>(std::move(word));
  }
  int value = 0;
  const size_t start = at_;
  while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
    value = value * 10 + (text_[at_++] - '0');
  }
  if (at_ == start) {
    throw ParseError{at_, "a number was expected"};
  }
  return std::make_unique<Number>(value);
}

std::vector<ExprPtr> Parser::parse_arguments(char closing) {
  std::vector<ExprPtr> arguments;
  if (accept(closing)) {
    return arguments;
  }
  do {
    arguments.push_back(parse_sum());
  } while (accept(','));
  if (!accept(closing)) {
    throw ParseError{at_, "missing end of arguments"};
  }
  return arguments;
}

}  // namespace expr
