// Byte code: stack operations, arithmetic, locals, calls, and a parser of expressions in text.
#include "vm.h"

#include <climits>
#include <cstdlib>
#include <cstring>
#include <new>

namespace vm {
namespace {

volatile int sink;

// All arithmetic in one place. `a op b` for two, `op a` for one.
int arithmetic(int op, int a, int b) {
  switch (op) {
    case '+':
      return int(unsigned(a) + unsigned(b));
    case '-':
      return int(unsigned(a) - unsigned(b));
    case '*':
      return a * b;  // BUG product-overflow
    case '/':
      if (a == INT_MIN && b == -1) return INT_MAX;
      return a / b;  // BUG quotient-zero
    case '%':
      if (b == -1) return 0;
      return a % b;  // BUG remainder-zero
    case '<':
      return a << b;  // BUG shift-count
    case '~':
      return -a;  // BUG negate-minimum
    case '^':
      return a ^ b;
    default:
      return 0;
  }
}

void binary(Machine& m, int op) {
  const int b = pop(m);
  const int a = pop(m);
  push(m, arithmetic(op, a, b));
}

void load_local(Machine& m) {
  const int index = next(m);
  push(m, local(m, index));  // BUG load-index
}

void store_local(Machine& m) {
  const int index = next(m);
  local(m, index) = pop(m);  // BUG store-index
}

// The one of the three that looks.
void count_local(Machine& m) {
  const int index = next(m);
  if (index < kLocals) local(m, index) ^= 1;
}

void add_to_locals(Machine& m) {
  const int value = pop(m);
  const int first = next(m) % kLocals;
  const int count = next(m);
  for (int i = 0; i < count; ++i) local(m, first + i) ^= value;  // BUG range-count
}

// Calls the code from a place on; returns at 'r' or at the end.
void call(Machine& m) {
  const std::size_t target = std::size_t(next(m));
  const std::size_t back = m.at;
  if (target >= m.size) return;
  m.at = target;
  sink = run(m);  // BUG call-depth: nobody counts
  m.at = back;
}

void set_flags(Machine& m) {
  const auto value = std::uint8_t(next(m));
  std::memcpy(&m.trace, &value, 1);
}

void set_mode(Machine& m) {
  const auto value = std::uint8_t(next(m));
  std::memcpy(&m.mode, &value, 1);
}

int traced(const Machine& m) {
  return m.trace ? 1 : 0;  // BUG trace-flag: the byte of the code was taken as a bool
}

// ---- expressions in text: sum = product {+ product}; product = atom {* atom}; atom = digit | (sum) | -atom
// | [sum]

struct Text {
  const char* at;
  const char* end;
};

unsigned sum(Text& text);

unsigned atom(Text& text) {
  if (text.at == text.end) return 0;
  const char letter = *text.at++;
  if (letter == '-') return 0 - atom(text);  // BUG nest-depth: neither here nor below is depth counted
  if (letter == '(' || letter == '[') {
    const unsigned value = sum(text);
    if (text.at != text.end) ++text.at;
    return value;
  }
  return letter >= '0' && letter <= '9' ? unsigned(letter - '0') : 0;
}

unsigned product(Text& text) {
  unsigned value = atom(text);
  while (text.at != text.end && *text.at == '*') {
    ++text.at;
    value *= atom(text);
  }
  return value;
}

unsigned sum(Text& text) {
  unsigned value = product(text);
  while (text.at != text.end && *text.at == '+') {
    ++text.at;
    value += product(text);
  }
  return value;
}

// Writes `count` times the letter as text of the expression: how a few bytes become a deep one.
unsigned evaluate(Machine& m) {
  const char letter = char(next(m));
  const std::size_t count = std::size_t(next(m)) << 12;
  char* text = static_cast<char*>(std::malloc(count + 1));
  if (text == nullptr) return 0;
  std::memset(text, letter, count);
  text[count] = '1';
  Text reader{text, text + count + 1};
  const unsigned value = sum(reader);
  std::free(text);
  return value;
}

int step(Machine& m, int op) {
  switch (op) {
    case 'i':
      push(m, next(m));
      return 1;
    case 'I':
      push(m, INT_MIN);
      return 1;
    case 'm':
      push(m, INT_MAX);
      return 1;
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '<':
    case '^':
      binary(m, op);
      return 1;
    case '~':
      push(m, arithmetic(op, pop(m), 0));
      return 1;
    case 'l':
      load_local(m);
      return 1;
    case 's':
      store_local(m);
      return 1;
    case 'x':
      count_local(m);
      return 1;
    case 'a':
      add_to_locals(m);
      return 1;
    case 'c':
      call(m);
      return 1;
    case 'p':
      sink = pop(m);
      return 1;
    case 'f':
      set_flags(m);
      return 1;
    case 'F':
      set_mode(m);
      return 1;
    case 't':
      push(m, traced(m));
      return 1;
    case 'e':
      push(m, int(evaluate(m)));
      return 1;
    case 'j':
      m.at += std::size_t(pop(m) & 1);
      return 1;
    default:
      return 0;
  }
}

}  // namespace

int run(Machine& m) {
  int steps = 0;
  while (m.at < m.size && steps < 1000) {
    if (step(m, next(m)) == 0) break;
    ++steps;
  }
  return steps + (m.mode == Mode::kFixed ? 1 : 0);
}

}  // namespace vm

extern "C" int run_input(const std::uint8_t* data, std::size_t size) {
  vm::Machine machine;
  machine.code = data;
  machine.size = size;
  machine.stack = static_cast<int*>(std::calloc(vm::kStack, sizeof(int)));
  machine.locals = new (std::nothrow) int[vm::kLocals]();
  if (machine.stack != nullptr && machine.locals != nullptr) vm::sink = vm::run(machine);
  std::free(machine.stack);
  delete[] machine.locals;
  return 0;
}
