#include "broker/front.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "broker/clock.h"
#include "runtime/log.h"
#include "schema/limits.h"

namespace fuzzmill::broker {
namespace {

namespace wire = schema::wire;
using schema::Stage;

constexpr std::size_t kJobEvents = 1024;
constexpr std::size_t kJobBytes = 4u << 20;
constexpr std::size_t kMostRead = 1024;
constexpr std::uint64_t kMostCredit = 4096;
constexpr std::uint64_t kMostDelayMs = 24 * 3'600'000;  // that a stage may ask for
constexpr std::uint64_t kStallMs = 1000;                // a commit this long means that Redis is away
constexpr std::uint64_t kPollMs = 1000;  // events that other brokers appended are found so late at most

std::string peer_of(const zmq::message_t& frame) { return std::string(view(frame)); }

}  // namespace

Front::Front(const ServerOptions& options, zmq::socket_t router, std::uint64_t epoch)
    : options_(options),
      router_(std::move(router)),
      epoch_(epoch),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  maybe_more_.fill(true);
}

Front::~Front() { ::close(wake_fd_); }

void Front::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
}

void Front::stop() {
  stopping_.store(true);
  wake();
}

bool Front::job_full() const { return intake_.events >= kJobEvents || intake_.bytes >= kJobBytes; }
bool Front::stalled() const { return taking_in_ && taking_in_since_ + kStallMs < steady_ms(); }

void Front::run(Committer& intake, Committer& dispatch, Answerer& answerer, const Pressure& pressure) {
  while (!stopping_.load()) {
    for (const TellWork& work : answerer.take_answers()) tell(work);
    for (JobResult& result : intake.take_results()) take(std::move(result));
    for (JobResult& result : dispatch.take_results()) take(std::move(result));
    const std::uint64_t now = steady_ms();
    if (now >= next_expiry_) {
      for (const auto& peer :
           dispatcher_.expire(now, static_cast<std::uint64_t>(options_.worker_timeout.count()),
                              static_cast<std::uint64_t>(options_.lease.count()))) {
        runtime::log_warn("a worker is silent: its deliveries go to others", {{"peer", schema::hex(peer)}});
      }
      next_expiry_ = now + 500;
    }
    hand_out();
    if (!taking_in_) submit_intake(intake);
    if (!dispatching_) submit_dispatch(dispatch, pressure);
    wait(!job_full() || !taking_in_ || stalled());
    hear(answerer);
  }
}

void Front::wait(bool router_too) {
  const std::uint64_t now = steady_ms();
  std::uint64_t until = now + kPollMs;
  if (dispatcher_.workers() > 0) until = std::min(until, next_expiry_);
  if (const auto due = dispatcher_.next_due(); due && !dispatching_)
    until = std::min(until, std::max(*due, now));
  std::array<zmq::pollitem_t, 2> items = {
      {{nullptr, wake_fd_, ZMQ_POLLIN, 0}, {router_.handle(), 0, ZMQ_POLLIN, 0}}};
  try {
    zmq::poll(items.data(), router_too ? 2 : 1, std::chrono::milliseconds(until - std::min(until, now)));
  } catch (const zmq::error_t& e) {
    if (e.num() != EINTR) throw;
  }
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(wake_fd_, &count, sizeof count);
}

void Front::hear(Answerer& answerer) {
  Frames frames;
  // While Redis is away, publishers are told so; they keep their events.
  while ((!job_full() || stalled()) && receive(router_, frames)) handle(frames, answerer);
}

void Front::handle(Frames& frames, Answerer& answerer) {
  if (frames.size() < 2) return;
  const std::string peer = peer_of(frames[0]);
  const char* user = nullptr;
  try {
    user = frames[1].gets("User-Id");
  } catch (const zmq::error_t&) {
  }
  const auto identity = parse_user_id(user == nullptr ? "" : user);
  if (!identity) return;  // not vouched for: not answered
  std::size_t bytes = 0;
  for (const auto& frame : frames) bytes += frame.size();
  if (frames.size() > schema::kMaxFrames + 1) return fault(peer, "message has too many frames");
  if (bytes > schema::kMaxMessageSize) return fault(peer, "the frames of the message are too large together");
  const auto message = wire::decode_client(view(frames[1]));
  if (!message) return fault(peer, message.error().message);
  dispatcher_.heard(peer, steady_ms());
  if (const auto* publish = std::get_if<wire::Publish>(&*message))
    return on_publish(peer, *identity, *publish, frames);
  if (const auto* hello = std::get_if<wire::Hello>(&*message)) return on_hello(peer, *identity, *hello);
  if (const auto* verdicts = std::get_if<wire::Verdicts>(&*message)) return on_verdicts(peer, *verdicts);
  if (std::holds_alternative<wire::Ping>(*message)) return on_ping(peer);
  if (const auto* ask = std::get_if<wire::Ask>(&*message)) return on_ask(peer, *identity, *ask, answerer);
  dispatcher_.gone(peer);  // BYE
}

void Front::fault(const std::string& peer, const std::string& reason) {
  // A hostile peer must not write our log for us.
  if (++faults_ % 100 == 1) {
    runtime::log_warn("message refused",
                      {{"peer", schema::hex(peer)}, {"reason", reason}, {"so_far", faults_}});
  }
  reply(peer, wire::Fault{reason});
}

void Front::on_publish(const std::string& peer, const Identity& identity, const wire::Publish& publish,
                       Frames& frames) {
  if (stalled()) return reply(peer, wire::Busy{publish.source, publish.previous, 500, "Redis is away"});
  PublishWork work;
  work.peer = peer;
  work.frames = std::move(frames);
  std::vector<std::string_view> attachments;
  for (std::size_t i = 2; i < work.frames.size(); ++i) attachments.push_back(view(work.frames[i]));
  auto intake = take_in(identity, publish, attachments);
  if (!intake) return fault(peer, intake.error().message);
  work.intake = std::move(intake).value();
  intake_.events += work.intake.events.size();
  intake_.bytes += work.intake.bytes;
  intake_.publishes.push_back(std::move(work));
}

void Front::on_hello(const std::string& peer, const Identity& identity, const wire::Hello& hello) {
  const auto stage = schema::stage_named(hello.stage);
  if (!stage) return fault(peer, fmt::format("HELLO: no stage is named '{}'", hello.stage.substr(0, 32)));
  if (!may_consume(identity, *stage)) {
    return fault(
        peer, fmt::format("denied: the key '{}' may not work as stage {}", user_id(identity), name(*stage)));
  }
  WorkerState worker;
  worker.stage = *stage;
  worker.name = identity.name;
  worker.credit = std::clamp<std::uint64_t>(hello.credit, 1, 4096);
  for (const auto want : hello.wants) worker.wants.emplace(want);
  dispatcher_.hello(peer, std::move(worker), steady_ms());
  maybe_more_[static_cast<std::size_t>(*stage)] = true;
  reply(peer, wire::Welcome{epoch_, static_cast<std::uint64_t>(options_.worker_timeout.count()) / 4});
}

void Front::on_verdicts(const std::string& peer, const wire::Verdicts& verdicts) {
  if (verdicts.epoch != epoch_) return reply(peer, wire::Pong{0});
  const std::uint64_t now = steady_ms();
  for (const wire::Verdict& verdict : verdicts.verdicts) {
    auto entry = dispatcher_.settle(peer, verdict.tag);
    if (!entry) continue;  // it went to another meanwhile
    VerdictWork work{std::move(*entry), verdict.kind, std::string(verdict.reason), {}};
    if (verdict.kind == schema::OutcomeKind::kLater) {
      if (work.entry.attempt < options_.max_attempts) {
        const auto shift = std::min<std::uint64_t>(work.entry.attempt - 1, 20);
        const auto backoff =
            std::min<std::uint64_t>(static_cast<std::uint64_t>(options_.retry_first.count()) << shift,
                                    static_cast<std::uint64_t>(options_.retry_most.count()));
        dispatcher_.retry(std::move(work.entry),
                          now + (verdict.delay_ms > 0 ? std::min(verdict.delay_ms, kMostDelayMs) : backoff));
        continue;
      }
      work.kind = schema::OutcomeKind::kNever;
      work.reason = fmt::format("gave up after {} attempts: {}", work.entry.attempt, verdict.reason);
    }
    for (const auto output : verdict.outputs) work.outputs.emplace_back(output);
    dispatch_.verdicts.push_back(std::move(work));
  }
}

void Front::on_ping(const std::string& peer) {
  reply(peer, wire::Pong{dispatcher_.heard(peer, steady_ms()) ? epoch_ : 0});
}

// Nothing of Redis is touched here: no event waits for a question.
void Front::on_ask(const std::string& peer, const Identity& identity, const wire::Ask& ask,
                   Answerer& answerer) {
  using schema::AnswerCode;
  // Such an answer is small and has no mark: the socket bounds how many of them wait.
  const auto refuse = [&](AnswerCode code, std::string_view reason) {
    reply(peer, wire::Tell{ask.id, name(code), reason, {}, 0});
  };
  const auto node = asking_node(identity, ask.node);
  if (!node) return refuse(AnswerCode::kDenied, node.error().message);
  if (ask.body.size() > schema::kMaxAnswerSize)
    return refuse(AnswerCode::kInvalid, "the body of the question is too large");
  const std::string key = user_id(identity);
  receipts_.heard(key, ask.heard);
  if (!receipts_.may_tell(key, steady_ms()))
    return refuse(AnswerCode::kBusy, "earlier answers were not heard yet");
  const auto question = ask.question.substr(0, schema::kMaxNameSize);
  if (!answerer.submit({peer, key, *node, ask.id, std::string(question), std::string(ask.body)}))
    refuse(AnswerCode::kBusy, "too many questions wait");
}

void Front::tell(const TellWork& work) {
  const std::uint64_t mark = marks_() | 1;
  receipts_.told(work.key, {work.peer, mark, work.told.body.size(), steady_ms()});
  reply(work.peer, wire::Tell{work.id, name(work.told.code), work.told.reason, work.told.body, mark});
}

void Front::reply(const std::string& peer, const wire::BrokerMessage& message) {
  Frames frames;
  frames.push_back(frame_of(peer));
  frames.push_back(frame_of(wire::encode(message)));
  (void)send(router_, frames);  // a peer that is gone or does not read will ask again
}

void Front::answer(const Answer& a) {
  switch (a.kind) {
    case Answer::Kind::kAck:
      return reply(a.peer, wire::Ack{a.source, a.sequence});
    case Answer::Kind::kRefuse:
      if (++refused_ % 100 == 1) {
        runtime::log_warn("event refused", {{"source", fmt::format("{:016x}", a.source)},
                                            {"sequence", a.sequence},
                                            {"reason", a.reason},
                                            {"so_far", refused_}});
      }
      return reply(a.peer, wire::Refuse{a.source, a.sequence, a.reason});
    case Answer::Kind::kRewind:
      return reply(a.peer, wire::Rewind{a.source, a.sequence});
    case Answer::Kind::kBusy:
      return reply(a.peer, wire::Busy{a.source, a.sequence, 1000, a.reason});
  }
}

void Front::take(JobResult result) {
  if (result.was_job) (result.was_intake ? taking_in_ : dispatching_) = false;
  for (const Answer& a : result.answers) answer(a);
  // Only submit_dispatch() says that there may be nothing more: it is about to look.
  for (const auto& asked : result.reads) {
    const auto stage = static_cast<std::size_t>(asked.stage);
    if (result.read_counts[stage] >= asked.count) maybe_more_[stage] = true;
  }
  for (const auto& [stage, topic] : schema::kSubscriptions) {
    if (result.appended[static_cast<std::size_t>(topic)]) maybe_more_[static_cast<std::size_t>(stage)] = true;
  }
  for (const Stage stage : schema::all_stages()) {
    dispatcher_.claimed(stage, result.claims_asked[static_cast<std::size_t>(stage)]);
  }
  for (Work& work : result.works) {
    if (work.entry.attempt > options_.max_attempts) {
      dispatch_.verdicts.push_back(
          {std::move(work.entry),
           schema::OutcomeKind::kNever,
           fmt::format("no worker finished it in {} deliveries", options_.max_attempts),
           {}});
    } else {
      dispatcher_.ready(std::move(work));
    }
  }
  std::move(result.unfetched.begin(), result.unfetched.end(), std::back_inserter(dispatch_.fetches));
  if (!result.orphans.empty()) adopt_unknown(std::move(result.orphans));
}

// Entries that are pending in Redis under our name: those that nobody here knows of are delivered anew.
void Front::adopt_unknown(std::vector<store::LogEntry> entries) {
  std::set<std::string> known = dispatcher_.known();
  const auto know = [&](const store::LogEntry& entry) { known.insert(Dispatcher::key_of(entry)); };
  for (const auto& verdict : dispatch_.verdicts) know(verdict.entry);
  for (const auto& work : dispatch_.fetches) know(work.entry);
  for (const auto& claim : dispatch_.claims) know(claim);
  for (auto& entry : entries) {
    if (!known.contains(Dispatcher::key_of(entry))) dispatcher_.orphan(std::move(entry));
  }
}

void Front::hand_out() {
  const auto assignments = dispatcher_.assign(steady_ms());
  for (std::size_t from = 0; from < assignments.size();) {
    std::vector<Assignment> run;
    std::size_t bytes = 0;
    for (; from < assignments.size() && run.size() < schema::kMaxBatchEvents; ++from) {
      const Assignment& next = assignments[from];
      std::size_t size = next.work->entry.event.size();
      for (const auto& attached : next.work->attached) size += attached.bytes.size();
      if (!run.empty() && (next.peer != run[0].peer || bytes + size > schema::kMaxMessageSize / 2)) break;
      bytes += size;
      run.push_back(next);
    }
    if (deliver(run)) continue;
    for (std::size_t i = assignments.size(); i > from; --i) dispatcher_.unsent(assignments[i - 1].tag);
    return;
  }
}

bool Front::deliver(const std::vector<Assignment>& run) {
  wire::Deliver message{epoch_, {}};
  Frames frames(2);
  frames[0] = frame_of(run[0].peer);
  for (const Assignment& assignment : run) {
    const Work& work = *assignment.work;
    wire::Delivery delivery{assignment.tag, work.entry.attempt, work.entry.event, {}};
    for (const auto& attached : work.attached) {
      delivery.attached.push_back({attached.ref, frames.size() - 1});
      frames.push_back(frame_of(attached.bytes));
    }
    message.deliveries.push_back(std::move(delivery));
  }
  frames[1] = frame_of_owned(wire::encode(message));
  switch (send(router_, frames)) {
    case Sent::kYes:
      for (const Assignment& assignment : run) dispatcher_.sent(assignment.tag);
      return true;
    case Sent::kFull:
      for (const Assignment& assignment : run) dispatcher_.unsent(assignment.tag);
      return false;
    case Sent::kGone:
      dispatcher_.gone(run[0].peer);
      return false;
  }
  return false;
}

void Front::add_reads(const Pressure& pressure) {
  const std::uint64_t now = steady_ms();
  const bool poll = now >= next_poll_;
  if (poll) next_poll_ = now + kPollMs;
  for (const Stage stage : schema::all_stages()) {
    const auto index = static_cast<std::size_t>(stage);
    if (dispatch_.verdicts.empty() && !maybe_more_[index] && !poll) continue;
    // A stage whose product has no room waits, but for alert: it takes its own product off the log.
    const auto topic = schema::product(stage);
    if (topic && stage != Stage::kAlert && pressure.takes_no(*topic)) continue;
    const std::uint64_t appetite = dispatcher_.appetite(stage);
    if (appetite == 0) continue;
    dispatch_.reads.push_back({stage, std::min<std::uint64_t>(appetite, kMostRead), poll});
    maybe_more_[index] = false;
  }
}

void Front::submit_intake(Committer& committer) {
  if (intake_.empty()) return;
  taking_in_ = true;
  taking_in_since_ = steady_ms();
  committer.submit(std::exchange(intake_, Job{}));
}

void Front::submit_dispatch(Committer& committer, const Pressure& pressure) {
  dispatch_.claims = dispatcher_.take_claims(steady_ms());
  add_reads(pressure);
  if (dispatch_.empty()) return;
  for (const Stage stage : schema::all_stages()) {
    dispatch_.wants[static_cast<std::size_t>(stage)] = dispatcher_.wants(stage);
  }
  dispatching_ = true;
  committer.submit(std::exchange(dispatch_, Job{}));
}

}  // namespace fuzzmill::broker
