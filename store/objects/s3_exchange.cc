#include "store/objects/s3_exchange.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace fuzzmill::store {
namespace {

constexpr std::size_t kMaxKept = 8;  // handles, with their connections

// What the callbacks of one transfer share.
struct Transfer {
  S3Exchange* exchange = nullptr;
  S3Answer* answer = nullptr;
  std::uint64_t sent = 0;
  std::string broken;
  CURL* curl = nullptr;
};

std::size_t on_read(char* out, std::size_t one, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const S3Body& body = transfer.exchange->body;
  const auto size = static_cast<std::size_t>(
      std::min<std::uint64_t>(one * count, body.length() - std::min(body.length(), transfer.sent)));
  if (body.fd < 0) {
    std::memcpy(out, body.bytes.data() + transfer.sent, size);
  } else if (size > 0) {
    const ssize_t got = pread(body.fd, out, size, static_cast<off_t>(body.offset + transfer.sent));
    if (got <= 0) {
      transfer.broken = got < 0 ? std::strerror(errno) : "the file became shorter";
      return CURL_READFUNC_ABORT;
    }
    transfer.sent += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
  transfer.sent += size;
  return size;
}

int on_seek(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Transfer*>(user)->sent = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

std::size_t on_write(char* data, std::size_t one, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t size = one * count;
  long status = 0;
  curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
  const bool of_range = transfer.exchange->ranged && (status == 206 || status == 200);
  std::string& out = of_range ? *transfer.exchange->received : transfer.answer->body;
  if (out.size() + size > (of_range ? transfer.exchange->limit : kMaxS3Body)) {
    transfer.broken = "the server sent more than was asked for";
    return 0;
  }
  out.append(data, size);
  return size;
}

std::size_t on_header(char* data, std::size_t one, std::size_t count, void* user) {
  auto& answer = *static_cast<Transfer*>(user)->answer;
  const std::string_view line(data, one * count);
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front()))) value.remove_prefix(1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back()))) value.remove_suffix(1);
  if (name == "etag") answer.etag = value;
  if (name == "last-modified") answer.last_modified = value;
  if (name == "x-amz-bucket-region") answer.region = value;
  if (name == "content-length") {
    std::from_chars(value.data(), value.data() + value.size(), answer.content_length);
  }
  return line.size();
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

void set_common(CURL* curl, const S3Exchange& exchange, Transfer& transfer) {
  curl_easy_reset(curl);  // keeps connections
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_URL, exchange.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(exchange.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(exchange.stall_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
}

void set_method(CURL* curl, const S3Exchange& exchange, Transfer& transfer) {
  if (exchange.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (exchange.method == "PUT" || exchange.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, exchange.method.c_str());
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(exchange.body.length()));
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, &transfer);
  } else {
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, exchange.method.c_str());
  }
}

}  // namespace

struct S3Exchanges::Handle {
  Handle() : curl(curl_easy_init()) {}
  ~Handle() {
    if (curl != nullptr) curl_easy_cleanup(curl);
  }
  CURL* curl;
};

S3Exchanges::S3Exchanges() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}
S3Exchanges::~S3Exchanges() = default;

std::unique_ptr<S3Exchanges::Handle> S3Exchanges::take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return std::make_unique<Handle>();
  auto handle = std::move(free_.back());
  free_.pop_back();
  return handle;
}

void S3Exchanges::give(std::unique_ptr<Handle> handle) {
  const std::lock_guard lock(mutex_);
  if (free_.size() < kMaxKept) free_.push_back(std::move(handle));
}

std::string S3Exchanges::run(S3Exchange& exchange, S3Answer& answer) {
  auto handle = take();
  if (handle->curl == nullptr) return "libcurl has no memory";
  Transfer transfer{&exchange, &answer, 0, {}, handle->curl};
  set_common(handle->curl, exchange, transfer);
  set_method(handle->curl, exchange, transfer);
  curl_slist* lines = nullptr;
  for (const auto& [name, value] : exchange.headers) {
    lines = curl_slist_append(lines, fmt::format("{}: {}", name, value).c_str());
  }
  lines = curl_slist_append(lines, "Expect:");  // no waiting for 100 Continue
  lines = curl_slist_append(lines, "Transfer-Encoding:");
  lines = curl_slist_append(lines, "Content-Type:");
  const std::unique_ptr<curl_slist, FreeList> keep(lines);
  curl_easy_setopt(handle->curl, CURLOPT_HTTPHEADER, lines);
  const CURLcode code = curl_easy_perform(handle->curl);
  long status = 0;
  curl_easy_getinfo(handle->curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  const bool refused_early = code == CURLE_SEND_ERROR && status >= 400;  // it answered and closed
  if (code != CURLE_OK && !refused_early) {
    return transfer.broken.empty() ? curl_easy_strerror(code) : transfer.broken;
  }
  give(std::move(handle));
  return {};
}

}  // namespace fuzzmill::store
