#include "producers/minimize/minimize.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <mutex>
#include <thread>

#include "producers/minimize/work_folder.h"
#include "runtime/durable_file.h"
#include "runtime/fd.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxMeasured = 2ull << 30;

schema::Error disk_error(const fs::path& path, const std::error_code& failed) {
  return schema::unavailable(fmt::format("{}: {}", path.string(), failed.message()));
}

// A run before was killed after it had given the result its name.
bool published_before(const fs::path& output, const std::string& options) {
  const auto json = read_whole(output / "minimize.json", 1u << 20);
  return json && json->find(fmt::format("\"options\": \"{}\"", options)) != std::string::npos;
}

class Minimisation {
 public:
  Minimisation(const MinimizeOptions& options, const MinimizeProgress& progress, std::stop_token stop,
               WorkFolder work, WorkInputs inputs)
      : options_(options),
        progress_(progress),
        stop_(std::move(stop)),
        work_(std::move(work)),
        inputs_(std::move(inputs)) {}

  schema::Result<Minimized> run() {
    auto shards = measure_all();
    if (!shards) return std::move(shards).error();
    Chosen chosen = choose(*shards);
    auto checked = check(chosen);
    if (!checked) return std::move(checked).error();
    Minimized result = summary(chosen, *checked);
    if (auto published = publish(result, *checked); !published) return published.error();
    work_.remove();
    return result;
  }

 private:
  // All shards, several at a time; the first error ends the others.
  schema::Result<std::vector<Measured>> measure_all() {
    std::vector<Shard> shards(inputs_.shards);
    for (std::size_t i = 0; i < shards.size(); ++i)
      shards[i] = {work_.path() / fmt::format("shard-{}", i), {}, work_.files()};
    for (const auto& input : inputs_.inputs)
      shards[shard_of(input.sha256, shards.size())].inputs.push_back(input);
    std::vector<Measured> measured(shards.size());
    std::atomic<std::size_t> next{0};
    std::stop_source ours;
    const std::stop_callback chain(stop_, [&] { ours.request_stop(); });
    std::mutex mutex;
    std::optional<schema::Error> error;
    const auto work = [&] {
      for (std::size_t i; (i = next++) < shards.size();) {
        auto done = ours.stop_requested()
                        ? schema::Result<Measured>(schema::unavailable("stopped"))
                        : measure(shards[i], ours.get_token(), "running the corpus", inputs_.inputs.size());
        if (done) {
          measured[i] = std::move(*done);
          continue;
        }
        const std::lock_guard lock(mutex);
        if (!error) error = std::move(done).error();
        ours.request_stop();
        return;
      }
    };
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < std::min(std::max<std::size_t>(1, options_.jobs), shards.size()); ++i)
        threads.emplace_back(work);
    }
    if (error) return std::move(*error);
    return measured;
  }

  schema::Result<Measured> measure(const Shard& shard, const std::stop_token& stop, const std::string& stage,
                                   std::uint64_t all) {
    std::error_code failed;
    const auto file = shard.folder / "measured";
    if (auto text = read_whole(file, kMaxMeasured)) {
      auto known = decode_measured(*text);
      if (known && fits(*known, shard)) return step(stage, known->size(), all), known;
      fs::rename(file, shard.folder / "measured.bad", failed);
      say(fmt::format("{} is not what was written; it is kept as measured.bad and its shard begins anew",
                      file.string()));
    }
    fs::create_directories(shard.folder, failed);
    if (failed) return disk_error(shard.folder, failed);
    const MeasureTalk talk{[&](std::size_t inputs) { step(stage, inputs, all); },
                           [this](const std::string& text) { say(text); }};
    auto measured = options_.target.engine == Engine::kAfl
                        ? measure_afl(options_.target, options_.limits, shard, talk, stop)
                        : measure_libfuzzer(options_.target, options_.limits, shard, talk, stop);
    if (!measured) return measured;
    if (auto kept = runtime::write_durably(file, encode_measured(*measured)); !kept) return kept.error();
    fs::remove(shard.folder / "control", failed);  // the big one; what failed stays
    return measured;
  }

  static bool fits(const Measured& measured, const Shard& shard) {
    return std::equal(measured.begin(), measured.end(), shard.inputs.begin(), shard.inputs.end(),
                      [](const MeasuredInput& a, const CorpusInput& b) { return a.input == b; });
  }

  // The chosen ones once more, together: what the smaller corpus shows by itself.
  schema::Result<Chosen> check(const Chosen& chosen) {
    done_ = 0;
    Shard shard{work_.path() / "check", chosen.inputs, work_.files()};
    auto measured = measure(shard, stop_, "checking the smaller corpus", chosen.inputs.size());
    if (!measured) return std::move(measured).error();
    Chosen again = choose({*measured});
    Chosen checked = chosen;
    checked.features = again.features, checked.edges = again.edges;
    // One that fails now and not before is no input to begin with.
    for (const auto& failed : again.failed) {
      std::erase(checked.inputs, failed.input);
      checked.failed.push_back(failed);
    }
    if (again.features < chosen.features) {
      say(fmt::format("{} of {} features did not show again: the target does not always do the same",
                      chosen.features - again.features, chosen.features));
    }
    return checked;
  }

  Minimized summary(const Chosen& all, const Chosen& checked) const {
    Minimized result;
    result.before.features = all.features, result.before.edges = all.edges;
    for (const auto& input : inputs_.inputs) ++result.before.files, result.before.bytes += input.size;
    result.after.features = checked.features, result.after.edges = checked.edges;
    for (const auto& input : checked.inputs) ++result.after.files, result.after.bytes += input.size;
    result.copies = inputs_.copies, result.left_out = inputs_.left_out, result.unread = inputs_.unread;
    result.shards = inputs_.shards;
    result.output = options_.output;
    for (const auto& failed : checked.failed) {
      const auto folder = failure_folder(failed.input);
      const auto failure = read_failure(folder, failed.input.sha256);
      const auto name = fmt::format("{}.{}", schema::hex(failed.input.sha256), failed.failure);
      result.crashers.push_back({failed.input.sha256, failed.input.size, failed.failure,
                                 failure ? failure->exit : runtime::ExitStatus{},
                                 options_.output / "crashers" / name,
                                 options_.output / "crashers" / (name + ".txt")});
    }
    return result;
  }

  fs::path failure_folder(const CorpusInput& input) const {
    std::error_code failed;
    const auto check = work_.path() / "check";
    if (fs::exists(failure_file(check, input.sha256), failed)) return check;
    return work_.path() / fmt::format("shard-{}", shard_of(input.sha256, inputs_.shards));
  }

  schema::Status publish(const Minimized& result, const Chosen& checked) {
    const auto made = work_.path() / "result";
    std::error_code failed;
    fs::remove_all(made, failed);
    fs::create_directories(made / "corpus", failed);
    if (!failed && !result.crashers.empty()) fs::create_directories(made / "crashers", failed);
    if (failed) return disk_error(made, failed);
    for (const auto& input : checked.inputs) {
      fs::create_hard_link(input_path(work_.files(), input.sha256),
                           made / "corpus" / schema::hex(input.sha256), failed);
      if (failed) return disk_error(made, failed);
    }
    for (const auto& crasher : result.crashers) {
      fs::create_hard_link(input_path(work_.files(), crasher.sha256),
                           made / "crashers" / crasher.input.filename(), failed);
      if (failed) return disk_error(made, failed);
      const auto failure = read_failure(failure_folder({crasher.sha256, crasher.size}), crasher.sha256);
      if (!failure) continue;
      std::ofstream out(made / "crashers" / crasher.report.filename(), std::ios::binary);
      out << failure->report;
    }
    if (auto kept = runtime::write_durably(made / "minimize.json", json(result)); !kept) return kept;
    return name_it(made);
  }

  // Never replaces: not even an empty folder that somebody made meanwhile.
  schema::Status name_it(const fs::path& made) const {
    if (const runtime::Fd disk(::open(made.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); disk.open())
      ::syncfs(disk.get());
    if (::syscall(SYS_renameat2, AT_FDCWD, made.c_str(), AT_FDCWD, options_.output.c_str(),
                  RENAME_NOREPLACE) == 0)
      return {};
    if (errno == EEXIST)
      return schema::conflict(fmt::format("{} is there already", options_.output.string()));
    return runtime::from_errno(errno, options_.output.string());
  }

  std::string json(const Minimized& result) const {
    const auto count = [](const CorpusMeasure& one) {
      return fmt::format("{{\"files\": {}, \"bytes\": {}, \"features\": {}, \"edges\": {}}}", one.files,
                         one.bytes, one.features, one.edges);
    };
    return fmt::format(
        "{{\n\"options\": \"{}\",\n\"engine\": \"{}\",\n\"before\": {},\n\"after\": {},\n\"copies\": {},\n"
        "\"left_out\": {},\n\"unread\": {},\n\"crashers\": {}\n}}\n",
        inputs_.options, engine_name(options_.target.engine), count(result.before), count(result.after),
        result.copies, result.left_out, result.unread, result.crashers.size());
  }

  void step(const std::string& stage, std::uint64_t more, std::uint64_t all) {
    const std::lock_guard lock(talk_mutex_);
    done_ += more;
    if (progress_.step) progress_.step(stage, done_, all);
  }
  void say(const std::string& text) {
    const std::lock_guard lock(talk_mutex_);
    if (progress_.say) progress_.say(text);
  }

  const MinimizeOptions& options_;
  const MinimizeProgress& progress_;
  std::stop_token stop_;
  WorkFolder work_;
  WorkInputs inputs_;
  std::mutex talk_mutex_;
  std::uint64_t done_ = 0;
};

schema::Status check_options(const MinimizeOptions& options) {
  std::error_code failed;
  if (options.target.command.empty()) return schema::invalid("no target: give the fuzzer's command");
  if (options.target.engine == Engine::kHonggfuzz) {
    return schema::invalid(
        "honggfuzz minimises its corpus itself (honggfuzz -M); a build of the target with -fsanitize=fuzzer "
        "can be "
        "given here");
  }
  if (options.corpus.empty()) return schema::invalid("no corpus: name its folder with --corpus");
  if (fs::exists(options.output, failed) && !published_before(options.output, options_digest(options)))
    return schema::conflict(fmt::format("{} is there already: choose another --to", options.output.string()));
  for (const auto& folder : options.corpus) {
    const auto inside =
        fs::weakly_canonical(options.work, failed).lexically_relative(fs::weakly_canonical(folder, failed));
    if (!inside.empty() && *inside.begin() != "..")
      return schema::invalid(fmt::format("the work folder {} is within the corpus", options.work.string()));
  }
  return {};
}

}  // namespace

schema::Result<Minimized> minimize(const MinimizeOptions& options, const MinimizeProgress& progress,
                                   std::stop_token stop) {
  if (auto fit = check_options(options); !fit) return fit.error();
  auto work = WorkFolder::open(options);
  if (!work) return std::move(work).error();
  auto inputs = work->fill(options, progress, stop);
  if (!inputs) return std::move(inputs).error();
  return Minimisation(options, progress, std::move(stop), std::move(*work), std::move(*inputs)).run();
}

schema::Result<CorpusLook> look_at_corpus(const MinimizeOptions& options) {
  if (auto fit = check_options(options); !fit) return fit.error();
  CorpusLook look;
  const auto walked = walk_corpus(options.corpus, [&](const fs::path& file, std::uint64_t size) {
    if (size > options.max_input) return ++look.left_out, schema::Status{};
    if (::access(file.c_str(), R_OK) != 0) return ++look.unread, schema::Status{};
    ++look.files, look.bytes += size;
    return schema::Status{};
  });
  if (!walked) return walked.error();
  look.shards = shard_count(look.files, options.jobs, options.shard_inputs);
  return look;
}

}  // namespace fuzzmill::producers
