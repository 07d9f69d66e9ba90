// Where the events of a producer go: broker::Publisher::publish in the product, a vector in tests.
#pragma once

#include <functional>
#include <vector>

#include "broker/spool.h"
#include "schema/event.h"
#include "schema/result.h"

namespace fuzzmill::producers {

// Durable on return. An error means "not kept": the caller keeps the event or its source and tries again.
// The event's id and attachment references are set by whoever keeps it.
using PublishEvent =
    std::function<schema::Result<schema::EventId>(schema::Event, std::vector<broker::Attachment>)>;

}  // namespace fuzzmill::producers
