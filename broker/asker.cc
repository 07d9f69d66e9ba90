#include "broker/asker.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>

#include "broker/link.h"
#include "schema/wire.h"

namespace fuzzmill::broker {
namespace {

namespace wire = schema::wire;
using schema::AnswerCode;
using schema::Result;
using Clock = std::chrono::steady_clock;

// What a TELL that is not `ok` means to who asked.
schema::Error error_of(const wire::Tell& tell) {
  std::string reason(tell.reason);
  switch (schema::answer_code_named(tell.code).value_or(AnswerCode::kUnavailable)) {
    case AnswerCode::kDenied:
      return schema::denied(std::move(reason));
    case AnswerCode::kInvalid:
      return schema::invalid(std::move(reason));
    case AnswerCode::kUnknown:
      return schema::not_found(std::move(reason));
    case AnswerCode::kBusy:
      return schema::unavailable("the broker is busy: " + reason);
    case AnswerCode::kOk:
    case AnswerCode::kUnavailable:
      break;
  }
  return schema::unavailable(std::move(reason));
}

}  // namespace

class Asker::Impl {
 public:
  Impl(Peer peer, std::string node)
      : endpoint_(peer.endpoint), node_(std::move(node)), link_(std::move(peer)) {
    std::random_device random;
    next_id_ = static_cast<std::uint64_t>(random()) << 32 | random();
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_.store(true);
    }
    free_.notify_all();
    link_.wake();
  }

  Result<std::string> ask(std::string_view question, const std::string& body, Clock::time_point deadline) {
    if (body.size() > schema::kMaxAnswerSize) {
      return schema::too_large(fmt::format("the question {} is of {} bytes, the limit is {}", question,
                                           body.size(), schema::kMaxAnswerSize));
    }
    {
      std::unique_lock lock(mutex_);
      if (!free_.wait_until(lock, deadline, [this] { return !taken_ || stopping_.load(); }))
        return schema::unavailable("other questions to the broker take too long");
      if (stopping_.load()) return stopped();
      taken_ = true;
    }
    auto told = exchange(question, body, deadline);
    {
      const std::lock_guard lock(mutex_);
      taken_ = false;
    }
    free_.notify_one();
    return told;
  }

 private:
  static schema::Error stopped() { return schema::unavailable("the asker was stopped"); }

  // The link belongs to the one thread that is in here.
  Result<std::string> exchange(std::string_view question, const std::string& body,
                               Clock::time_point deadline) {
    const std::uint64_t id = next_id_++;
    bool sent = false;
    bool first = true;
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      if (left.count() <= 0) return too_late(sent);
      // What happened to the connection since the last question is there already.
      link_.wait(first ? std::chrono::milliseconds(0) : std::min(left, kLook));
      first = false;
      if (stopping_.load()) return stopped();
      for (auto change = link_.change(); change != Link::Change::kNone; change = link_.change()) {
        // The question may have gone with the connection. It is sent again: asking twice is safe.
        if (change == Link::Change::kUp || change == Link::Change::kDown) sent = false;
        // A refused link goes down, too; it is made anew by a later question, and is up at one after that.
        if (change == Link::Change::kRefused) refused_ = true;
        if (change == Link::Change::kUp) refused_ = false;
      }
      if (refused_) return schema::denied(link_.problem());
      if (auto told = hear(id)) return std::move(*told);
      if (!sent && link_.up()) {
        Frames frames;
        frames.push_back(
            frame_of_owned(wire::encode(wire::ClientMessage(wire::Ask{id, question, body, heard_, node_}))));
        sent = link_.send(frames) == Sent::kYes;
      }
    }
  }

  // The answer to question `id`, when it has come; late answers to earlier questions are dropped.
  std::optional<Result<std::string>> hear(std::uint64_t id) {
    Frames frames;
    while (link_.receive(frames)) {
      const auto message =
          frames.empty() ? schema::invalid("no frames") : wire::decode_broker(view(frames[0]));
      if (!message) continue;
      if (const auto* fault = std::get_if<wire::Fault>(&*message)) {
        // A broker that knows questions answers every one with a TELL.
        return schema::not_found(fmt::format("the broker at {} does not answer questions ({}): upgrade it",
                                             endpoint_, fault->reason));
      }
      const auto* tell = std::get_if<wire::Tell>(&*message);
      if (tell == nullptr) continue;
      if (tell->mark != 0) heard_ = tell->mark;
      if (tell->id != id) continue;
      if (tell->code == schema::name(AnswerCode::kOk)) return std::string(tell->body);
      return error_of(*tell);
    }
    return std::nullopt;
  }

  schema::Error too_late(bool sent) const {
    if (sent) return schema::unavailable(fmt::format("the broker at {} did not answer in time", endpoint_));
    if (!link_.problem().empty()) return schema::unavailable(link_.problem());
    return schema::unavailable(fmt::format("no connection to the broker at {}", endpoint_));
  }

  static constexpr std::chrono::milliseconds kLook{1000};  // a link that was refused comes back by asking it

  const std::string endpoint_;
  const std::string node_;
  Link link_;  // of the thread that has the turn
  std::uint64_t next_id_ = 0;
  std::uint64_t heard_ = 0;
  bool refused_ = false;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false;
};

Asker::Asker(Peer peer, std::string node) : impl_(std::make_unique<Impl>(std::move(peer), std::move(node))) {}
Asker::~Asker() { stop(); }

Result<std::string> Asker::ask_bytes(std::string_view question, const std::string& body,
                                     std::chrono::milliseconds limit) {
  return impl_->ask(question, body, Clock::now() + limit);
}

void Asker::stop() { impl_->stop(); }

}  // namespace fuzzmill::broker
