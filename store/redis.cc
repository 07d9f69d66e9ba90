#include "store/redis.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <openssl/evp.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "schema/digest.h"
#include "store/reply_arena.h"

namespace fuzzmill::store {
namespace {

using schema::Error;
using schema::Result;
using schema::Status;

std::string sha1_hex(std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  std::size_t size = 0;
  EVP_Q_digest(nullptr, "SHA1", nullptr, bytes.data(), bytes.size(), out, &size);
  return schema::hex(std::string_view(reinterpret_cast<const char*>(out), size));
}

// What Redis' error text means to the caller; the words are those of Redis 7.
Error error_of(std::string_view text) {
  const auto starts = [&](std::string_view word) { return text.substr(0, word.size()) == word; };
  std::string message = fmt::format("Redis answers: {}", text);
  if (starts("LOADING") || starts("BUSY ") || starts("MISCONF") || starts("OOM") || starts("READONLY") ||
      starts("MASTERDOWN") || starts("TRYAGAIN") || starts("CLUSTERDOWN")) {
    return schema::unavailable(std::move(message));
  }
  if (starts("NOAUTH") || starts("WRONGPASS") || starts("NOPERM")) return schema::denied(std::move(message));
  return schema::internal(std::move(message));
}

Reply take(const redisReply* raw) {
  Reply reply;
  switch (raw->type) {
    case REDIS_REPLY_INTEGER:
      reply.type = Reply::Type::kInteger;
      break;
    case REDIS_REPLY_STRING:
      reply.type = Reply::Type::kString;
      break;
    case REDIS_REPLY_STATUS:
      reply.type = Reply::Type::kStatus;
      break;
    case REDIS_REPLY_ERROR:
      reply.type = Reply::Type::kError;
      break;
    case REDIS_REPLY_ARRAY:
      reply.type = Reply::Type::kArray;
      break;
    default:
      return reply;
  }
  reply.integer = raw->integer;
  if (raw->str != nullptr) reply.text.assign(raw->str, raw->len);
  reply.items.reserve(raw->elements);
  for (std::size_t i = 0; i < raw->elements; ++i) reply.items.push_back(take(raw->element[i]));
  return reply;
}

schema::Status log_in(Redis& redis, const RedisAddress& address) {
  if (!address.password.empty()) {
    const auto reply = address.user.empty() ? redis.command({"AUTH", address.password})
                                            : redis.command({"AUTH", address.user, address.password});
    if (!reply) return Error(reply.error());
  }
  if (address.database != 0) {
    const auto reply = redis.command({"SELECT", std::to_string(address.database)});
    if (!reply) return Error(reply.error());
  }
  const auto ping = redis.command({"PING"});  // a server that is still loading says so here
  if (!ping) return Error(ping.error());
  return {};
}

bool parse_number(std::string_view text, int& out) {
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, out);
  return parsed.ec == std::errc{} && parsed.ptr == end;
}

Result<RedisAddress> parse_unix(std::string_view rest) {
  RedisAddress address;
  const auto query = rest.find('?');
  address.unix_path = rest.substr(0, query);
  if (address.unix_path.empty() || address.unix_path.front() != '/') {
    return schema::invalid("Redis URL: unix: wants an absolute path, as in unix:/run/redis/redis.sock");
  }
  if (query != std::string_view::npos) {
    const auto words = rest.substr(query + 1);
    if (words.substr(0, 3) != "db=" || !parse_number(words.substr(3), address.database)) {
      return schema::invalid("Redis URL: only ?db=NUMBER may follow a unix path");
    }
  }
  return address;
}

Result<RedisAddress> parse_tcp(std::string_view rest) {
  RedisAddress address;
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    if (!parse_number(rest.substr(slash + 1), address.database)) {
      return schema::invalid("Redis URL: the part after the last / is a database number");
    }
    rest = rest.substr(0, slash);
  }
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const auto login = rest.substr(0, at);
    const auto colon = login.find(':');
    if (colon != std::string_view::npos) address.user = login.substr(0, colon);
    address.password = colon == std::string_view::npos ? login : login.substr(colon + 1);
    rest = rest.substr(at + 1);
  }
  if (const auto colon = rest.rfind(':'); colon != std::string_view::npos) {
    if (!parse_number(rest.substr(colon + 1), address.port) || address.port < 1 || address.port > 65535) {
      return schema::invalid("Redis URL: the port is a number from 1 to 65535");
    }
    rest = rest.substr(0, colon);
  }
  if (rest.empty()) return schema::invalid("Redis URL: the host is missing");
  address.host = rest;
  return address;
}

}  // namespace

std::string RedisAddress::text() const {
  return unix_path.empty() ? fmt::format("redis://{}:{}/{}", host, port, database)
                           : fmt::format("unix:{}?db={}", unix_path, database);
}

Result<RedisAddress> parse_redis_url(std::string_view url) {
  Result<RedisAddress> address = schema::invalid(fmt::format(
      "Redis URL '{}' is none: write unix:/path/to/socket or redis://host:port/0", url.substr(0, 64)));
  if (url.substr(0, 5) == "unix:") {
    address = parse_unix(url.substr(url.substr(0, 7) == "unix://" ? 7 : 5));
  } else if (url.substr(0, 8) == "redis://") {
    address = parse_tcp(url.substr(8));
  } else if (url.substr(0, 9) == "rediss://") {
    return schema::invalid(
        "Redis URL: this build's hiredis has no TLS; use a unix socket, or a tunnel (stunnel, ssh -L) "
        "to the server and redis:// to its near end");
  }
  if (address && address->password.empty()) {
    if (const char* password = std::getenv("FUZZMILL_REDIS_PASSWORD")) address->password = password;
  }
  return address;
}

Script::Script(std::string_view body) : body_(body), sha1_(sha1_hex(body)) {}

Result<Redis> Redis::connect(const RedisAddress& address, std::chrono::milliseconds timeout) {
  const timeval limit{timeout.count() / 1000, (timeout.count() % 1000) * 1000};
  redisContext* context = address.unix_path.empty()
                              ? redisConnectWithTimeout(address.host.c_str(), address.port, limit)
                              : redisConnectUnixWithTimeout(address.unix_path.c_str(), limit);
  if (context == nullptr) return schema::internal("hiredis has no memory for a connection");
  Redis redis(context);
  if (context->err != 0) {
    return schema::unavailable(
        fmt::format("Redis at {} cannot be reached: {}", address.text(), context->errstr));
  }
  redisSetTimeout(context, limit);
  if (address.unix_path.empty()) redisEnableKeepAlive(context);
  context->reader->maxbuf = 0;  // else hiredis gives back its buffer after each large reply
  if (auto status = log_in(redis, address); !status) {
    return std::move(status).error().in(fmt::format("Redis at {}", address.text()));
  }
  return redis;
}

Redis::Redis(redisContext* context) : context_(context), arena_(std::make_unique<ReplyArena>()) {
  arena_->attach(context->reader);
}

Redis::Redis(Redis&& other) noexcept
    : context_(std::exchange(other.context_, nullptr)),
      arena_(std::move(other.arena_)),
      out_(std::move(other.out_)),
      pending_(std::exchange(other.pending_, 0)) {}

Redis& Redis::operator=(Redis&& other) noexcept {
  std::swap(context_, other.context_);
  std::swap(arena_, other.arena_);
  std::swap(out_, other.out_);
  std::swap(pending_, other.pending_);
  return *this;
}

Redis::~Redis() {
  if (context_ != nullptr) redisFree(context_);
}

Error Redis::broken() const {
  return schema::unavailable(fmt::format("connection to Redis broke: {}",
                                         context_->err != 0 ? context_->errstr : std::strerror(errno)));
}

Result<Reply> Redis::command(std::initializer_list<std::string_view> words) {
  append(words);
  auto replies = flush();
  if (!replies) return std::move(replies).error();
  Reply& reply = replies->back();
  if (reply.is_error()) return error_of(reply.text);
  return std::move(reply);
}

Result<Reply> Redis::command(const std::vector<std::string>& words) {
  append(words);
  auto replies = flush();
  if (!replies) return std::move(replies).error();
  Reply& reply = replies->back();
  if (reply.is_error()) return error_of(reply.text);
  return std::move(reply);
}

namespace {

// Straight into one buffer: hiredis would format each command in memory of its own first.
template <class Words>
void append_words(std::string& out, const Words& words) {
  const auto head = [&](char mark, std::size_t number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.push_back(mark);
    out.append(digits, end);
    out.append("\r\n", 2);
  };
  head('*', words.size());
  for (const auto& word : words) {
    head('$', word.size());
    out.append(word.data(), word.size());
    out.append("\r\n", 2);
  }
}

// Past hiredis, which would copy all of it once more, and whose version 0.14 raises SIGPIPE.
bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

constexpr std::size_t kKeptBuffer = 4u << 20;  // a larger one is given back

}  // namespace

void Redis::append(std::initializer_list<std::string_view> words) {
  append_words(out_, words);
  ++pending_;
}

void Redis::append(const std::vector<std::string>& words) {
  append_words(out_, words);
  ++pending_;
}

void Redis::append(std::span<const std::string_view> words) {
  append_words(out_, words);
  ++pending_;
}

Status Redis::flush(const std::function<void(const redisReply&)>& each) {
  if (!send_all(context_->fd, out_)) {
    pending_ = 0;
    return broken();
  }
  out_.clear();
  if (out_.capacity() > kKeptBuffer) out_.shrink_to_fit();
  for (; pending_ > 0; --pending_) {
    void* raw = nullptr;
    if (redisGetReply(context_, &raw) != REDIS_OK || raw == nullptr) {
      pending_ = 0;
      return broken();
    }
    each(*static_cast<const redisReply*>(raw));
    arena_->reset();
  }
  return {};
}

Result<std::vector<Reply>> Redis::flush() {
  std::vector<Reply> replies;
  replies.reserve(pending_);
  if (auto status = flush([&](const redisReply& raw) { replies.push_back(take(&raw)); }); !status) {
    return std::move(status).error();
  }
  return replies;
}

Result<std::vector<Reply>> Redis::run(const Script& script, const std::vector<ScriptCall>& calls) {
  if (calls.empty()) return std::vector<Reply>{};
  // The body travels once a batch: EVAL first, EVALSHA after it, so a Redis that restarted and forgot its
  // scripts needs no second attempt, and a transaction cannot fail half-way with NOSCRIPT.
  append({"MULTI"});
  std::vector<std::string> words;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    words = {i == 0 ? "EVAL" : "EVALSHA", i == 0 ? script.body() : script.sha1(),
             std::to_string(calls[i].keys.size())};
    words.insert(words.end(), calls[i].keys.begin(), calls[i].keys.end());
    words.insert(words.end(), calls[i].arguments.begin(), calls[i].arguments.end());
    append(words);
  }
  append({"EXEC"});
  auto replies = flush();
  if (!replies) return std::move(replies).error();
  Reply& exec = replies->back();
  if (exec.is_error()) return error_of(exec.text);
  for (const Reply& reply : exec.items) {
    if (reply.is_error()) return error_of(reply.text);
  }
  return std::move(exec.items);
}

}  // namespace fuzzmill::store
