// A dialogue kept by a machine: states, a stack of menus, timers, a log that can be folded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace machine {

enum State { kIdle, kDialing, kTalking, kClosed };

struct Saved {
  State state;
  bool muted;
  uint8_t level;
};

class Handler {
 public:
  virtual ~Handler() = default;
  virtual State next(State now, uint8_t event) = 0;
};

class Machine {
 public:
  Machine();
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void event(uint8_t event);
  void restore_state(uint8_t raw);
  void restore_mute(uint8_t raw);
  const char* describe() const;
  int volume() const;
  void toggle_mute();
  void enter_menu(uint8_t id);
  void leave_menu();
  void set_level(int level);
  void wait(uint32_t ticks, uint32_t step);
  void fold(const uint8_t* data, size_t size);
  void unfold(const uint8_t* data, size_t size);
  void record(uint32_t lines);
  void preallocate(uint32_t kilobytes);
  void replay(uint8_t kilobytes);
  void forward(uint8_t to, uint8_t hops);
  void hang_up(const std::string& why);
  void dial(const std::string& digits);

 private:
  State state() const { return saved_.state; }
  bool muted() const { return saved_.muted; }

  Saved saved_ = {kIdle, false, 0};
  std::vector<uint8_t> menus_;
  std::vector<Handler*> handlers_;
  std::string log_;
  std::vector<char*> blocks_;
};

}  // namespace machine
