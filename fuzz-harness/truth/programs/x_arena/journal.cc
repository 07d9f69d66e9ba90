#include "journal.h"

namespace journal {

int sum_text(const Text& text) {
  int sum = 0;
  for (size_t i = 0; i < text.size; ++i) {
    sum += text.bytes[i];
  }
  return sum;
}

void fill_text(Text& text, uint8_t value) { memset(text.bytes, value, text.size); }

Text Journal::copy(const uint8_t* bytes, size_t size) {
  Text text;
  text.bytes = static_cast<char*>(arena_.take(size));
  text.size = size;
  memcpy(text.bytes, bytes, size);
  return text;
}

void Journal::add(const uint8_t* bytes, size_t size) {
  Entry* entry = entries_.acquire();
  if (entry == nullptr) {
    return;
  }
  entry->text = copy(bytes, size);
  live_.push_back(entry);
}

// The pinned entry may be the last one: the pin stays.
void Journal::drop_last() {
  if (live_.empty()) {
    return;
  }
  Entry* entry = live_.back();
  live_.pop_back();
  entries_.release(entry);
}

Tag* Journal::find(int key) {
  for (Tag* tag : known_) {
    if (tag->key == key) {
      return tag;
    }
  }
  return nullptr;
}

void Journal::label(int key) {
  Entry* entry = last();
  if (entry == nullptr) {
    return;
  }
  Tag* tag = find(key);
  if (tag == nullptr) {
    tag = tags_.acquire();
    if (tag == nullptr) {
      return;
    }
    tag->key = key;
    known_.push_back(tag);
  }
  ++tag->uses;
  entry->tag = tag;
}

// Entries that carry the tag keep it.
void Journal::unlabel(int key) {
  for (size_t i = 0; i < known_.size(); ++i) {
    if (known_[i]->key == key) {
      tags_.release(known_[i]);
      known_.erase(known_.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }
}

void Journal::begin() {
  mark_ = arena_.mark();
  depth_at_mark_ = live_.size();
}

// What was added since begin() goes; a header set since then is thought to be older.
void Journal::rollback() {
  while (live_.size() > depth_at_mark_) {
    if (live_.back() == pinned_) {
      pinned_ = nullptr;
    }
    drop_last();
  }
  arena_.rewind(mark_ == 0 ? base_ : mark_);
  mark_ = 0;
  depth_at_mark_ = 0;
}

// Grows the last text in place, into what lies behind it.
void Journal::append(uint8_t byte, size_t count) {
  Entry* entry = last();
  if (entry == nullptr) {
    return;
  }
  Text& text = entry->text;
  if (count > 8) {
    memset(text.bytes + text.size, byte, count);
    text.size += count;
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    text.bytes[text.size++] = static_cast<char>(byte);
  }
}

// Runs one past the end for texts of odd length.
void Journal::upper_case() {
  Entry* entry = last();
  if (entry == nullptr) {
    return;
  }
  for (size_t i = 0; i < entry->text.size; i += 2) {
    entry->text.bytes[i] &= 0x5f;
    entry->text.bytes[i + 1] &= 0x5f;
  }
}

// Rewinds under the live entries' texts without forgetting the entries.
void Journal::reset() {
  header_ = Text();
  arena_.rewind(base_);
}

}  // namespace journal
