// What is UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF). Pure functions: any
// thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace fuzzmill::schema {

// The size of the code point that `text` begins with; 0 when it begins with none.
std::size_t code_point_size(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace fuzzmill::schema
