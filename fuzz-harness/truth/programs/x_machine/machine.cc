#undef NDEBUG
#include "machine.h"

#include <cassert>
#include <cstring>
#include <stdexcept>

#include "check.h"

namespace machine {
namespace {

class Idle final : public Handler {
 public:
  State next(State, uint8_t event) override { return event == 1 ? kDialing : kIdle; }
};

class Dialing final : public Handler {
 public:
  State next(State now, uint8_t event) override { return event == 2 ? kTalking : now; }
};

class Talking final : public Handler {
 public:
  State next(State now, uint8_t event) override { return event == 3 ? kClosed : now; }
};

constexpr int kMenus = 8;
constexpr int kLevels = 10;

}  // namespace

// closed has no handler of its own.
Machine::Machine() : handlers_{new Idle, new Dialing, new Talking, nullptr} {}

Machine::~Machine() {
  for (Handler* handler : handlers_) {
    delete handler;
  }
  for (char* block : blocks_) {
    delete[] block;
  }
}

void Machine::event(uint8_t event) {
  Handler* handler = handlers_[static_cast<size_t>(state()) & 3];
  saved_.state = handler->next(saved_.state, event);
}

// The byte is not looked at.
void Machine::restore_state(uint8_t raw) { memcpy(&saved_.state, &raw, 1); }

// Neither is this one.
void Machine::restore_mute(uint8_t raw) { memcpy(&saved_.muted, &raw, 1); }

const char* Machine::describe() const {
  switch (state()) {
    case kIdle:
      return "idle";
    case kDialing:
      return "dialing";
    case kTalking:
      return "talking";
    case kClosed:
      return "closed";
  }
  return "?";
}

int Machine::volume() const { return muted() ? 0 : saved_.level; }

void Machine::toggle_mute() { saved_.muted = !muted(); }

void Machine::enter_menu(uint8_t id) {
  menus_.push_back(id);
  MACHINE_CHECK_LE(menus_.size(), static_cast<size_t>(kMenus));
  MACHINE_CHECK_LE(menus_.back(), 99);
}

void Machine::leave_menu() {
  assert(!menus_.empty() && "no menu to leave");
  menus_.pop_back();
}

void Machine::set_level(int level) {
  assert(level >= 0);
  MACHINE_CHECK_LE(level, kLevels);
  saved_.level = static_cast<uint8_t>(level);
}

// A step of nothing never gets there.
void Machine::wait(uint32_t ticks, uint32_t step) {
  volatile uint32_t at = 0;
  while (at < ticks) {
    at = at + step;
  }
}

namespace {

// Where the piece after this one starts; `size` is where everything ends.
size_t next_piece(const uint8_t* data, size_t at, size_t size) {
  const size_t length = data[at];
  return at + length < size ? at + length : size;
}

}  // namespace

// Pieces tell their own length, the byte itself counted: 0 stays where it is.
void Machine::fold(const uint8_t* data, size_t size) {
  volatile size_t pieces = 0;
  for (size_t at = 0; at < size; at = next_piece(data, at, size)) {
    pieces = pieces + 1;
  }
}

// Goes back by what it went forward.
void Machine::unfold(const uint8_t* data, size_t size) {
  volatile size_t pieces = 0;
  size_t at = 0;
  while (at < size) {
    if (data[at] == 0) {
      return;
    }
    at = next_piece(data, at, size);
    pieces = pieces + 1;
    if (at < size && data[at] == 0xff) {
      at = 0;
    }
  }
}

// Nothing bounds the log.
void Machine::record(uint32_t lines) {
  for (uint32_t i = 0; i < lines; ++i) {
    char* block = new char[65536];
    memset(block, static_cast<int>(i), 65536);
    blocks_.push_back(block);
  }
}

// Neither the room for it.
void Machine::preallocate(uint32_t kilobytes) {
  char* block = new char[size_t{kilobytes} * 1024];
  block[0] = 1;
  blocks_.push_back(block);
}

void Machine::replay(uint8_t kilobytes) { preallocate(kilobytes * 4096U); }

// A caller that forwards to itself is forwarded for ever; hops are counted down past zero.
void Machine::forward(uint8_t to, uint8_t hops) {
  volatile char trace[256];
  trace[0] = static_cast<char>(to);
  if (hops == 1) {
    return;
  }
  forward(static_cast<uint8_t>(trace[0]), to == 0 ? hops : static_cast<uint8_t>(hops - 1));
  trace[1] = trace[0];
}

// Nobody catches what the two of them throw.
void Machine::hang_up(const std::string& why) {
  if (state() != kTalking) {
    throw std::logic_error("cannot hang up: " + why);
  }
  saved_.state = kIdle;
}

void Machine::dial(const std::string& digits) {
  const long number = std::stol(digits);
  saved_.state = number > 0 ? kDialing : kIdle;
}

}  // namespace machine
