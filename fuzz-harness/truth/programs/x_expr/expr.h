// A calculator: text to tree (recursive descent), tree to number.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace expr {

struct ParseError {
  size_t at;
  const char* what;
};

using Variables = std::map<std::string, int>;

class Expr {
 public:
  virtual ~Expr() = default;
  virtual int eval(const Variables& variables) const = 0;
  virtual size_t depth() const { return 1; }
};

using ExprPtr = std::unique_ptr<Expr>;

class Number final : public Expr {
 public:
  explicit Number(int value) : value_(value) {}
  int eval(const Variables&) const override { return value_; }

 private:
  int value_;
};

class Name final : public Expr {
 public:
  explicit Name(std::string name) : name_(std::move(name)) {}
  int eval(const Variables& variables) const override;

 private:
  std::string name_;
};

class Binary final : public Expr {
 public:
  Binary(char op, ExprPtr left, ExprPtr right) : op_(op), left_(std::move(left)), right_(std::move(right)) {}
  int eval(const Variables& variables) const override;
  size_t depth() const override { return 1 + left_->depth(); }

 private:
  char op_;
  ExprPtr left_;
  ExprPtr right_;
};

class Call final : public Expr {
 public:
  Call(std::string name, std::vector<ExprPtr> arguments)
      : name_(std::move(name)), arguments_(std::move(arguments)) {}
  int eval(const Variables& variables) const override;

 private:
  std::string name_;
  std::vector<ExprPtr> arguments_;
};

class Parser {
 public:
  explicit Parser(std::string text) : text_(std::move(text)) {}
  ExprPtr parse_sum();
  bool at_end();
  std::string parse_word();
  bool accept(char c);

 private:
  ExprPtr parse_product();
  ExprPtr parse_unary();
  ExprPtr parse_primary();
  std::vector<ExprPtr> parse_arguments(char closing);
  void skip_blanks();

  std::string text_;
  size_t at_ = 0;
};

int apply(char op, int left, int right);
int call_builtin(const std::string& name, const std::vector<int>& arguments);
std::string repeated(const std::string& line);
std::string expanded(const std::string& line, const std::string& macro);
int run_statement(const std::string& line, Variables& variables);

}  // namespace expr
