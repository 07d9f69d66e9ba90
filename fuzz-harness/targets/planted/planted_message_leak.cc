// Planted bug: message-early-return
// Kind:        memory-leak
// Function:    message::parse
//
// A message with a checksum. When the checksum is wrong, parse() returns early and forgets what it made.
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace message {

struct Message {
  std::uint8_t kind;
  std::uint8_t body[63];
};

[[gnu::noinline]] std::uint8_t checksum(const Message& message, std::size_t length) {
  std::uint8_t sum = 0x5A;
  for (std::size_t i = 0; i < length; ++i) sum = static_cast<std::uint8_t>(sum ^ message.body[i]);
  return sum;
}

// The message, to be deleted by the caller; nullptr when it is not one.
[[gnu::noinline]] Message* parse(const std::uint8_t* data, std::size_t size) {
  auto* message = new Message{};
  const std::size_t length = size - 2 < sizeof message->body ? size - 2 : sizeof message->body;
  message->kind = data[0];
  std::memcpy(message->body, data + 2, length);
  if (checksum(*message, length) != data[1]) return nullptr;  // BUG: message is lost
  return message;
}

}  // namespace message

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 5 || data[0] != 'M' || data[1] != 'G') return 0;
  delete message::parse(data + 2, size - 2);
  return 0;
}
