#include "expr.h"

namespace expr {
namespace {

volatile int g_sink;

int evaluate(const std::string& text, const Variables& variables) {
  const ExprPtr tree = Parser(text).parse_sum();
  return tree->eval(variables);
}

size_t measure(const std::string& text) {
  const ExprPtr tree = Parser(text).parse_sum();
  return tree->depth();
}

void assign(Parser& parser, const std::string& name, const std::string& value, Variables& variables) {
  if (name.empty() || !parser.at_end()) {
    throw ParseError{0, "not an assignment"};
  }
  variables[name] = evaluate(value, variables);
}

}  // namespace

// "&COUNT PIECE" gives PIECE repeated: what '$' stands for in the statements after it.
std::string repeated(const std::string& line) {
  size_t at = 1;
  size_t count = 0;
  while (at < line.size() && line[at] >= '0' && line[at] <= '9' && count < 100000) {
    count = count * 10 + static_cast<size_t>(line[at++] - '0');
  }
  const std::string piece = at < line.size() ? line.substr(at + 1, 8) : std::string();
  std::string all;
  for (size_t i = 0; i < count; ++i) {
    all += piece;
  }
  return all;
}

std::string expanded(const std::string& line, const std::string& macro) {
  const size_t at = line.find('$');
  return at == std::string::npos ? line : line.substr(0, at) + macro + line.substr(at + 1);
}

int run_statement(const std::string& line, Variables& variables) {
  try {
    if (line.rfind("? ", 0) == 0) {
      return static_cast<int>(measure(line.substr(2)));
    }
    if (line.rfind("! ", 0) == 0) {
      (void)Parser(line.substr(2)).parse_sum();
      return 0;
    }
    const size_t equals = line.find('=');
    if (equals != std::string::npos) {
      Parser left(line.substr(0, equals));
      const std::string name = left.parse_word();
      assign(left, name, line.substr(equals + 1), variables);
      return 0;
    }
    return evaluate(line, variables);
  } catch (const ParseError& error) {
    return -static_cast<int>(error.at);
  }
}

}  // namespace expr

extern "C" int run_input(const uint8_t* data, size_t size) {
  expr::Variables variables;
  std::string line;
  std::string macro;
  for (size_t i = 0; i <= size; ++i) {
    if (i < size && data[i] != '\n') {
      line += static_cast<char>(data[i]);
      continue;
    }
    if (!line.empty() && line[0] == '&') {
      macro = expr::repeated(line);
    } else if (!line.empty()) {
      expr::g_sink = expr::run_statement(expr::expanded(line, macro), variables);
    }
    line.clear();
  }
  return 0;
}
