// A connection to Redis: commands, pipelines, transactions and scripts over hiredis.
//
// Life cycle: connect() → calls → destruction. After kUnavailable the connection is gone: make a new one
// (Redis may be restarting; what was in flight may or may not have happened).
// Threads: a connection belongs to one thread at a time.
// Errors: kUnavailable when Redis cannot be reached, answers LOADING, or the connection breaks; kDenied
// for a wrong password or ACL; kInternal when Redis refuses a command that we formed (the text says which).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

struct redisContext;
struct redisReply;

namespace fuzzmill::store {

// unix:/path/to/socket[?db=N] · redis://[user[:password]@]host[:port][/db] · rediss:// is refused with
// the way out where hiredis has no TLS. A password may also come from FUZZMILL_REDIS_PASSWORD.
struct RedisAddress {
  std::string unix_path;
  std::string host;
  int port = 6379;
  std::string user;
  std::string password;
  int database = 0;

  std::string text() const;  // without the password
};
schema::Result<RedisAddress> parse_redis_url(std::string_view url);

// An answer, owned.
struct Reply {
  enum class Type { kNil, kInteger, kString, kStatus, kError, kArray };
  Type type = Type::kNil;
  std::int64_t integer = 0;
  std::string text;  // of a string, status or error
  std::vector<Reply> items;

  bool is_nil() const { return type == Type::kNil; }
  bool is_error() const { return type == Type::kError; }
};

// A Lua script, loaded on first use and again when Redis has forgotten it.
class Script {
 public:
  explicit Script(std::string_view body);
  const std::string& body() const { return body_; }
  const std::string& sha1() const { return sha1_; }

 private:
  std::string body_;
  std::string sha1_;
};

struct ScriptCall {
  std::vector<std::string> keys;
  std::vector<std::string> arguments;
};

class ReplyArena;

class Redis {
 public:
  static schema::Result<Redis> connect(const RedisAddress& address,
                                       std::chrono::milliseconds timeout = std::chrono::seconds(10));
  Redis(Redis&&) noexcept;
  Redis& operator=(Redis&&) noexcept;
  ~Redis();

  // One round trip. An error reply of Redis becomes an Error.
  schema::Result<Reply> command(std::initializer_list<std::string_view> words);
  schema::Result<Reply> command(const std::vector<std::string>& words);

  // Pipelining: append() only buffers; flush() sends all and returns a reply for each, in order.
  // Error replies stay replies.
  void append(std::initializer_list<std::string_view> words);
  void append(const std::vector<std::string>& words);
  void append(std::span<const std::string_view> words);
  schema::Result<std::vector<Reply>> flush();
  // The same without copying: `each` sees hiredis' reply, which dies when it returns. For hot paths.
  schema::Status flush(const std::function<void(const redisReply&)>& each);
  std::size_t pending() const { return pending_; }

  // Calls the script once for each call, pipelined in one MULTI/EXEC so that all share one fsync.
  // The reply of each, in order. An error reply of any becomes the Error.
  schema::Result<std::vector<Reply>> run(const Script& script, const std::vector<ScriptCall>& calls);

 private:
  explicit Redis(redisContext* context);
  schema::Error broken() const;

  redisContext* context_ = nullptr;
  std::unique_ptr<ReplyArena> arena_;  // where hiredis makes replies; fixed in memory
  std::string out_;                    // commands that wait for flush(), as RESP
  std::size_t pending_ = 0;
};

}  // namespace fuzzmill::store
