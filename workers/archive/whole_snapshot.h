// The older form of corpus.snapshot, in which the attachments are the files: made into the one page of a
// snapshot. Pure.
#pragma once

#include <string>

#include "broker/consumer.h"
#include "schema/event.h"

namespace fuzzmill::workers {

struct WholeSnapshot {
  schema::Event event;  // with snapshot, page and last
  std::string listing, files;
};

// The same delivery gives the same snapshot id. kInvalid for a name that is none.
schema::Result<WholeSnapshot> page_of_whole(const broker::Delivery& delivery);

}  // namespace fuzzmill::workers
