#include "schema/event.h"

#include <algorithm>

#include "schema/limits.h"

namespace fuzzmill::schema {
namespace {

void put_big_endian(std::uint8_t* out, std::uint64_t value) {
  for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<std::uint8_t>(value);
}

std::uint64_t get_big_endian(const std::uint8_t* in) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | in[i];
  return value;
}

bool name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

}  // namespace

EventId EventId::of(std::uint64_t source, std::uint64_t sequence) {
  EventId id;
  put_big_endian(id.bytes.data(), source);
  put_big_endian(id.bytes.data() + 8, sequence);
  return id;
}

EventId EventId::derived(const EventId& from, Stage stage, std::uint64_t index) {
  const Sha256 digest = sha256(from.hex() + "/" + std::string(name(stage)) + "/" + std::to_string(index));
  EventId id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

std::optional<EventId> EventId::parse(std::string_view hex32) {
  const auto bytes = unhex(hex32);
  EventId id;
  if (!bytes || bytes->size() != id.bytes.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), id.bytes.begin());
  return id;
}

std::uint64_t EventId::source() const { return get_big_endian(bytes.data()); }
std::uint64_t EventId::sequence() const { return get_big_endian(bytes.data() + 8); }
std::string EventId::hex() const { return schema::hex(bytes); }

const AttachmentRef* Event::attachment(std::string_view name) const {
  const auto found = std::find_if(attachments.begin(), attachments.end(),
                                  [&](const AttachmentRef& ref) { return ref.name == name; });
  return found == attachments.end() ? nullptr : &*found;
}

bool valid_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameSize && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), name_char);
}

}  // namespace fuzzmill::schema
