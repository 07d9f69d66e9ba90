// afl-cmin measures: what it writes into .traces is which edges each input takes and how often. What it would
// choose is not used: of inputs of one size it takes another one in another folder.
//
// It is a shell script that asks for paths without blanks, gives up at the first input when that crashes, and
// leaves out what crashes or hangs without a word; so inputs whose trace is empty are run once more to see
// why, and what was not run at all is tried again, at last one by one.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <map>
#include <unordered_set>

#include "producers/engine/afl_command.h"
#include "producers/engine/program_words.h"
#include "producers/engine/replay_command.h"
#include "producers/engine/wrapper.h"
#include "producers/minimize/engine_measure.h"
#include "producers/replay/replay.h"
#include "runtime/sandbox.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t kMaxTrace = 64u << 20;
constexpr std::uint64_t kMaxLog = 64u << 20;
constexpr int kMostIdle = 12;  // tries of a shard before anything ran
constexpr auto kStartLimit = 120s;

GetVariable variables_in(const Variables& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    for (const auto& [key, value] : variables) {
      if (key == name) return value;
    }
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
}

bool plain_path(const std::string& path) {
  return std::all_of(path.begin(), path.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("/._-+:,=@%").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

// What is run: the target behind afl-fuzz, with afl-fuzz's own words about it.
struct AflTarget {
  std::vector<std::string> command;
  std::string mode;  // -Q, -O, -U, or empty
  std::string memory = "none";
  Variables environment;
  ReplayCommand replay;
};

schema::Result<AflTarget> afl_target(const MinimizeTarget& target, const InputLimits& limits) {
  AflTarget made;
  const auto get = variables_in(target.environment);
  made.environment = target.environment;
  if (program_name(target.command.front()) == "afl-fuzz") {
    auto parsed = parse_afl_command(target.command, get);
    if (!parsed) return std::move(parsed).error();
    made.command = parsed->target;
    if (parsed->mode == 'Q' || parsed->mode == 'U') made.mode = fmt::format("-{}", parsed->mode);
    if (parsed->mode == 'O') made.mode = "-O";
    if (!parsed->memory_limit.empty()) made.memory = parsed->memory_limit;
    ReplaySource source{target.engine, target.command, get, target.working_dir, {}, {}};
    source.symbolizer = find_symbolizer(get("PATH").value_or(""));
    auto replay = replay_command(source);
    if (!replay) return std::move(replay).error();
    made.replay = std::move(*replay);
  } else {
    made.command = target.command;
    made.replay.argv = target.command;
    made.replay.input_on_stdin = std::none_of(made.command.begin(), made.command.end(), [](const auto& word) {
      return word.find("@@") != std::string::npos;
    });
  }
  if (made.command.empty()) return schema::invalid("afl-fuzz is given no target");
  auto& program = made.command.front();
  const bool has_folder = program.find('/') != std::string::npos;
  const auto found = has_folder ? schema::Result<fs::path>((target.working_dir / program).lexically_normal())
                                : runtime::find_program(program);
  if (!found) return found.error();
  program = fs::absolute(*found).string();
  // AFL++'s driver for libFuzzer-style targets takes inputs itself, and ends when it is given afl-cmin's
  // file.
  const auto words = words_of_program(program);
  if (words && words->afl_driver && made.command.size() == 2 && made.command.back() == "@@")
    made.command.pop_back();
  made.replay.timeout_ms = static_cast<std::uint64_t>(limits.timeout.count());
  for (const auto& word : made.command) {
    if (word.find_first_of("'\"\\$`\n") != std::string::npos)
      return schema::invalid(fmt::format("afl-cmin is a shell script and cannot be given the word {}", word));
  }
  if (!plain_path(program))
    return schema::invalid(fmt::format("afl-cmin cannot run a program with this path: {}", program));
  return made;
}

class AflShard {
 public:
  AflShard(AflTarget target, const MinimizeTarget& fuzzer, const InputLimits& limits, const Shard& shard,
           const MeasureTalk& talk, std::stop_token stop)
      : target_(std::move(target)),
        fuzzer_(fuzzer),
        limits_(limits),
        shard_(shard),
        talk_(talk),
        stop_(std::move(stop)) {}

  schema::Result<Measured> run() {
    std::error_code failed;
    end_left_over(shard_.folder.string());
    fs::remove_all(shard_.folder / "tries", failed);  // of a run that was broken off
    fs::create_directories(shard_.folder / "tries", failed);
    if (failed) return schema::unavailable(fmt::format("{}: {}", shard_.folder.string(), failed.message()));
    if (auto traced = trace(shard_.inputs); !traced) return traced.error();
    auto measured = judge();
    fs::remove_all(shard_.folder / "tries", failed);
    return measured;
  }

 private:
  // Gives each input its trace; what afl-cmin did not get to is tried again, by halves when it got nowhere.
  schema::Status trace(const std::vector<CorpusInput>& inputs) {
    if (inputs.empty()) return {};
    const fs::path folder = shard_.folder / "tries" / std::to_string(++tries_);
    if (auto ran = run_cmin(inputs, folder); !ran) return ran;
    std::vector<CorpusInput> missed;
    for (const auto& input : inputs) {
      const auto file = folder / "out" / ".traces" / schema::hex(input.sha256);
      std::error_code failed;
      if (fs::is_regular_file(file, failed)) {
        traces_[input] = file;
      } else {
        missed.push_back(input);
      }
    }
    if (talk_.done) talk_.done(inputs.size() - missed.size());
    if (missed.size() < inputs.size()) return trace(missed);
    if (traces_.empty() && tries_ >= kMostIdle)
      return schema::invalid(fmt::format("afl-cmin runs no input of this target; it said: {}", said_));
    if (inputs.size() == 1) {
      traces_[inputs.front()] = fs::path();
      if (talk_.done) talk_.done(1);
      return {};
    }
    const auto middle = inputs.begin() + static_cast<std::ptrdiff_t>(inputs.size() / 2);
    if (auto first = trace({inputs.begin(), middle}); !first) return first;
    return trace({middle, inputs.end()});
  }

  schema::Status fill(const std::vector<CorpusInput>& inputs, const fs::path& folder) const {
    std::error_code failed;
    fs::create_directories(folder / "in", failed);
    for (const auto& input : inputs) {
      if (failed) break;
      fs::create_hard_link(input_path(shard_.files, input.sha256), folder / "in" / schema::hex(input.sha256),
                           failed);
    }
    if (!failed) return {};
    return schema::unavailable(fmt::format("{}: {}", folder.string(), failed.message()));
  }

  schema::Status run_cmin(const std::vector<CorpusInput>& inputs, const fs::path& folder) {
    if (auto filled = fill(inputs, folder); !filled) return filled;
    runtime::SpawnOptions spawn;
    spawn.argv = {"afl-cmin",
                  "-i",
                  (folder / "in").string(),
                  "-o",
                  (folder / "out").string(),
                  "-m",
                  target_.memory,
                  "-t",
                  std::to_string(std::max<std::int64_t>(10, limits_.timeout.count()))};
    if (!target_.mode.empty()) spawn.argv.push_back(target_.mode);
    spawn.argv.emplace_back("--");
    spawn.argv.insert(spawn.argv.end(), target_.command.begin(), target_.command.end());
    spawn.environment = target_.environment;
    for (const auto& [name, value] : Variables{{kMinimizeMark, shard_.folder.string()},
                                               {"AFL_KEEP_TRACES", "1"},
                                               {"AFL_ALLOW_TMP", "1"},
                                               {"AFL_SKIP_BIN_CHECK", "1"},
                                               {"AFL_QUIET", "1"},
                                               {"AFL_NO_UI", "1"},
                                               {"TERM", "dumb"}})
      spawn.environment.emplace_back(name, value);
    spawn.working_dir = fuzzer_.working_dir;
    spawn.out = runtime::Output::to_file(folder / "log");
    spawn.err = runtime::Output::to_file(folder / "log");
    spawn.parent_death_signal = SIGKILL;
    auto child = runtime::ChildProcess::spawn(spawn);
    if (!child) return std::move(child).error().in("afl-cmin");
    const auto limit = std::chrono::steady_clock::now() + kStartLimit +
                       (limits_.timeout + 1s) * static_cast<std::int64_t>(inputs.size());
    std::error_code ignored;
    while (true) {
      if (const auto exit = child->wait(200ms)) break;
      const bool late = std::chrono::steady_clock::now() > limit;
      if (fs::file_size(folder / "log", ignored) > kMaxLog && !ignored)
        fs::resize_file(folder / "log", 0, ignored);
      if (!late && !stop_.stop_requested()) continue;
      child->terminate(0ms);
      end_left_over(shard_.folder.string());
      if (stop_.stop_requested()) return schema::unavailable("stopped; the same command goes on from here");
      break;
    }
    if (const auto said = read_whole(folder / "log", kMaxLog + (1u << 20)))
      said_ = said->substr(said->size() - std::min<std::size_t>(said->size(), 2000));
    return {};
  }

  // A line for each edge: in afl-cmin's traces the class of how often and the edge as one number.
  static schema::Status read_trace(const fs::path& file, std::vector<std::uint64_t>& features) {
    const auto text = read_whole(file, kMaxTrace);
    if (!text) return text.error();
    const char* at = text->data();
    const char* const end = at + text->size();
    while (at < end) {
      std::uint64_t edge = 0;
      const auto [next, failed] = std::from_chars(at, end, edge);
      if (failed != std::errc() || next == end || *next != '\n')
        return schema::invalid(fmt::format("{} is no trace of afl-showmap", file.string()));
      features.push_back(edge);
      at = next + 1;
    }
    return {};
  }

  schema::Result<Measured> judge() {
    Measured out;
    std::unordered_set<std::uint64_t> seen;
    bool any = false, failed = false;
    for (const auto& input : shard_.inputs) {
      MeasuredInput one{input, "", {}, {}};
      std::vector<std::uint64_t> features;
      if (const auto& file = traces_.at(input); !file.empty()) {
        if (auto read = read_trace(file, features); !read) return read.error();
      }
      if (features.empty()) {
        auto why = failure_of(input);
        if (!why) return std::move(why).error();
        one.failure = std::move(*why);
        failed |= !one.failure.empty();
      }
      for (const auto feature : features) {
        any = true;
        if (seen.insert(feature).second) one.features.push_back(feature);
      }
      std::sort(one.features.begin(), one.features.end());
      one.edges = one.features;  // not to be told apart
      out.push_back(std::move(one));
    }
    if (!any && !failed && !out.empty()) {
      return schema::invalid(fmt::format(
          "afl-cmin saw no coverage at all: is the target built with afl-cc? It said: {}", said_));
    }
    return out;
  }

  // Runs an input that left no trace: why? Empty when it runs well, as one that AFL had no word about.
  schema::Result<std::string> failure_of(const CorpusInput& input) {
    if (!walls_) walls_ = runtime::probe_sandbox(shard_.folder);
    ReplayLimits limits;
    limits.wall = limits_.timeout + 5s;
    limits.memory_mb = limits_.memory_mb;
    ReplayCommand command = target_.replay;
    command.environment.emplace_back("AFL_NO_FORKSRV", "1");
    const auto attempt =
        replay_once({*walls_, shard_.folder}, command, input_path(shard_.files, input.sha256), limits,
                    runtime::CpuPriority::kNormal, stop_);
    if (stop_.stop_requested()) return schema::unavailable("stopped; the same command goes on from here");
    if (attempt.outcome == Outcome::kClean) return std::string();
    InputFailure failure{"crash", attempt.exit, attempt.report};
    if (attempt.outcome == Outcome::kTimedOut) failure.kind = "timeout";
    if (attempt.outcome == Outcome::kOutOfMemory) failure.kind = "oom";
    if (auto kept = keep_failure(shard_.folder, input.sha256, failure); !kept) return kept.error();
    if (talk_.say) talk_.say(fmt::format("set aside: {} ({})", schema::hex(input.sha256), attempt.reason));
    return failure.kind;
  }

  AflTarget target_;
  const MinimizeTarget& fuzzer_;
  const InputLimits& limits_;
  const Shard& shard_;
  const MeasureTalk& talk_;
  std::stop_token stop_;
  std::map<CorpusInput, fs::path> traces_;
  std::optional<runtime::SandboxAbilities> walls_;
  std::string said_;
  int tries_ = 0;
};

}  // namespace

schema::Result<Measured> measure_afl(const MinimizeTarget& target, const InputLimits& limits,
                                     const Shard& shard, const MeasureTalk& talk, std::stop_token stop) {
  if (!plain_path(shard.folder.string())) {
    return schema::invalid(fmt::format(
        "afl-cmin is a shell script that takes no path with blanks: choose another --work than {}",
        shard.folder.string()));
  }
  auto made = afl_target(target, limits);
  if (!made) return std::move(made).error();
  return AflShard(std::move(*made), target, limits, shard, talk, std::move(stop)).run();
}

}  // namespace fuzzmill::producers
