// The watch over one fuzzer: a loop on its end, its log, its artifact folder, the clock and the stop request.
// For run.cc alone; run.h is the public face. One thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "producers/agent/run.h"
#include "producers/engine/libfuzzer_log.h"
#include "producers/engine/libfuzzer_metrics.h"
#include "producers/engine/sanitizer_options.h"
#include "producers/evidence/artifact_watch.h"
#include "producers/evidence/findings.h"
#include "producers/evidence/published.h"
#include "producers/monitor/proc_sample.h"
#include "runtime/child_process.h"

namespace fuzzmill::producers {

// A RunOptions with everything looked up and checked.
struct RunPlan {
  RunOptions options;
  std::vector<std::string> argv;  // as started
  bool many_processes = false;
  ArtifactPlace place;
  std::optional<std::filesystem::path> corpus;
  std::optional<std::string> build_id;
  Variables environment;
};

class TargetRun {
 public:
  TargetRun(RunPlan plan, std::unique_ptr<ArtifactWatch> watch, PublishedSet published);
  ~TargetRun();
  TargetRun(const TargetRun&) = delete;
  TargetRun& operator=(const TargetRun&) = delete;

  schema::Status run(std::stop_token stop);

 private:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  // The loop's parts, in the order of a fuzzer's life.
  schema::Status start_fuzzer();
  void wait_for_something();
  void read_log();
  void read_watch();
  void settle(const std::optional<ProcessEnd>& ended);
  void fuzzer_ended(const runtime::ExitStatus& status);
  void drain_log();
  void begin_stop();
  void do_timed_work();
  void finish();

  // What is published.
  schema::Result<schema::EventId> publish(schema::Body body, std::vector<broker::Attachment> attachments);
  void publish_lossy(schema::Body body, std::vector<broker::Attachment> attachments = {});
  bool publish_finding(const Finding& finding);
  void publish_sample();
  void publish_snapshot();
  void publish_heartbeat(const char* reason);

  void take(std::vector<LogEvent> events);
  std::string state_word() const;

  RunPlan plan_;
  std::unique_ptr<ArtifactWatch> watch_;
  PublishedSet published_;
  Findings findings_;
  LibfuzzerLog log_;
  LibfuzzerMetrics metrics_;
  std::optional<runtime::ChildProcess> fuzzer_;
  std::optional<runtime::ExitStatus> ended_with_;  // while the last artifacts of an end are settled
  std::vector<RunEnd> ends_;
  ProcTree last_tree_;
  ProcUnits units_;

  int wake_ = -1;  // an eventfd: stop was requested
  bool stopping_ = false;
  bool over_ = false;
  schema::Status outcome_;

  Time begun_, fuzzer_started_, last_sample_, next_sample_, next_heartbeat_;
  std::optional<Time> restart_at_, kill_at_, next_snapshot_;
  std::uint64_t crashes_ = 0, restarts_ = 0;
  bool crash_looping_ = false;
};

}  // namespace fuzzmill::producers
