#include "workers/fingerprint/read/place.h"

#include <algorithm>
#include <iterator>

#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::string_view kNoPlace[] = {"??:?", "??:0", "??:0:0", "??", "<null>", "_asan_rtl_", "<unknown>"};

// Takes ":123" off the end.
bool take_colon_number(std::string_view& text, std::uint32_t& number) {
  std::size_t at = text.size();
  while (at > 0 && is_digit(text[at - 1])) --at;
  if (at == text.size() || at == 0 || text[at - 1] != ':') return false;
  std::string_view digits = text.substr(at);
  auto value = take_number(digits);
  number = value && *value <= UINT32_MAX ? static_cast<std::uint32_t>(*value) : 0;
  text = text.substr(0, at - 1);
  return true;
}

}  // namespace

bool has_line_number(std::string_view place) {
  std::uint32_t ignored = 0;
  return take_colon_number(place, ignored);
}

void set_place(std::string_view place, Frame& frame) {
  if (std::find(std::begin(kNoPlace), std::end(kNoPlace), place) != std::end(kNoPlace)) return;
  std::uint32_t last = 0;
  if (take_colon_number(place, last)) {
    frame.line = last;
    std::uint32_t first = 0;
    if (take_colon_number(place, first)) {
      frame.line = first;
      frame.column = last;
    }
  }
  frame.file = place;
}

}  // namespace fuzzmill::workers
