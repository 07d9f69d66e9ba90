// Where the events of a producer go: broker::Publisher in the product, a vector in tests.
//
// Durable on return. An error means "not kept": the caller keeps the event or its source and tries again. The
// event's id and attachment references are set by whoever keeps it. Threads: all calls from any thread.
#pragma once

#include <string>
#include <vector>

#include "broker/spool.h"
#include "schema/event.h"
#include "schema/result.h"

namespace fuzzmill::producers {

class Outbox {
 public:
  virtual ~Outbox() = default;

  virtual schema::Result<schema::EventId> publish(schema::Event event,
                                                  std::vector<broker::Attachment> attachments) = 0;

  // Once for each key, ever, over kill -9 at any moment: event and key are kept by one transaction.
  // False: it was published before.
  virtual schema::Result<bool> publish_once(const std::string& key, schema::Event event,
                                            std::vector<broker::Attachment> attachments) = 0;
  virtual bool published(const std::string& key) = 0;

  virtual broker::SpoolState spool() = 0;
};

}  // namespace fuzzmill::producers
