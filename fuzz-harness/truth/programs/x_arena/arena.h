// A bump arena with marks and a pool of fixed slots in it. Under ASan what is not handed out is poisoned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif

namespace arena {

class Arena {
 public:
  static constexpr size_t kRoom = 4096;

  Arena();
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* take(size_t bytes);
  size_t mark() const { return used_; }
  void rewind(size_t mark);

  template <typename T, typename... Args>
  T* make(Args&&... args) {
    return new (take(sizeof(T))) T(std::forward<Args>(args)...);
  }

 private:
  uint8_t* base_;
  size_t used_ = 0;
};

// Slots of one size, handed out again last in, first out.
template <typename T, size_t kCount>
class Pool {
 public:
  explicit Pool(Arena& arena) : slots_(static_cast<Slot*>(arena.take(sizeof(Slot) * kCount))) {
    for (size_t i = kCount; i > 0; --i) {
      put_back(&slots_[i - 1]);
    }
  }

  T* acquire();
  void release(T* item);
  size_t free_count() const { return free_count_; }

 private:
  union Slot {
    Slot* next;
    alignas(T) unsigned char bytes[sizeof(T)];
  };

  void put_back(Slot* slot);

  Slot* slots_;
  Slot* free_ = nullptr;
  size_t free_count_ = 0;
};

void hide(void* at, size_t bytes);
void show(void* at, size_t bytes);

template <typename T, size_t kCount>
T* Pool<T, kCount>::acquire() {
  if (free_ == nullptr) {
    return nullptr;
  }
  Slot* slot = free_;
  show(slot, sizeof(Slot));
  free_ = slot->next;
  --free_count_;
  return new (slot->bytes) T();
}

template <typename T, size_t kCount>
void Pool<T, kCount>::release(T* item) {
  item->~T();
  put_back(reinterpret_cast<Slot*>(item));
}

template <typename T, size_t kCount>
void Pool<T, kCount>::put_back(Slot* slot) {
  slot->next = free_;
  free_ = slot;
  ++free_count_;
  hide(slot, sizeof(Slot));
}

}  // namespace arena
