// Bugs for a real sanitizer: the first byte of the input file says which.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

[[gnu::noinline]] int overflow(const char* bytes, std::size_t size) { return bytes[size]; }

// Deep enough that no register or stack slot still points to what is lost.
[[gnu::noinline]] void leak(int depth) {
  static void* volatile lost;
  if (depth > 0) {
    leak(depth - 1);
    return;
  }
  for (int i = 0; i < 10; ++i) lost = std::malloc(77);
  lost = nullptr;
}

int main(int argc, char** argv) {
  std::ifstream in(argv[argc - 1], std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const char deed = text.empty() ? ' ' : text[0];
  if (deed == 'o') {
    char* copy = static_cast<char*>(std::malloc(8));
    static volatile int seen;
    seen = overflow(copy, 8);
    std::free(copy);
  }
  if (deed == 'l') leak(100);
  if (deed == 's') *static_cast<volatile int*>(nullptr) = 1;
  return 0;
}
