// Planted bug: palette-freed-by-both
// Kind:        double-free
// Function:    palette::release
//
// An image header with an optional palette. The error path frees the palette, and so does the clean-up.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace palette {

struct Image {
  std::uint8_t* colours = nullptr;
  std::size_t count = 0;
};

[[gnu::noinline]] bool load(Image& image, const std::uint8_t* data, std::size_t size) {
  image.count = data[0];
  image.colours = static_cast<std::uint8_t*>(std::malloc(image.count + 1));
  if (image.count > size - 1) {
    std::free(image.colours);  // BUG: the caller releases the image too
    return false;
  }
  std::memcpy(image.colours, data + 1, image.count);
  return true;
}

[[gnu::noinline]] void release(Image& image) {
  std::free(image.colours);
  image.colours = nullptr;
}

[[gnu::noinline]] void decode(const std::uint8_t* data, std::size_t size) {
  Image image;
  load(image, data, size);
  release(image);
}

}  // namespace palette

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || data[0] != 'B' || data[1] != 'M' || data[2] != '8') return 0;
  palette::decode(data + 3, size - 3);
  return 0;
}
