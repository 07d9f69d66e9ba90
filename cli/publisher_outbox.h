// The publisher's spool as the outbox that producers write to. Life cycle: not longer than the publisher.
// Threads: any.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "broker/publisher.h"
#include "producers/outbox.h"

namespace fuzzmill::cli {

class PublisherOutbox final : public producers::Outbox {
 public:
  explicit PublisherOutbox(broker::Publisher& publisher) : publisher_(publisher) {}
  schema::Result<schema::EventId> publish(schema::Event event,
                                          std::vector<broker::Attachment> attachments) override {
    return publisher_.publish(std::move(event), std::move(attachments));
  }
  schema::Result<bool> publish_once(const std::string& key, schema::Event event,
                                    std::vector<broker::Attachment> attachments) override {
    return publisher_.publish_once(key, std::move(event), std::move(attachments));
  }
  bool published(const std::string& key) override { return publisher_.published(key); }
  broker::SpoolState spool() override { return publisher_.state().spool; }

 private:
  broker::Publisher& publisher_;
};

}  // namespace fuzzmill::cli
