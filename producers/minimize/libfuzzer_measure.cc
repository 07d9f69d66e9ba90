// libFuzzer's own merge measures: the step that takes a control file (-merge_inner), as its -merge=1 starts
// it for itself. -merge=1 starts it through system(3), so that a killed merge leaves a process behind which
// goes on writing; as a child of ours it dies with us, and we see which input ended it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "producers/engine/engine_variables.h"
#include "producers/engine/libfuzzer_command.h"
#include "producers/minimize/engine_measure.h"
#include "producers/minimize/merge_control.h"
#include "runtime/durable_file.h"
#include "runtime/head_tail.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t kMaxControl = 1u << 30;
constexpr std::uint64_t kMaxLog = 64u << 20;
constexpr std::size_t kReportHead = 192 * 1024, kReportTail = 64 * 1024;
constexpr int kMostAnew = 3;       // control files that turned out bad
constexpr int kMostIdle = 3;       // starts in a row that ran no input
constexpr auto kStartLimit = 60s;  // beside the input's own limit, for a start and a report

struct CodeFailure {
  int code;
  std::string_view failure;
};
constexpr std::array<CodeFailure, 2> kCodes{{{70, "timeout"}, {71, "oom"}}};

// Signals that somebody else sends; the input is tried once more before it is blamed.
constexpr std::array<int, 4> kFromOutside{SIGKILL, SIGTERM, SIGINT, SIGHUP};

std::string failure_of(const runtime::ExitStatus& exit) {
  for (const auto& [code, failure] : kCodes) {
    if (exit.code == code) return std::string(failure);
  }
  return exit.signal == SIGKILL ? "oom" : "crash";  // the kernel's OOM killer, when it is the second time
}

class LibfuzzerShard {
 public:
  LibfuzzerShard(const MinimizeTarget& target, const InputLimits& limits, const Shard& shard,
                 const MeasureTalk& talk, std::stop_token stop)
      : target_(target), limits_(limits), shard_(shard), talk_(talk), stop_(std::move(stop)) {
    for (const auto& input : shard.inputs) paths_.push_back(input_path(shard.files, input.sha256).string());
  }

  schema::Result<Measured> run() {
    if (auto opened = open(); !opened) return opened.error();
    int idle = 0;
    while (state_.begun.size() < paths_.size()) {
      const auto before = state_.begun.size();
      retried_ = false;
      auto exit = run_once();
      if (!exit) return exit.error();
      if (auto looked = look(); !looked) return looked.error();
      if (state_.open) {
        if (auto blamed = blame(*exit); !blamed) return blamed.error();
      }
      idle = state_.begun.size() > before || retried_ ? 0 : idle + 1;
      if (state_.begun.size() < paths_.size() && idle == kMostIdle) return cannot_run(*exit);
    }
    return measured();
  }

 private:
  fs::path control() const { return shard_.folder / "control"; }
  fs::path log() const { return shard_.folder / "log"; }

  // The control file of a run that was broken off, cut to what is whole, or a new one.
  schema::Status open() {
    std::error_code failed;
    end_left_over(shard_.folder.string());
    fs::create_directories(shard_.folder / "artifacts", failed);
    if (failed) return schema::unavailable(fmt::format("{}: {}", shard_.folder.string(), failed.message()));
    if (!fs::exists(control())) return begin();
    if (auto looked = look(); !looked) return looked;
    return cut();
  }

  schema::Status begin() {
    state_ = {};
    return runtime::write_durably(control(), new_control(paths_));
  }

  // Whoever ran the last one begun was killed together with us, maybe: it is run again.
  schema::Status cut() {
    std::error_code failed;
    fs::resize_file(control(), state_.whole, failed);
    if (failed) return schema::unavailable(fmt::format("{}: {}", control().string(), failed.message()));
    if (state_.open) state_.begun.pop_back();
    state_.open.reset();
    return {};
  }

  // Reads the control file; a bad one is put away and the shard begins anew.
  schema::Status look() {
    auto text = read_whole(control(), kMaxControl);
    auto state = text ? read_control(*text, paths_) : schema::Result<ControlState>(text.error());
    if (state) {
      if (talk_.done && state->begun.size() > told_) talk_.done(state->begun.size() - told_);
      told_ = std::max(told_, state->begun.size());
      state_ = std::move(*state);
      return {};
    }
    if (state.error().code == schema::ErrorCode::kUnavailable) return state.error();
    if (++anew_ > kMostAnew)
      return std::move(state).error().in("the target spoils the merge control file again and again");
    std::error_code ignored;
    fs::path bad;
    for (int i = 1; bad.empty() || fs::exists(bad, ignored); ++i)
      bad = shard_.folder / fmt::format("control.bad-{}", i);
    fs::rename(control(), bad, ignored);
    if (talk_.say)
      talk_.say(
          fmt::format("{}; it is kept as {} and its shard begins anew", state.error().message, bad.string()));
    return begin();
  }

  std::vector<std::string> argv() const {
    const auto parsed = parse_libfuzzer_command(target_.command);
    std::vector<std::string> argv = target_.before;
    const auto program = runtime::find_program(target_.command.front());
    argv.push_back(program ? program->string() : target_.command.front());
    const std::uint64_t longest = shard_.inputs.empty() ? 1 : shard_.inputs.back().size;
    for (auto& flag : {
             std::string("-merge_inner=1"),
             fmt::format("-merge_control_file={}", control().string()),
             fmt::format("-timeout={}", std::max<std::int64_t>(1, (limits_.timeout.count() + 999) / 1000)),
             fmt::format("-rss_limit_mb={}", limits_.memory_mb),
             fmt::format("-max_len={}", std::max<std::uint64_t>(longest, 1)),
             fmt::format("-artifact_prefix={}/", (shard_.folder / "artifacts").string()),
         })
      argv.push_back(flag);
    if (!parsed.own_arguments.empty()) {
      argv.emplace_back("-ignore_remaining_args=1");
      argv.insert(argv.end(), parsed.own_arguments.begin(), parsed.own_arguments.end());
    }
    return argv;
  }

  // One process of the target, until it ends, stands still for too long, or we are to stop.
  schema::Result<runtime::ExitStatus> run_once() {
    std::error_code ignored;
    fs::remove(log(), ignored);
    runtime::SpawnOptions spawn;
    spawn.argv = argv();
    spawn.environment = target_.environment;
    spawn.environment.emplace_back(kMinimizeMark, shard_.folder.string());
    spawn.working_dir = target_.working_dir;
    spawn.out = runtime::Output::null();
    spawn.err = runtime::Output::to_file(log());
    spawn.parent_death_signal = SIGKILL;
    auto child = runtime::ChildProcess::spawn(spawn);
    if (!child) return std::move(child).error();
    hung_ = false;
    std::uintmax_t size = 0;
    auto moved = std::chrono::steady_clock::now();
    while (true) {
      if (auto exit = child->wait(200ms)) return *exit;
      if (stop_.stop_requested()) {
        child->terminate(0ms);
        return schema::unavailable("stopped; the same command goes on from here");
      }
      const auto now = std::chrono::steady_clock::now();
      if (const auto grown = fs::file_size(control(), ignored); grown != size) size = grown, moved = now;
      if (fs::file_size(log(), ignored) > kMaxLog && !ignored) fs::resize_file(log(), 0, ignored);
      if (now - moved < 2 * limits_.timeout + kStartLimit) continue;
      hung_ = true;
      return child->terminate(0ms);
    }
  }

  // The input that was being run when the process ended is set aside.
  schema::Status blame(const runtime::ExitStatus& exit) {
    const auto& input = shard_.inputs[*state_.open];
    const bool outside =
        !hung_ && exit.signal &&
        std::find(kFromOutside.begin(), kFromOutside.end(), *exit.signal) != kFromOutside.end();
    retried_ = outside && tried_ != *state_.open;
    tried_ = *state_.open;
    if (retried_) return cut();
    InputFailure failure{hung_ ? "timeout" : failure_of(exit), exit, report()};
    if (auto kept = keep_failure(shard_.folder, input.sha256, failure); !kept) return kept;
    if (talk_.say)
      talk_.say(fmt::format("set aside: {} ({})", schema::hex(input.sha256),
                            runtime::explain(exit, libfuzzer_codes())));
    return {};
  }

  std::string report() const {
    const auto text = read_whole(log(), kMaxLog + (1u << 20));
    runtime::HeadTail kept(kReportHead, kReportTail);
    if (text) kept.add(*text);
    return kept.text();
  }

  schema::Error cannot_run(const runtime::ExitStatus& exit) const {
    const std::string said = report();
    return schema::invalid(fmt::format("the target runs no input: it {}{}{}",
                                       runtime::explain(exit, libfuzzer_codes()),
                                       said.empty() ? "" : "; it said: ",
                                       said.substr(said.size() - std::min<std::size_t>(said.size(), 2000))));
  }

  schema::Result<Measured> measured() const {
    Measured out;
    for (std::size_t i = 0; i < shard_.inputs.size(); ++i) {
      MeasuredInput one{shard_.inputs[i], "", state_.begun[i].features, state_.begun[i].edges};
      if (!state_.begun[i].finished) {
        const auto failure = read_failure(shard_.folder, one.input.sha256);
        one.failure = failure ? failure->kind : "crash";
        one.features.clear(), one.edges.clear();
      }
      std::sort(one.features.begin(), one.features.end());
      std::sort(one.edges.begin(), one.edges.end());
      out.push_back(std::move(one));
    }
    return out;
  }

  const MinimizeTarget& target_;
  const InputLimits& limits_;
  const Shard& shard_;
  const MeasureTalk& talk_;
  std::stop_token stop_;
  std::vector<std::string> paths_;
  ControlState state_;
  std::size_t told_ = 0, tried_ = static_cast<std::size_t>(-1);
  int anew_ = 0;
  bool hung_ = false, retried_ = false;
};

}  // namespace

schema::Result<Measured> measure_libfuzzer(const MinimizeTarget& target, const InputLimits& limits,
                                           const Shard& shard, const MeasureTalk& talk,
                                           std::stop_token stop) {
  return LibfuzzerShard(target, limits, shard, talk, std::move(stop)).run();
}

}  // namespace fuzzmill::producers
