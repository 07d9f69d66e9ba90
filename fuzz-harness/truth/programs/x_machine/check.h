// CHECK that says what it saw, and an assert of the house.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace machine {

[[noreturn]] inline void check_failed(const char* file, int line, const char* condition, long seen,
                                      long bound) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s (%ld vs. %ld)\n", file, line, condition, seen, bound);
  std::abort();
}

}  // namespace machine

#define MACHINE_CHECK_LE(a, b)                                                                               \
  do {                                                                                                       \
    if (!((a) <= (b))) {                                                                                     \
      ::machine::check_failed(__FILE__, __LINE__, #a " <= " #b, static_cast<long>(a), static_cast<long>(b)); \
    }                                                                                                        \
  } while (false)
