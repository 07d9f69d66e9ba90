// A tape of commands: a letter, two operand bytes; 'F', 'U', 'H' and 'N' take the rest of the tape.
#include "machine.h"

namespace {

volatile int g_sink;

std::string rest(const uint8_t* data, size_t size) {
  return std::string(reinterpret_cast<const char*>(data), size);
}

void status(const machine::Machine& phone) { g_sink = phone.describe()[0]; }

void status_long(machine::Machine& phone) {
  g_sink = phone.volume();
  status(phone);
}

void step(machine::Machine& phone, char command, uint8_t first, uint8_t second) {
  switch (command) {
    case 'e':
      phone.event(first);
      break;
    case 's':
      phone.restore_state(first);
      break;
    case 'm':
      phone.restore_mute(first);
      break;
    case 'd':
      status(phone);
      break;
    case 'D':
      status_long(phone);
      break;
    case 'v':
      g_sink = phone.volume();
      break;
    case 't':
      phone.toggle_mute();
      break;
    case '>':
      phone.enter_menu(first);
      break;
    case '<':
      phone.leave_menu();
      break;
    case 'l':
      phone.set_level(static_cast<int8_t>(first));
      break;
    case 'w':
      phone.wait(first * 16U, second);
      break;
    case 'r':
      phone.record(first * 64U);
      break;
    case 'p':
      phone.preallocate(first * 4096U);
      break;
    case 'P':
      phone.replay(first);
      break;
    case 'f':
      phone.forward(first, second);
      break;
    default:
      break;
  }
}

}  // namespace

extern "C" int run_input(const uint8_t* data, size_t size) {
  machine::Machine phone;
  for (size_t at = 0; at + 2 < size; at += 3) {
    const uint8_t* more = data + at + 1;
    const size_t left = size - at - 1;
    switch (data[at]) {
      case 'F':
        phone.fold(more, left);
        return 0;
      case 'U':
        phone.unfold(more, left);
        return 0;
      case 'H':
        phone.hang_up(rest(more, left));
        return 0;
      case 'N':
        phone.dial(rest(more, left));
        return 0;
      default:
        step(phone, static_cast<char>(data[at]), data[at + 1], data[at + 2]);
        break;
    }
  }
  return 0;
}
