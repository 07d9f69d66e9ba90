// SHA-256 (FIPS 180-4), which names inputs, attachments, signatures and archives.
// Pure functions; each thread keeps its own OpenSSL context, so any thread may call.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fuzzmill::schema {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);  // 64 lower-case hex digits

std::string hex(std::string_view bytes);
template <std::size_t N>
std::string hex(const std::array<std::uint8_t, N>& bytes) {
  return hex(std::string_view(reinterpret_cast<const char*>(bytes.data()), N));
}

// The bytes of lower- or upper-case hex; nothing when a digit is wrong or the length is odd.
std::optional<std::string> unhex(std::string_view digits);

}  // namespace fuzzmill::schema
