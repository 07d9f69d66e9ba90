// What stands around every truth program: main() over one file, or libFuzzer's entry. The input lies in a
// heap block of exactly its size, as libFuzzer hands it over, so that a read past its end is seen in every
// build.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int run_input(const std::uint8_t* data, std::size_t size);

#ifdef FUZZMILL_LIBFUZZER

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  run_input(data, size);
  return 0;
}

#else

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FILE\n", argv[0]);
    return 64;
  }
  std::FILE* file = std::fopen(argv[1], "rb");
  if (file == nullptr) {
    std::perror(argv[1]);
    return 66;
  }
  std::fseek(file, 0, SEEK_END);
  const std::size_t size = static_cast<std::size_t>(std::ftell(file));
  std::rewind(file);
  auto* data = static_cast<std::uint8_t*>(std::malloc(size));
  const bool whole = std::fread(data, 1, size, file) == size;
  std::fclose(file);
  if (whole) run_input(data, size);
  std::free(data);
  return whole ? 0 : 66;
}

#endif
