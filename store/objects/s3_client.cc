#include "store/objects/s3_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <random>
#include <thread>

#include "schema/digest.h"
#include "store/objects/s3_exchange.h"
#include "store/objects/s3_xml.h"

namespace fuzzmill::store {
namespace {

using schema::Result;

constexpr std::chrono::milliseconds kLongestPause{10'000};
constexpr std::size_t kMaxWords = 300;  // of a server's message

// For people: what the server says, without what a terminal could take for commands.
std::string words_of(const std::string& body) {
  std::string out = xml_text(body, "Code");
  const std::string message = xml_text(body, "Message");
  if (!message.empty()) out += (out.empty() ? "" : ": ") + message;
  out.resize(std::min(out.size(), kMaxWords));
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < ' ' || c > 126; }, '?');
  return out;
}

bool worth_another_try(int status) { return status == 408 || status == 429 || status >= 500; }
bool final_5xx(int status) { return status == 501; }

}  // namespace

// Handles of libcurl keep their connection, so they are kept.
class S3Client::Pool : public S3Exchanges {};

S3Client::S3Client(S3Address address, S3Credentials credentials, S3Options options)
    : address_(std::move(address)),
      credentials_(std::move(credentials)),
      options_(std::move(options)),
      pool_(std::make_unique<Pool>()) {}
S3Client::~S3Client() = default;

std::uint64_t S3Client::now_s() const {
  return options_.now_s ? options_.now_s() : static_cast<std::uint64_t>(std::time(nullptr));
}

std::string S3Client::path_of(const std::string& name) const {
  if (name.empty()) return "/" + address_.bucket;
  return fmt::format("/{}/{}{}", address_.bucket, address_.prefix, name);
}

S3Client::Try S3Client::send(const S3Call& call, std::string& received) const {
  S3Request request;
  request.method = call.method, request.host = address_.host, request.path = path_of(call.name);
  request.query = call.query, request.headers = call.headers;
  request.payload_sha256 =
      call.payload_sha256.empty() ? schema::sha256_hex(call.body.bytes) : call.payload_sha256;
  if (call.range) {
    const std::uint64_t first = call.range->first + received.size();
    request.headers.emplace_back("range", fmt::format("bytes={}-{}", first, call.range->second));
  }
  S3Exchange exchange;
  exchange.method = call.method;
  exchange.url = address_.endpoint + uri_encode(request.path, true);
  if (!call.query.empty()) exchange.url += "?" + canonical_query(call.query);
  exchange.headers = request.headers;
  for (auto& header : sign(request, credentials_, address_.region, amz_date(now_s()))) {
    exchange.headers.push_back(std::move(header));
  }
  exchange.body = call.body;
  exchange.connect_timeout = options_.connect_timeout, exchange.stall_timeout = options_.stall_timeout;
  exchange.limit = call.range ? call.range->second - call.range->first + 1 : 0;
  exchange.ranged = call.range.has_value();
  exchange.received = &received;
  Try out;
  out.broken = pool_->run(exchange, out.answer);
  out.again = !out.broken.empty() || worth_another_try(out.answer.status);
  if (final_5xx(out.answer.status)) out.again = false;
  return out;
}

void S3Client::pause(int tries) const {
  thread_local std::minstd_rand random(std::random_device{}());
  auto pause = options_.first_pause;
  for (int i = 1; i < tries && pause < kLongestPause; ++i) pause *= 2;
  pause = std::min(pause, kLongestPause);
  std::this_thread::sleep_for(pause - pause * static_cast<int>(random() % 256) / 1024);
}

Result<S3Answer> S3Client::call(const S3Call& call) {
  std::string received;  // of a range, over all tries
  for (int tries = 1;; ++tries) {
    Try one = send(call, received);
    one.answer.tries = tries;
    const int status = one.answer.status;
    const bool fine =
        one.broken.empty() && ((status >= 200 && status < 300) || (status == 416 && call.range));
    if (fine) {
      if (call.range) one.answer.body = std::move(received);
      return std::move(one.answer);
    }
    if (!one.again) return error_of(call, one.answer);
    if (tries >= options_.tries) {
      const std::string what =
          !one.broken.empty() ? one.broken : fmt::format("{} {}", status, words_of(one.answer.body));
      return schema::unavailable(fmt::format("{}/{} {}: {} (tried {} times)", address_.text(), call.name,
                                             address_.endpoint, what, tries));
    }
    pause(tries);
  }
}

schema::Error S3Client::error_of(const S3Call& call, const S3Answer& answer) const {
  std::string what = fmt::format("{}/{} {}: {} {}", address_.text(), call.name, address_.endpoint,
                                 answer.status, words_of(answer.body));
  if (answer.status == 404) {
    if (xml_text(answer.body, "Code") == "NoSuchBucket") {
      return schema::denied(what + " (make the bucket, or name another)");
    }
    return schema::not_found(std::move(what));
  }
  if (xml_text(answer.body, "Code") == "RequestTimeTooSkewed") {
    return schema::denied(what + " (set this machine's clock)");
  }
  if (answer.status == 401 || answer.status == 403) {
    return schema::denied(what + " (check the credentials and what they may do)");
  }
  if (answer.status == 409 || answer.status == 412) return schema::conflict(std::move(what));
  if (answer.status >= 300 && answer.status < 400) {
    return schema::invalid(what + (answer.region.empty() ? " (is the region or the endpoint another?)"
                                                         : fmt::format(" (say region={})", answer.region)));
  }
  return schema::invalid(std::move(what));
}

}  // namespace fuzzmill::store
