#include "workers/stage.h"

namespace fuzzmill::workers {

schema::Outcome outcome_of(const schema::Error& error) {
  switch (error.code) {
    case schema::ErrorCode::kInvalid:
    case schema::ErrorCode::kTooLarge:
      return schema::Outcome::never(error.message);
    default:
      return schema::Outcome::later(error.message);
  }
}

}  // namespace fuzzmill::workers
