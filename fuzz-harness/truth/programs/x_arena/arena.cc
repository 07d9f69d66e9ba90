#include "arena.h"

#include <cstdlib>
#include <cstring>

#ifdef ARENA_POISONS
extern "C" void __asan_poison_memory_region(void const volatile* at, size_t bytes);
extern "C" void __asan_unpoison_memory_region(void const volatile* at, size_t bytes);
#endif

namespace arena {

void hide(void* at, size_t bytes) {
#ifdef ARENA_POISONS
  __asan_poison_memory_region(at, bytes);
#else
  (void)at;
  (void)bytes;
#endif
}

void show(void* at, size_t bytes) {
#ifdef ARENA_POISONS
  __asan_unpoison_memory_region(at, bytes);
#else
  (void)at;
  (void)bytes;
#endif
}

Arena::Arena() : base_(static_cast<uint8_t*>(std::malloc(kRoom))) { hide(base_, kRoom); }

Arena::~Arena() {
  show(base_, kRoom);
  std::free(base_);
}

// Sixteen bytes between neighbours, always hidden.
void* Arena::take(size_t bytes) {
  const size_t rounded = (bytes + 15) / 16 * 16 + 16;
  if (rounded > kRoom - used_) {
    std::abort();
  }
  void* at = base_ + used_;
  used_ += rounded;
  show(at, bytes);
  return at;
}

void Arena::rewind(size_t mark) {
  if (mark > used_) {
    return;
  }
  hide(base_ + mark, kRoom - mark);
  used_ = mark;
}

}  // namespace arena
