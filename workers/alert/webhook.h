// Posts alerts to a URL. At least once; the alert's event id is in the body ("id") and in the header
// Idempotency-Key, so that a receiver can drop repeats.
//
//   2xx                          done
//   408, 425, 429, 5xx, no answer  later: the receiver's Retry-After, else retry_delay(); the rest of the
//                                batch waits too, without an attempt
//   anything else                never: the receiver will not have it (redirects are not followed)
#pragma once

#include <memory>

#include "schema/result.h"
#include "workers/alert/sink.h"
#include "workers/runner.h"

namespace fuzzmill::workers {

struct WebhookOptions {
  std::string url;  // secret: never in a log or a reason
  WebhookForm form = WebhookForm::kJson;
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds timeout{10000};  // of the whole request
  std::chrono::milliseconds retry_first = kRetryFirst;
};

class Webhook : public Sink {
 public:
  // kInvalid when the URL is not http:// or https://.
  static schema::Result<std::unique_ptr<Sink>> make(WebhookOptions options);
  ~Webhook() override;
  std::string_view name() const override { return "webhook"; }
  std::vector<schema::Outcome> deliver(const std::vector<Alert>& alerts) override;

 private:
  explicit Webhook(WebhookOptions options);
  schema::Outcome post(const Alert& alert);

  WebhookOptions options_;
  void* curl_ = nullptr;  // CURL*; keeps the connection between alerts
};

}  // namespace fuzzmill::workers
