// One datagram in: an operation byte, then what it is about. Retransmission keeps a window of what was sent.
#include "wire.h"

namespace {

using packet::Buffer;
using packet::Message;

class Window {
 public:
  static constexpr size_t kSlots = 8;

  void store(size_t sequence, uint8_t value) { slots_[sequence] = value; }
  uint8_t load(size_t sequence) const { return slots_[sequence]; }

 private:
  std::unique_ptr<uint8_t[]> slots_{new uint8_t[kSlots]()};
};

volatile int g_sink;

// Takes the acknowledged number as it comes.
void acknowledge(Window& window, const uint8_t* data, size_t size) {
  if (size < 3) {
    return;
  }
  const size_t sequence = packet::read_le<uint16_t>(data) * size_t{data[2]};
  g_sink += window.load(sequence);
  window.store(sequence, 0);
}

// Wraps the number at 9 instead of 8.
void transmit(Window& window, const uint8_t* data, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    const size_t sequence = data[i] % (Window::kSlots + 1);
    window.store(sequence, data[i]);
    g_sink += window.load(sequence);
  }
}

void send(const uint8_t* data, size_t size, Buffer (*encode)(const Message&)) {
  if (size < 2) {
    return;
  }
  Message message;
  message.flags = data[0];
  message.padding = data[1];
  message.body = data + 2;
  message.body_size = size - 2;
  const Buffer wire = encode(message);
  g_sink += static_cast<int>(wire.used);
}

}  // namespace

extern "C" int run_input(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  Window window;
  const uint8_t operation = data[0];
  ++data;
  --size;
  switch (operation) {
    case '1':
      send(data, size, packet::encode_v1);
      break;
    case '2':
      send(data, size, packet::encode_v2);
      break;
    case 'a':
      g_sink += packet::decode_v1(data, size);
      break;
    case 'b':
      g_sink += packet::decode_v2(data, size);
      break;
    case 'o':
      g_sink += packet::decode_options(data, size);
      break;
    case 'k':
      acknowledge(window, data, size);
      break;
    case 't':
      transmit(window, data, size);
      break;
    default:
      break;
  }
  return 0;
}
