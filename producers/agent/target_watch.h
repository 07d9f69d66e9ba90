// The watch over one target: a loop on its fuzzer's end, its log, its artifact folders, replays that come
// back, the clock and the stop request. For agent.cc and run.cc.
//
// Life cycle: run() returns when it is asked to stop, when the fuzzer reached a limit of its own (exit code
// 0), when it is given up, or when a fuzzer that somebody else runs has ended. By then the fuzzer's whole
// group has ended and every crash is published, or kept where the next run finds it. Threads: one, which must
// live as long as the call: the fuzzer dies with it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_set>

#include "producers/agent/crash_desk.h"
#include "producers/agent/fuzzer_process.h"
#include "producers/agent/kept_log.h"
#include "producers/agent/node_services.h"
#include "producers/agent/target_plan.h"
#include "producers/agent/vitals.h"
#include "producers/corpus/corpus_size.h"
#include "producers/evidence/findings.h"
#include "producers/evidence/folder_watch.h"
#include "producers/monitor/oom.h"

namespace fuzzmill::producers {

class TargetWatch {
 public:
  // kUnavailable: out of descriptors or inotify watches; kDenied: a folder.
  static schema::Result<std::unique_ptr<TargetWatch>> make(TargetPlan plan, const NodeServices& node);
  ~TargetWatch();
  TargetWatch(const TargetWatch&) = delete;
  TargetWatch& operator=(const TargetWatch&) = delete;

  // kUnavailable: given up in a crash loop, or crashes could not be published (they stay on disk).
  schema::Status run(std::stop_token stop);

 private:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  TargetWatch(TargetPlan plan, const NodeServices& node, std::unique_ptr<FolderWatch> folders,
              PendingCrashes pending, int wake);

  void begin();
  void start_fuzzer(Time now);
  void wait_for_something();
  Time next_work() const;
  void read_log();
  void read_output();
  void read_folders();
  void look_for_folders(bool scan_all);
  void scan(const std::filesystem::path& folder);
  void settle(const std::optional<ProcessEnd>& ended);
  void fuzzer_ended(const runtime::ExitStatus& status);
  void watched_ended();
  void drain_log();
  void do_timed_work();
  void publish_sample(Time now);
  void finish();
  void publish(schema::Body body, std::vector<broker::Attachment> attachments);

  FeedSink sink();
  FindingsOptions findings_options();
  CrashDeskOptions desk_options();
  Supervised supervised() const;
  std::optional<pid_t> root();
  std::function<void()> wake_up() const;
  void say(const std::string& text);

  TargetPlan plan_;
  const NodeServices& node_;
  int wake_ = -1;            // an eventfd: stop was requested, or a replay is back
  bool seen_alive_ = false;  // the process that a fuzzer of somebody else's says it is
  int watched_ = -1;         // a pidfd of a fuzzer that somebody else runs
  std::unique_ptr<FolderWatch> folders_;
  ArtifactPlaces places_;
  Findings findings_;
  CrashDesk desk_;
  Vitals vitals_;
  FeedSink sink_;
  KeptLog kept_;
  std::optional<CorpusMeasure> corpus_;
  std::optional<FuzzerProcess> process_;
  OomCounts oom_;                                  // when it was started
  std::optional<runtime::ExitStatus> ended_with_;  // while the last artifacts of an end are settled
  std::unordered_set<std::uint64_t> scanned_;      // files as they were, by a hash of name, size and time

  bool over_ = false;
  std::stop_token stop_;
  schema::Status outcome_;
  Time next_sample_, next_folders_, next_look_;
  std::optional<Time> start_at_;
  std::string last_warning_;
  Time last_warning_time_;
};

}  // namespace fuzzmill::producers
