#include "workers/alert/webhook.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "workers/alert/alert_text.h"

namespace fuzzmill::workers {
namespace {

constexpr curl_off_t kMaxRetryAfter = 3600;  // seconds

struct FreeHeaders {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

bool may_pass(long status) { return status == 408 || status == 425 || status == 429 || status >= 500; }

}  // namespace

schema::Result<std::unique_ptr<Sink>> Webhook::make(WebhookOptions options) {
  const auto starts = [&](std::string_view scheme) {
    return options.url.compare(0, scheme.size(), scheme) == 0;
  };
  if (!starts("http://") && !starts("https://")) {
    return schema::invalid("the webhook's URL does not begin with https:// or http://");
  }
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  std::unique_ptr<Webhook> webhook(new Webhook(std::move(options)));
  if (webhook->curl_ == nullptr) return schema::internal("libcurl has no memory");
  return std::unique_ptr<Sink>(std::move(webhook));
}

Webhook::Webhook(WebhookOptions options) : options_(std::move(options)), curl_(curl_easy_init()) {
  if (curl_ == nullptr) return;
  curl_easy_setopt(curl_, CURLOPT_URL, options_.url.c_str());
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, discard);
  curl_easy_setopt(curl_, CURLOPT_USERAGENT, "fuzzmill");
}

Webhook::~Webhook() {
  if (curl_ != nullptr) curl_easy_cleanup(curl_);
}

schema::Outcome Webhook::post(const Alert& alert) {
  const std::string body =
      options_.form == WebhookForm::kSlack ? alert_slack(*alert.event) : alert_json(*alert.event);
  std::unique_ptr<curl_slist, FreeHeaders> headers(
      curl_slist_append(nullptr, "Content-Type: application/json"));
  headers.reset(curl_slist_append(headers.release(),
                                  fmt::format("Idempotency-Key: {}", alert.event->id.hex()).c_str()));
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.c_str());
  const CURLcode code = curl_easy_perform(curl_);
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, nullptr);
  curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, nullptr);
  // curl's own words for the code hold no part of the URL; its error buffer may.
  if (code != CURLE_OK) {
    return schema::Outcome::later(fmt::format("webhook: {}", curl_easy_strerror(code)),
                                  retry_delay(alert.attempt, options_.retry_first));
  }
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300) return schema::Outcome::done();
  if (!may_pass(status)) return schema::Outcome::never(fmt::format("webhook answered {}", status));
  curl_off_t wanted = 0;
  curl_easy_getinfo(curl_, CURLINFO_RETRY_AFTER, &wanted);
  const auto delay = wanted > 0 ? std::chrono::seconds(std::min(wanted, kMaxRetryAfter))
                                : retry_delay(alert.attempt, options_.retry_first);
  return schema::Outcome::later(fmt::format("webhook answered {}", status), delay);
}

std::vector<schema::Outcome> Webhook::deliver(const std::vector<Alert>& alerts) {
  std::vector<schema::Outcome> outcomes;
  for (const Alert& alert : alerts) {
    // One that is down would hold up the stage by a timeout for each alert of the batch.
    const bool down = !outcomes.empty() && outcomes.back().kind == schema::OutcomeKind::kLater;
    outcomes.push_back(down ? outcomes.back() : post(alert));
  }
  return outcomes;
}

}  // namespace fuzzmill::workers
