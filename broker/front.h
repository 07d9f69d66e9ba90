// The front: owns the ROUTER, speaks the queue protocol, collects jobs for the committer.
//
// Threads: run() is one thread; wake() may be called from any.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "broker/answerer.h"
#include "broker/committer.h"
#include "broker/dispatcher.h"
#include "broker/receipts.h"
#include "broker/server.h"
#include "broker/socket.h"
#include "schema/wire.h"

namespace fuzzmill::broker {

class Front {
 public:
  Front(const ServerOptions& options, zmq::socket_t router, std::uint64_t epoch);
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  void run(Committer& intake, Committer& dispatch, Answerer& answerer, const Pressure& pressure);
  void stop();  // run() returns soon
  void wake();

 private:
  void wait(bool router_too);
  void hear(Answerer& answerer);
  void handle(Frames& frames, Answerer& answerer);
  void on_publish(const std::string& peer, const Identity& identity, const schema::wire::Publish& publish,
                  Frames& frames);
  void on_hello(const std::string& peer, const Identity& identity, const schema::wire::Hello& hello);
  void on_verdicts(const std::string& peer, const schema::wire::Verdicts& verdicts);
  void on_ping(const std::string& peer);
  void on_ask(const std::string& peer, const Identity& identity, const schema::wire::Ask& ask,
              Answerer& answerer);
  void tell(const TellWork& work);
  void fault(const std::string& peer, const std::string& reason);

  void take(JobResult result);
  void adopt_unknown(std::vector<store::LogEntry> entries);
  void answer(const Answer& answer);
  void hand_out();
  bool deliver(const std::vector<Assignment>& run);
  void add_reads(const Pressure& pressure);
  void submit_intake(Committer& committer);
  void submit_dispatch(Committer& committer, const Pressure& pressure);
  void reply(const std::string& peer, const schema::wire::BrokerMessage& message);
  bool job_full() const;
  bool stalled() const;

  ServerOptions options_;
  zmq::socket_t router_;
  std::uint64_t epoch_;
  int wake_fd_;
  std::atomic<bool> stopping_{false};

  Dispatcher dispatcher_;
  Job intake_;              // publishes
  Job dispatch_;            // verdicts, reads, claims, fetches
  bool taking_in_ = false;  // the intake's committer has a job …
  std::uint64_t taking_in_since_ = 0;
  bool dispatching_ = false;  // … and so has that of dispatch
  std::array<bool, schema::kStageCount> maybe_more_{};
  std::uint64_t next_poll_ = 0;
  std::uint64_t next_expiry_ = 0;
  Receipts receipts_;
  std::independent_bits_engine<std::random_device, 64, std::uint64_t> marks_;
  std::uint64_t faults_ = 0;   // messages refused, ever
  std::uint64_t refused_ = 0;  // events refused, ever
};

}  // namespace fuzzmill::broker
