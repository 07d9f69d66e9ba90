#include "broker/answerer.h"

#include <chrono>

#include "broker/clock.h"
#include "runtime/log.h"

namespace fuzzmill::broker {
namespace {

constexpr std::size_t kMostWaiting = 256;             // questions
constexpr std::size_t kMostBytes = 64u << 20;         // of their bodies
constexpr std::size_t kMostOfKey = 8;                 // questions of one key
constexpr std::chrono::milliseconds kPatience{3000};  // with Redis: a node waits, and others behind it
constexpr std::uint64_t kConnectMs = 500;

}  // namespace

Answerer::Answerer(const ServerOptions& options, std::function<void()> wake)
    : address_(options.redis), sharing_(options.sharing), wake_(std::move(wake)) {}

Answerer::~Answerer() { stop(); }

void Answerer::start() {
  thread_ = std::thread([this] { serve(); });
}

void Answerer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Answerer::submit(AskWork work) {
  {
    const std::lock_guard lock(mutex_);
    std::size_t& of_key = waiting_of_[work.key];
    if (waiting_.size() >= kMostWaiting || waiting_bytes_ + work.body.size() > kMostBytes ||
        of_key >= kMostOfKey) {
      if (of_key == 0) waiting_of_.erase(work.key);
      return false;
    }
    ++of_key;
    waiting_bytes_ += work.body.size();
    waiting_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

std::vector<TellWork> Answerer::take_answers() {
  const std::lock_guard lock(mutex_);
  return std::exchange(answers_, {});
}

void Answerer::serve() {
  for (;;) {
    AskWork work;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    TellWork tell{work.peer, work.key, work.id, answer_one(work)};
    {
      const std::lock_guard lock(mutex_);
      answers_.push_back(std::move(tell));
      waiting_bytes_ -= work.body.size();
      if (const auto of_key = waiting_of_.find(work.key); --of_key->second == 0) waiting_of_.erase(of_key);
    }
    wake_();
  }
}

Told Answerer::answer_one(const AskWork& work) {
  if (!redis_ && steady_ms() >= connect_from_) {
    auto redis = store::Redis::connect(address_, kPatience);
    if (redis) {
      redis_.emplace(std::move(redis).value());
    } else {
      away_ = redis.error().message;
      connect_from_ = steady_ms() + kConnectMs;
      runtime::log_warn("questions cannot be answered: Redis is away", {{"error", away_}});
    }
  }
  if (!redis_) return {schema::AnswerCode::kUnavailable, "the broker's Redis is away", {}};
  Told told = answer({*redis_, sharing_, unix_ms()}, work.node, work.question, work.body);
  if (told.code == schema::AnswerCode::kUnavailable) {
    // The connection may be broken, or Redis short of memory: a new one is cheap.
    runtime::log_warn("a question was not answered",
                      {{"question", work.question}, {"node", work.node}, {"reason", told.reason}});
    redis_.reset();
  }
  return told;
}

}  // namespace fuzzmill::broker
