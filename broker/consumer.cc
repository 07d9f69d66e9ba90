#include "broker/consumer.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "broker/clock.h"
#include "broker/link.h"
#include "runtime/log.h"
#include "schema/event_codec.h"
#include "schema/wire.h"

namespace fuzzmill::broker {
namespace {

namespace wire = schema::wire;

constexpr std::uint64_t kHelloMs = 1000;  // no WELCOME: say HELLO again

struct Tagged {
  std::uint64_t epoch = 0;
  std::uint64_t tag = 0;
  schema::Result<Delivery> delivery;
};

struct Answered {
  std::uint64_t epoch = 0;
  std::uint64_t tag = 0;
  schema::Outcome outcome;
  std::vector<std::string> outputs;
};

schema::Result<Delivery> unpack(const wire::Delivery& delivery, const Frames& frames) {
  auto event = schema::decode(delivery.event);
  if (!event) return std::move(event).error();
  Delivery unpacked{std::move(event).value(), delivery.attempt, {}};
  for (const auto& attached : delivery.attached) {
    if (attached.ref >= unpacked.event.attachments.size() || attached.frame >= frames.size()) {
      return schema::invalid("a delivery names a frame that it lacks");
    }
    unpacked.attachments.push_back(
        {unpacked.event.attachments[attached.ref].name, std::string(view(frames[attached.frame]))});
  }
  return unpacked;
}

// The connection's side of a consumer: its thread talks to the broker while the handler works.
class Exchange {
 public:
  Exchange(const ConsumerOptions& options, std::atomic<bool>& connected)
      : options_(options), connected_(connected), link_(options.peer), thread_([this] { run(); }) {}

  ~Exchange() {
    stopping_.store(true);
    link_.wake();
    thread_.join();
  }

  // A batch of deliveries; empty when the stop was requested or the broker denies us for good.
  std::vector<Tagged> next(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    const std::stop_callback wake(stop, [this] {
      { const std::lock_guard guard(mutex_); }
      arrived_.notify_all();
    });
    arrived_.wait(lock, [&] { return stop.stop_requested() || !inbox_.empty() || !denied_.empty(); });
    if (stop.stop_requested()) return {};
    std::vector<Tagged> batch(std::make_move_iterator(inbox_.begin()), std::make_move_iterator(inbox_.end()));
    inbox_.clear();
    return batch;
  }

  void answer(std::vector<Answered> answers) {
    {
      const std::lock_guard lock(mutex_);
      std::move(answers.begin(), answers.end(), std::back_inserter(outbox_));
    }
    link_.wake();
  }

  std::string denied() {
    const std::lock_guard lock(mutex_);
    return denied_;
  }

 private:
  void run() {
    while (!stopping_.load()) {
      link_.wait(std::chrono::milliseconds(welcomed_ ? std::max<std::uint64_t>(ping_ms_ / 2, 50) : 250));
      for (auto change = link_.change(); change != Link::Change::kNone; change = link_.change()) {
        lost();
        if (!link_.problem().empty()) warn(link_.problem());
      }
      Frames frames;
      while (link_.receive(frames)) hear(frames);
      send_answers();
      keep_in_touch();
    }
    send_answers();
    if (welcomed_) say(wire::Bye{});
  }

  void warn(std::string_view problem) {
    runtime::log_warn("trouble with the broker", {{"stage", name(options_.stage)}, {"error", problem}});
  }

  void lost() {
    welcomed_ = false;
    connected_.store(false);
    next_hello_ = 0;
  }

  void say(const wire::ClientMessage& message) {
    Frames frames(1);
    frames[0] = frame_of_owned(wire::encode(message));
    (void)link_.send(frames);  // when it cannot be sent, the broker's silence makes us say it again
    last_said_ = steady_ms();
  }

  void keep_in_touch() {
    const std::uint64_t now = steady_ms();
    if (!link_.up()) return;
    if (!welcomed_ && now >= next_hello_) {
      wire::Hello hello{name(options_.stage), options_.credit, {}};
      for (const auto& want : options_.wants) hello.wants.push_back(want);
      say(hello);
      next_hello_ = now + kHelloMs;
    } else if (welcomed_ && now >= last_said_ + ping_ms_) {
      say(wire::Ping{});
    }
    // A broker that went away without closing the connection: its PONGs stay out.
    if (welcomed_ && now > last_heard_ + 8 * ping_ms_) lost();
  }

  void hear(const Frames& frames) {
    if (frames.empty()) return;
    last_heard_ = steady_ms();
    const auto message = wire::decode_broker(view(frames[0]));
    if (!message) return warn(message.error().message);
    if (const auto* welcome = std::get_if<wire::Welcome>(&*message)) {
      welcomed_ = true;
      connected_.store(true);
      epoch_ = welcome->epoch;
      ping_ms_ = std::clamp<std::uint64_t>(welcome->ping_ms, 50, 60'000);
    } else if (const auto* deliver = std::get_if<wire::Deliver>(&*message)) {
      on_deliver(*deliver, frames);
    } else if (const auto* pong = std::get_if<wire::Pong>(&*message)) {
      if (pong->epoch != epoch_) lost();  // another broker, or it has given us up: introduce ourselves
    } else if (const auto* fault = std::get_if<wire::Fault>(&*message)) {
      warn(fault->reason);
      if (fault->reason.substr(0, 6) != "denied") return;
      const std::lock_guard lock(mutex_);
      denied_ = fault->reason;
      arrived_.notify_all();
    }
  }

  void on_deliver(const wire::Deliver& deliver, const Frames& frames) {
    if (deliver.epoch != epoch_ || !welcomed_) return;
    std::vector<Tagged> batch;
    for (const auto& delivery : deliver.deliveries) {
      batch.push_back({deliver.epoch, delivery.tag, unpack(delivery, frames)});
    }
    const std::lock_guard lock(mutex_);
    std::move(batch.begin(), batch.end(), std::back_inserter(inbox_));
    arrived_.notify_all();
  }

  void send_answers() {
    std::vector<Answered> answers;
    {
      const std::lock_guard lock(mutex_);
      answers.swap(outbox_);
    }
    for (std::size_t from = 0; from < answers.size();) {
      wire::Verdicts verdicts{epoch_, {}};
      std::size_t bytes = 0;
      for (; from < answers.size() && verdicts.verdicts.size() < 512 && bytes < (1u << 20); ++from) {
        const Answered& a = answers[from];
        if (a.epoch != epoch_) continue;  // void: that broker is gone, the event comes again
        wire::Verdict v{
            a.tag, a.outcome.kind, a.outcome.reason, static_cast<std::uint64_t>(a.outcome.delay.count()), {}};
        for (const auto& output : a.outputs) v.outputs.push_back(output), bytes += output.size();
        verdicts.verdicts.push_back(std::move(v));
      }
      if (!verdicts.verdicts.empty()) say(verdicts);
    }
  }

  const ConsumerOptions& options_;
  std::atomic<bool>& connected_;
  Link link_;
  bool welcomed_ = false;
  std::uint64_t epoch_ = 0, ping_ms_ = 1000, next_hello_ = 0, last_said_ = 0, last_heard_ = 0;
  std::atomic<bool> stopping_{false};

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Tagged> inbox_;
  std::vector<Answered> outbox_;
  std::string denied_;
  std::thread thread_;
};

std::vector<schema::Outcome> handle(const Handler& handler, std::vector<Delivery>& deliveries) {
  std::string problem;
  try {
    auto outcomes = handler(deliveries);
    if (outcomes.size() == deliveries.size()) return outcomes;
    problem = fmt::format("stage answered {} of {} deliveries", outcomes.size(), deliveries.size());
  } catch (const std::exception& e) {
    problem = fmt::format("stage failed: {}", e.what());
  }
  runtime::log_error("a batch was not handled", {{"error", problem}});
  return std::vector<schema::Outcome>(deliveries.size(), schema::Outcome::later(problem));
}

}  // namespace

const std::string* Delivery::attachment(std::string_view name) const {
  const auto found = std::find_if(attachments.begin(), attachments.end(),
                                  [&](const Attachment& attachment) { return attachment.name == name; });
  return found == attachments.end() ? nullptr : &found->bytes;
}

Consumer::Consumer(ConsumerOptions options) : options_(std::move(options)) {}

schema::Status Consumer::run(const Handler& handler, std::stop_token stop) {
  Exchange exchange(options_, connected_);
  while (!stop.stop_requested()) {
    std::vector<Tagged> batch = exchange.next(stop);
    if (const std::string denied = exchange.denied(); !denied.empty()) return schema::denied(denied);
    std::vector<Answered> answers;
    std::vector<Delivery> deliveries;
    std::vector<std::size_t> places;
    for (Tagged& tagged : batch) {
      answers.push_back({tagged.epoch, tagged.tag, {}, {}});
      if (tagged.delivery) {
        places.push_back(answers.size() - 1);
        deliveries.push_back(std::move(*tagged.delivery));
      } else {
        answers.back().outcome = schema::Outcome::never(tagged.delivery.error().message);
      }
    }
    if (!deliveries.empty()) {
      auto outcomes = handle(handler, deliveries);
      for (std::size_t i = 0; i < places.size(); ++i) answers[places[i]].outcome = std::move(outcomes[i]);
    }
    for (Answered& answer : answers) {
      for (const auto& output : answer.outcome.outputs) answer.outputs.push_back(schema::encode(output));
    }
    exchange.answer(std::move(answers));
  }
  connected_.store(false);
  return {};
}

}  // namespace fuzzmill::broker
