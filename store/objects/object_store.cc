#include "store/objects/object_store.h"

#include <fmt/format.h>

#include <algorithm>

namespace fuzzmill::store {

schema::Result<std::string> read_object(ObjectStore& store, const std::string& name, std::size_t limit) {
  auto source = store.open(name);
  if (!source) return std::move(source).error();
  std::string bytes;
  char part[64 * 1024];
  while (true) {
    const auto got = (*source)->read(part, sizeof part);
    if (!got) return got.error();
    if (*got == 0) return bytes;
    if (bytes.size() + *got > limit) {
      return schema::too_large(fmt::format("{}/{}: over {} bytes", store.where(), name, limit));
    }
    bytes.append(part, *got);
  }
}

bool valid_object_name(std::string_view name) {
  constexpr std::size_t kMaxName = 512;
  if (name.empty() || name.size() > kMaxName || name.front() == '/' || name.back() == '/') return false;
  char before = '/';
  for (const char c : name) {
    const bool word = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '=' || c == '-' || c == '.';
    if (!word && c != '/') return false;
    if (before == '/' && (c == '.' || c == '/')) return false;
    before = c;
  }
  return true;
}

}  // namespace fuzzmill::store
