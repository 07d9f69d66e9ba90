#include "schema/utf8.h"

namespace fuzzmill::schema {
namespace {

struct Form {
  unsigned char first, last;  // of the first byte
  std::size_t size;           // of the code point
  unsigned char second_first, second_last;
};

// Table 3-7 of the Unicode standard; the bytes behind the second are 80 to BF.
constexpr Form kForms[] = {
    {0x00, 0x7f, 1, 0, 0},       {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

}  // namespace

std::size_t code_point_size(std::string_view text) {
  if (text.empty()) return 0;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (const Form& form : kForms) {
    if (at(0) < form.first || at(0) > form.last) continue;
    if (form.size == 1) return 1;
    if (text.size() < form.size || at(1) < form.second_first || at(1) > form.second_last) return 0;
    for (std::size_t i = 2; i < form.size; ++i) {
      if (at(i) < 0x80 || at(i) > 0xbf) return 0;
    }
    return form.size;
  }
  return 0;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = code_point_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace fuzzmill::schema
