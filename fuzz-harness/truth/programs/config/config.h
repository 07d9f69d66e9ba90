#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace config {

constexpr int kMaxKeys = 16;

// A key and its value, as they lie in the text; neither ends in a zero.
struct Pair {
  const char* key;
  std::size_t key_length;
  const char* value;
  std::size_t value_length;
};

// Last words, for what must not go on.
[[noreturn]] inline void die(const char* what, long value) {
  std::fprintf(stderr, "config: %s: %ld\n", what, value);
  std::abort();
}

// For commands that answer and end.
[[noreturn]] inline void quit(int code) { std::exit(code); }

// One object of the heap goes away.
template <class T>
inline void discard(T* object) {
  delete object;
}

struct Range {
  int low;
  int high;
};

inline long to_number(const Pair& pair) {
  long number = 0;
  for (std::size_t i = 0; i < pair.value_length && i < 9; ++i) {
    if (pair.value[i] < '0' || pair.value[i] > '9') break;
    number = number * 10 + (pair.value[i] - '0');
  }
  return number;
}

}  // namespace config
