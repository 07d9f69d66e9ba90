// An AFL++ target of the soak: reads a file, and many different inputs reach one of its two bugs. It runs
// many inputs in one process, for with a fork each AFL++ makes some dozens of executions a second beside the
// others.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

[[gnu::noinline]] int read_past_end(const char* data, std::size_t size) {
  return data[size];  // the first bug
}
[[gnu::noinline]] void give_up() { std::abort(); }  // the second

void run(const char* file) {
  constexpr std::size_t kSize = 16;
  std::FILE* in = std::fopen(file, "rb");
  if (in == nullptr) return;
  char* data = static_cast<char*>(std::calloc(1, kSize));
  const std::size_t size = std::fread(data, 1, kSize, in);
  std::fclose(in);
  static volatile int sink;
  if (size > 2 && data[0] == 'B' && data[1] == 'U') {
    if (data[2] == 'G') sink = read_past_end(data, kSize);
    if (data[2] == 'H') give_up();
  }
  std::free(data);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 1;
  while (__AFL_LOOP(1000)) run(argv[1]);
  return 0;
}
