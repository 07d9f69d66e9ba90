// A journal of entries kept in an arena: text lies in the arena, entries and tags in pools.
#pragma once

#include <cstring>
#include <vector>

#include "arena.h"

namespace journal {

struct Text {
  char* bytes = nullptr;
  size_t size = 0;
};

struct Tag {
  int key = 0;
  int uses = 0;
};

struct Entry {
  virtual ~Entry() = default;
  virtual int cost() const { return static_cast<int>(text.size); }
  Text text;
  Tag* tag = nullptr;
  int hits = 0;
};

class Journal {
 public:
  explicit Journal(arena::Arena& arena) : arena_(arena), entries_(arena), tags_(arena), base_(arena.mark()) {}

  void add(const uint8_t* bytes, size_t size);
  void drop_last();
  void label(int key);
  void unlabel(int key);
  void begin();
  void rollback();
  void append(uint8_t byte, size_t count);
  void upper_case();
  void reset();

  Entry* last() { return live_.empty() ? nullptr : live_.back(); }
  Entry* pinned() { return pinned_; }
  void pin() { pinned_ = last(); }
  Text& header() { return header_; }
  void set_header(const uint8_t* bytes, size_t size) { header_ = copy(bytes, size); }
  Tag* find(int key);

 private:
  Text copy(const uint8_t* bytes, size_t size);

  arena::Arena& arena_;
  arena::Pool<Entry, 6> entries_;
  arena::Pool<Tag, 6> tags_;
  size_t base_;
  size_t mark_ = 0;
  size_t depth_at_mark_ = 0;
  std::vector<Entry*> live_;
  std::vector<Tag*> known_;
  Entry* pinned_ = nullptr;
  Text header_;
};

int sum_text(const Text& text);
void fill_text(Text& text, uint8_t value);

}  // namespace journal
