// For tests: an outbox that is a vector.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "producers/outbox.h"

namespace fuzzmill::producers {

struct Published {
  schema::Event event;
  std::vector<broker::Attachment> attachments;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&event.body);
  }
  // "(none)" when there is no such attachment.
  std::string attachment(const std::string& name) const {
    const auto found =
        std::find_if(attachments.begin(), attachments.end(), [&](const auto& a) { return a.name == name; });
    return found == attachments.end() ? "(none)" : found->bytes;
  }
};

// Where events go, and the moment they do.
class VectorOutbox final : public Outbox {
 public:
  schema::Result<schema::EventId> publish(schema::Event event,
                                          std::vector<broker::Attachment> attachments) override {
    const std::lock_guard lock(mutex);
    return keep(std::move(event), std::move(attachments));
  }
  schema::Result<bool> publish_once(const std::string& key, schema::Event event,
                                    std::vector<broker::Attachment> attachments) override {
    const std::lock_guard lock(mutex);
    if (!keys->insert(key).second) return false;
    keep(std::move(event), std::move(attachments));
    return true;
  }
  bool published(const std::string& key) override {
    const std::lock_guard lock(mutex);
    return keys->contains(key);
  }
  broker::SpoolState spool() override { return {}; }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Published> events;
  std::shared_ptr<std::set<std::string>> keys = std::make_shared<std::set<std::string>>();

 private:
  schema::EventId keep(schema::Event event, std::vector<broker::Attachment> attachments) {
    event.id = schema::EventId::of(1, events.size() + 1);
    const auto id = event.id;
    events.push_back({std::move(event), std::move(attachments)});
    changed.notify_all();
    return id;
  }
};

}  // namespace fuzzmill::producers
