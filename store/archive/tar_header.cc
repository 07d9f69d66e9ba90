#include "store/archive/tar_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <optional>

#include "schema/utf8.h"

namespace fuzzmill::store {
namespace {

struct Field {
  std::size_t at, size;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUser{108, 8}, kGroup{116, 8}, kSize{124, 12}, kTime{136, 12};
constexpr Field kChecksum{148, 8}, kType{156, 1}, kMagic{257, 8}, kMajor{329, 8}, kMinor{337, 8},
    kPrefix{345, 155};

struct TypeWord {
  char type;
  std::string_view word;
};
constexpr TypeWord kTypes[] = {
    {'1', "a hard link"},
    {'2', "a symbolic link"},
    {'3', "a character device"},
    {'4', "a block device"},
    {'5', "a folder"},
    {'6', "a fifo"},
    {'7', "a contiguous file"},
    {'x', "a pax header"},
    {'g', "a pax header"},
    {'L', "a long name of GNU tar"},
    {'K', "a long link of GNU tar"},
    {'S', "a sparse file"},
};

void put(TarHeader& block, Field field, std::string_view text) {
  assert(text.size() <= field.size);
  std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(field.at));
}

std::string_view get(std::string_view block, Field field) { return block.substr(field.at, field.size); }

std::string_view text_of(std::string_view block, Field field) {
  const std::string_view bytes = get(block, field);
  return bytes.substr(0, bytes.find('\0'));
}

std::optional<std::uint64_t> number_of(std::string_view block, Field field) {
  std::uint64_t value = 0;
  const std::string_view digits = get(block, field).substr(0, 11);
  for (const char digit : digits) {
    if (digit < '0' || digit > '7') return std::nullopt;
    value = value * 8 + static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

// For an error message: what a name may hold is anything.
std::string printable(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 100)) {
    const bool plain = c >= 0x20 && c < 0x7f;
    out += plain ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

schema::Error wrong(std::string_view name, std::string_view what) {
  return schema::invalid(fmt::format("archive: entry {} {}", printable(name), what));
}

bool climbs(std::string_view name) {
  return name == ".." || name.substr(0, 3) == "../" || name.find("/../") != std::string_view::npos ||
         (name.size() >= 3 && name.substr(name.size() - 3) == "/..");
}

// Says why, as far as it can be told.
schema::Error diagnose(std::string_view block, std::string_view name) {
  if (get(block, kMagic).substr(0, 5) != "ustar")
    return schema::invalid("archive: what follows is no tar header");
  const char type = block[kType.at];
  for (const TypeWord& known : kTypes) {
    if (known.type == type)
      return wrong(name, fmt::format("is {}: only files may be in an archive", known.word));
  }
  if (type != '0') return wrong(name, "is of a type that no archive has");
  if (block[kPrefix.at] != '\0' || text_of(block, kName).size() == kName.size)
    return wrong(name, "has an over-long name");
  if (!name.empty() && name.front() == '/') return wrong(name, "has an absolute path");
  if (climbs(name)) return wrong(name, "has a path with ..");
  if (!schema::is_utf8(name)) return wrong(name, "has a name that is no UTF-8");
  return wrong(name, "has a damaged header, or one that fuzzmill did not write");
}

}  // namespace

TarHeader tar_header(const TarEntry& entry) {
  assert(entry.name.size() < kName.size);
  TarHeader block{};
  put(block, kName, entry.name);
  put(block, kMode, "000644 ");
  put(block, kUser, "000000 ");
  put(block, kGroup, "000000 ");
  put(block, kSize, fmt::format("{:011o} ", entry.size));
  put(block, kTime, fmt::format("{:011o} ", entry.second));
  put(block, kChecksum, "        ");
  put(block, kType, "0");
  put(block, kMagic, std::string_view("ustar\00000", 8));
  put(block, kMajor, "000000 ");
  put(block, kMinor, "000000 ");
  unsigned sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  put(block, kChecksum, fmt::format("{:06o}", sum));
  block[kChecksum.at + 6] = '\0';
  return block;
}

schema::Result<TarEntry> read_tar_header(std::string_view block) {
  assert(block.size() == kTarBlock);
  const std::string_view name = text_of(block, kName);
  const auto size = number_of(block, kSize);
  const auto second = number_of(block, kTime);
  if (!size || !second || name.empty() || name.size() == kName.size) return diagnose(block, name);
  TarEntry entry{std::string(name), *size, *second};
  const TarHeader expected = tar_header(entry);
  if (block != std::string_view(expected.data(), expected.size())) return diagnose(block, name);
  if (name.front() == '/' || climbs(name) || !schema::is_utf8(name)) return diagnose(block, name);
  return entry;
}

}  // namespace fuzzmill::store
