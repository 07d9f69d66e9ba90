#include "store/reply_arena.h"

#include <hiredis/hiredis.h>

#include <cstring>

namespace fuzzmill::store {
namespace {

redisReply* make(const redisReadTask* task, int type) {
  auto* arena = static_cast<ReplyArena*>(task->privdata);
  auto* reply = static_cast<redisReply*>(arena->allocate(sizeof(redisReply)));
  std::memset(reply, 0, sizeof *reply);
  reply->type = type;
  if (task->parent != nullptr) {
    static_cast<redisReply*>(task->parent->obj)->element[task->idx] = reply;
  }
  return reply;
}

void* make_string(const redisReadTask* task, char* bytes, std::size_t size) {
  redisReply* reply = make(task, task->type);
  reply->str = static_cast<char*>(static_cast<ReplyArena*>(task->privdata)->allocate(size + 1));
  std::memcpy(reply->str, bytes, size);
  reply->str[size] = '\0';
  reply->len = size;
  return reply;
}

void* make_array_of(const redisReadTask* task, std::size_t elements) {
  redisReply* reply = make(task, REDIS_REPLY_ARRAY);
  reply->elements = elements;
  const std::size_t size = elements * sizeof(redisReply*);
  reply->element = static_cast<redisReply**>(static_cast<ReplyArena*>(task->privdata)->allocate(size));
  std::memset(static_cast<void*>(reply->element), 0, size);
  return reply;
}

void* make_integer(const redisReadTask* task, long long value) {
  redisReply* reply = make(task, REDIS_REPLY_INTEGER);
  reply->integer = value;
  return reply;
}

void* make_nil(const redisReadTask* task) { return make(task, REDIS_REPLY_NIL); }
void free_nothing(void*) {}

// hiredis 1.x (Debian 13) counts elements in size_t and knows more types.
#if HIREDIS_MAJOR >= 1
void* make_array(const redisReadTask* task, std::size_t elements) { return make_array_of(task, elements); }
void* make_double(const redisReadTask* task, double, char* text, std::size_t size) {
  return make_string(task, text, size);
}
void* make_bool(const redisReadTask* task, int value) { return make_integer(task, value); }
redisReplyObjectFunctions functions = {make_string, make_array, make_integer, make_double,
                                       make_nil,    make_bool,  free_nothing};
#else
void* make_array(const redisReadTask* task, int elements) {
  return make_array_of(task, static_cast<std::size_t>(elements));
}
redisReplyObjectFunctions functions = {make_string, make_array, make_integer, make_nil, free_nothing};
#endif

}  // namespace

void ReplyArena::attach(redisReader* reader) {
  reader->fn = &functions;
  reader->privdata = this;
}

void* ReplyArena::allocate(std::size_t size) {
  size = (size + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) * alignof(std::max_align_t);
  if (size > kChunk / 4) {  // a large attachment has a chunk of its own, before the one in use
    auto own = std::make_unique<char[]>(size);
    void* const at = own.get();
    chunks_.insert(chunks_.empty() ? chunks_.end() : chunks_.end() - 1, std::move(own));
    if (chunks_.size() == 1) used_ = kChunk;
    return at;
  }
  if (used_ + size > kChunk) {
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(kChunk));
    used_ = 0;
  }
  void* const at = chunks_.back().get() + used_;
  used_ += size;
  return at;
}

void ReplyArena::reset() {
  // The last chunk is one of the common size unless only large ones were made.
  if (used_ < kChunk && !chunks_.empty()) {
    chunks_.front() = std::move(chunks_.back());
    chunks_.resize(1);
    used_ = 0;
  } else {
    chunks_.clear();
    used_ = kChunk;
  }
}

}  // namespace fuzzmill::store
