#pragma once
#include <cstddef>
#include <cstdint>

namespace vm {

enum class Mode : std::uint8_t { kInteger = 0, kFixed = 1 };

// A machine over a stack of 32-bit numbers, eight locals, and code that may call itself.
struct Machine {
  const std::uint8_t* code = nullptr;
  std::size_t size = 0;
  std::size_t at = 0;
  int* stack = nullptr;
  int depth = 0;
  int* locals = nullptr;
  bool trace = false;
  Mode mode = Mode::kInteger;
};

constexpr int kStack = 16;
constexpr int kLocals = 8;

// Next byte of the code; zero behind its end.
inline int next(Machine& m) { return m.at < m.size ? m.code[m.at++] : 0; }

inline void push(Machine& m, int value) {
  if (m.depth < kStack) m.stack[m.depth++] = value;
}

// Whoever asks must have something there.
inline int pop(Machine& m) {
  return m.stack[--m.depth];  // BUG pop-empty: promises "zero when empty" in the manual, and does not look
}

// A local; callers have checked the index.
inline int& local(Machine& m, int index) { return m.locals[index]; }

int run(Machine& m);

}  // namespace vm
