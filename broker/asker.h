// Asks the broker: the questions of schema/ask.h, one at a time, by a connection of its own.
//
// Life cycle: the constructor begins to connect; a connection that breaks comes back by itself. stop() lets
// no question wait any longer; no thread may be in ask() when the asker is destroyed. Threads: any; who asks
// while another question is under way waits for its turn within its own limit. Errors of ask(), for the
// caller to choose by:
//   kNotFound     this broker does not answer such questions (it is older): go on without
//   kDenied       the key is not admitted, or may not ask this
//   kInvalid      the question is refused for good, or the answer cannot be read
//   kTooLarge     the question is over a limit of schema/ask.h
//   kUnavailable  no connection, no answer within the limit, the broker is busy or without its Redis, or
//                 stop() was called: ask again later. Whether the question had its effect is not known;
//                 asking twice is safe
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "broker/credentials.h"
#include "schema/ask.h"
#include "schema/result.h"

namespace fuzzmill::broker {

class Asker {
 public:
  // Asks in the name of `node`; empty: that of the key, which is a node's.
  explicit Asker(Peer peer, std::string node = {});
  ~Asker();
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  // Returns within `limit`, which counts from the call.
  template <class Asked>
  schema::Result<typename Asked::Told> ask(const Asked& asked, std::chrono::milliseconds limit) {
    auto body = ask_bytes(Asked::kQuestion, schema::encode_body(asked), limit);
    if (!body) return std::move(body).error();
    auto told = schema::decode_body<typename Asked::Told>(*body);
    if (!told) return schema::invalid("the broker's answer cannot be read: " + told.error().message);
    return told;
  }

  // The same for a question that is encoded already; the body of an answer `ok`.
  schema::Result<std::string> ask_bytes(std::string_view question, const std::string& body,
                                        std::chrono::milliseconds limit);

  // Whoever waits is told kUnavailable at once, and so is whoever asks later.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fuzzmill::broker
