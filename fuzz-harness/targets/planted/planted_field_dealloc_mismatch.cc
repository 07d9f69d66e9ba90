// Planted bug: field-new-meets-free
// Kind:        alloc-dealloc-mismatch
// Function:    field::destroy
//
// A field is kept inline or on the heap. The heap ones come from new[] and go to free().
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace field {

constexpr std::size_t kInline = 4;

struct Field {
  std::uint8_t small[kInline] = {};
  std::uint8_t* large = nullptr;
};

[[gnu::noinline]] void assign(Field& field, const std::uint8_t* data, std::size_t size) {
  if (size <= kInline) {
    std::memcpy(field.small, data, size);
    return;
  }
  field.large = new std::uint8_t[size];
  std::memcpy(field.large, data, size);
}

[[gnu::noinline]] void destroy(Field& field) {
  std::free(field.large);  // BUG: wants delete[]
  field.large = nullptr;
}

}  // namespace field

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || data[0] != 'F' || data[1] != 'D') return 0;
  field::Field field;
  field::assign(field, data + 2, size - 2);
  field::destroy(field);
  return 0;
}
