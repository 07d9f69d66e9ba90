// What a node asks the broker (schema/ask.h): broker::Asker in the product, a model of the server in tests.
//
// Each returns within the asker's own limit. Errors as in broker/asker.h: kNotFound (a broker that does not
// answer such questions: go on without), kUnavailable (ask again later), the others are for good. Threads:
// any.
#pragma once

#include "schema/ask.h"
#include "schema/result.h"

namespace fuzzmill::producers {

class Questions {
 public:
  virtual ~Questions() = default;

  virtual schema::Result<schema::BaseTold> ask(const schema::BaseAsked& asked) = 0;
  virtual schema::Result<schema::LacksTold> ask(const schema::LacksAsked& asked) = 0;
  virtual schema::Result<schema::OfferTold> ask(const schema::OfferAsked& asked) = 0;
  virtual schema::Result<schema::GiveTold> ask(const schema::GiveAsked& asked) = 0;
  virtual schema::Result<schema::SharedTold> ask(const schema::SharedAsked& asked) = 0;
  virtual schema::Result<schema::OrdersTold> ask(const schema::OrdersAsked& asked) = 0;
};

}  // namespace fuzzmill::producers
