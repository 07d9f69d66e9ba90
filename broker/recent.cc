#include "broker/recent.h"

#include <algorithm>

namespace fuzzmill::broker {
namespace {

constexpr std::size_t kOverhead = 128;  // of an entry, beside its event

std::size_t size_of(const store::Appended& entry) { return entry.event.size() + kOverhead; }

}  // namespace

void Recent::add(schema::Topic topic, const store::EntryId& before, std::vector<store::Appended> entries) {
  const std::lock_guard lock(mutex_);
  Items& items = items_[static_cast<std::size_t>(topic)];
  store::EntryId previous = before;
  for (store::Appended& entry : entries) {
    const store::EntryId id = entry.id;
    bytes_ += size_of(entry);
    items.push_back({previous, std::move(entry)});
    previous = id;
  }
  newest_[static_cast<std::size_t>(topic)] = previous;
  while (bytes_ > most_bytes_ && !items.empty()) drop_front(items);
}

std::vector<store::Appended> Recent::after(schema::Topic topic, const store::EntryId& cursor,
                                           std::size_t count) const {
  const std::lock_guard lock(mutex_);
  const Items& items = items_[static_cast<std::size_t>(topic)];
  auto item = std::upper_bound(items.begin(), items.end(), cursor,
                               [](const store::EntryId& id, const Item& i) { return id < i.entry.id; });
  std::vector<store::Appended> entries;
  entries.reserve(std::min(count, static_cast<std::size_t>(items.end() - item)));
  for (store::EntryId last = cursor; item != items.end() && entries.size() < count && item->before == last;
       ++item) {
    last = item->entry.id;
    entries.push_back(item->entry);
  }
  return entries;
}

bool Recent::at_end(schema::Topic topic, const store::EntryId& cursor) const {
  const std::lock_guard lock(mutex_);
  const store::EntryId& newest = newest_[static_cast<std::size_t>(topic)];
  return newest != store::EntryId{} && newest == cursor;
}

void Recent::forget(schema::Topic topic, const store::EntryId& cursor) {
  const std::lock_guard lock(mutex_);
  Items& items = items_[static_cast<std::size_t>(topic)];
  while (!items.empty() && items.front().entry.id <= cursor) drop_front(items);
}

std::size_t Recent::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void Recent::drop_front(Items& items) {
  bytes_ -= size_of(items.front().entry);
  items.pop_front();
}

}  // namespace fuzzmill::broker
