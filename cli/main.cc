#include <malloc.h>

#include "cli/program.h"

int main(int argc, char** argv) {
  // glibc maps any buffer of 128 KB or more anew, page by page: with batches of that size the kernel would do
  // most of the work. What is kept instead is bounded by the second number.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  return static_cast<int>(fuzzmill::cli::run_program({argv + (argc > 0 ? 1 : 0), argv + argc}));
}
