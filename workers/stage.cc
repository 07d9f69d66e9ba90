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

schema::Event derived_event(const schema::Event& cause, schema::Stage stage, schema::Body body) {
  return {schema::EventId::derived(cause.id, stage, 0),
          cause.node,
          cause.target,
          cause.time_ms,
          cause.attachments,
          std::move(body)};
}

}  // namespace fuzzmill::workers
