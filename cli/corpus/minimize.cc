#include "producers/minimize/minimize.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/corpus/actions.h"
#include "cli/corpus/corpus_views.h"
#include "cli/corpus/minimize_target.h"
#include "cli/corpus/publish_crashers.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "runtime/health.h"
#include "runtime/printable.h"
#include "runtime/stop.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

class Minimize final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positional("TARGET", target_.name,
                       "a target of --targets, or one that is fuzzed on this machine now");
    options.text("targets", target_.file, "FILE", "the agent's file, which knows TARGET");
    options.remainder("COMMAND ARGS...", target_.command, "or the fuzzer's command itself");
    options.choice("engine", target_.engine, {"auto", "libfuzzer", "afl"},
                   "which fuzzer it is; auto looks at the command");
    options.list("corpus", corpora_, "DIR", "the corpus; where none is given, as the command says")
        .only_flag();
    options.text("to", to_, "DIR", "where the smaller corpus goes; where none is given, CORPUS.min-DATE")
        .only_flag();
    options
        .text("work", work_, "DIR",
              "where it works, and goes on when it was broken off; where none is given, CORPUS.min-work")
        .only_flag();
    options.number("jobs", jobs_, "processes side by side; 0: one for each core").only_flag();
    options.duration("timeout", minimize_.limits.timeout, "of one input").only_flag();
    options.number("memory", minimize_.limits.memory_mb, "MB, of one input").only_flag();
    options.size("max-input", minimize_.max_input, "larger ones are left out").only_flag();
    options.flag("anew", minimize_.anew, "forget what a run before did").only_flag();
    publish_.declare(options);
    options
        .text("publish", publish_only_, "DIR",
              "only publish the crashers that a minimisation set aside in this folder")
        .only_flag();
    options.flag("dry-run", dry_run_, "show what would be done, and end").only_flag();
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    const auto stop = runtime::catch_stop_signals().get_token();
    if (!publish_only_.empty()) return publish_folder();
    if (auto filled = fill(); !filled) return filled.error();
    if (dry_run_) return show_plan();
    auto done = minimize(stop);
    if (!done) return done.error();
    std::string published = "";
    if (!done->crashers.empty() && publish_.asked()) {
      auto count = publish_.publish(target_name_, minimize_.target.engine, read_crashers(done->output));
      if (!count)
        return std::move(count).error().in("the corpus is minimised; its crashers are not published");
      published = fmt::format("{} of them published now", *count);
    }
    say(*done, published);
    return ExitCode::kOk;
  }

 private:
  schema::Status fill() {
    auto found = find_target(target_);
    if (!found) return std::move(found).error();
    target_name_ = found->name;
    minimize_.target = std::move(found->target);
    minimize_.corpus = std::move(found->corpus);
    std::error_code ignored;
    if (!corpora_.empty()) minimize_.corpus.clear();
    for (const auto& folder : corpora_)
      minimize_.corpus.push_back(fs::absolute(folder, ignored).lexically_normal());
    if (minimize_.corpus.empty()) return schema::invalid("no corpus: name its folder with --corpus");
    auto stem = minimize_.corpus.front();
    if (!stem.has_filename()) stem = stem.parent_path();
    const std::time_t now = std::time(nullptr);
    minimize_.output =
        to_.empty() ? fs::path(fmt::format("{}.min-{:%Y-%m-%dT%H%M%SZ}", stem.string(), fmt::gmtime(now)))
                    : fs::absolute(to_, ignored).lexically_normal();
    minimize_.work = work_.empty() ? fs::path(stem.string() + ".min-work")
                                   : fs::absolute(work_, ignored).lexically_normal();
    minimize_.jobs = jobs_ != 0 ? jobs_ : std::max(1u, std::thread::hardware_concurrency());
    if (minimize_.limits.timeout < std::chrono::milliseconds(10))
      return schema::invalid("--timeout is at least 10ms");
    if (minimize_.limits.memory_mb == 0) return schema::invalid("--memory is at least 1");
    return {};
  }

  schema::Result<producers::Minimized> minimize(const std::stop_token& stop) {
    Progress progress("reading the corpus");
    producers::MinimizeProgress talk;
    talk.step = [&](const std::string& stage, std::uint64_t done, std::uint64_t all) {
      progress.say(all == 0 ? fmt::format("{}, {} files", stage, done)
                            : fmt::format("{}, {} of {}", stage, done, all));
    };
    talk.say = [](const std::string& text) { fmt::print(stderr, "{}\n", runtime::printable(text)); };
    return producers::minimize(minimize_, talk, stop);
  }

  schema::Result<ExitCode> show_plan() const {
    const auto look = producers::look_at_corpus(minimize_);
    if (!look) return look.error();
    if (json_) {
      print_json({{"files", look->files},
                  {"bytes", look->bytes},
                  {"left_out", look->left_out},
                  {"unread", look->unread},
                  {"shards", look->shards},
                  {"output", minimize_.output.string()}});
    } else {
      print(fmt::format(
          "would run {} files of {} in {} shards, {} side by side, and write {}\n{} files are left out\n",
          look->files, bytes_text(look->bytes), look->shards, minimize_.jobs, minimize_.output.string(),
          look->left_out + look->unread));
    }
    return ExitCode::kOk;
  }

  void say(const producers::Minimized& done, const std::string& published) const {
    if (json_) return say_json(done);
    Table table({{""}, {"FILES", true}, {"BYTES", true}, {"FEATURES", true}, {"EDGES", true}});
    const auto add = [&](std::string_view name, const producers::CorpusMeasure& one) {
      table.add({name, one.files, bytes_text(one.bytes), one.features, one.edges});
    };
    add("before", done.before), add("after", done.after);
    print(table);
    print(fmt::format("the smaller corpus is {}\n", (done.output / "corpus").string()));
    if (done.copies > 0) print(fmt::format("{} files had the content of another one\n", done.copies));
    if (done.left_out + done.unread > 0)
      print(fmt::format("left out: {} over the size, {} not to be read\n", done.left_out, done.unread));
    if (done.crashers.empty()) return;
    print(fmt::format("{} inputs crash, hang or take too much memory: see {}\n", done.crashers.size(),
                      (done.output / "crashers").string()));
    print(
        !published.empty()
            ? published + "\n"
            : fmt::format("publish them: fuzzmill corpus minimize {} --publish {} --spool FILE --data DIR\n",
                          target_name_, done.output.string()));
  }

  void say_json(const producers::Minimized& done) const {
    const auto count = [](const producers::CorpusMeasure& one) {
      return nlohmann::json{
          {"files", one.files}, {"bytes", one.bytes}, {"features", one.features}, {"edges", one.edges}};
    };
    nlohmann::json crashers = nlohmann::json::array();
    for (const auto& one : done.crashers)
      crashers.push_back({{"sha256", schema::hex(one.sha256)},
                          {"kind", one.kind},
                          {"size", one.size},
                          {"input", one.input.string()}});
    print_json({{"target", target_name_},
                {"output", done.output.string()},
                {"before", count(done.before)},
                {"after", count(done.after)},
                {"copies", done.copies},
                {"left_out", done.left_out},
                {"unread", done.unread},
                {"shards", done.shards},
                {"crashers", crashers}});
  }

  schema::Result<ExitCode> publish_folder() {
    const auto crashers = read_crashers(publish_only_);
    if (crashers.empty()) return schema::not_found(fmt::format("{} holds no crashers", publish_only_));
    if (!schema::valid_name(target_.name)) return schema::invalid("--publish wants the TARGET's name");
    const auto engine =
        producers::engine_named(target_.engine == "auto" ? engine_in(publish_only_) : target_.engine);
    if (!engine) return schema::invalid("--engine is missing: libfuzzer or afl");
    const auto count = publish_.publish(target_.name, *engine, crashers);
    if (!count) return count.error();
    if (json_) {
      print_json({{"published", *count}, {"crashers", crashers.size()}});
    } else {
      print(fmt::format("{} published, {} had been before\n", *count, crashers.size() - *count));
    }
    return ExitCode::kOk;
  }

  TargetChoice target_;
  producers::MinimizeOptions minimize_;
  CrasherPublisher publish_;
  std::vector<std::string> corpora_;
  std::string to_, work_, publish_only_, target_name_;
  std::uint64_t jobs_ = 0;
  bool dry_run_ = false, json_ = false;
};

}  // namespace

CommandRow corpus_minimize_command() {
  return {{"corpus minimize", "Makes a smaller corpus with the same coverage, beside the one there is",
           "Runs every input under the target's own engine (libFuzzer's merge, afl-cmin), in shards, on all "
           "cores. The corpus "
           "is only\nread. Broken off at any moment, the same command goes on and gives the same files. "
           "Inputs that crash, "
           "hang or take too\nmuch memory are set aside, and with --spool published as crashes.\n\n"
           "--json: {\"target\", \"output\", \"before\": {\"files\", \"bytes\", \"features\", \"edges\"}, "
           "\"after\": …,\n"
           "  \"copies\", \"left_out\", \"unread\", \"shards\", \"crashers\": [{\"sha256\", \"kind\", "
           "\"size\", \"input\"}]}",
           "fuzzmill corpus minimize -- ./fuzz_png -dict=png.dict corpus/"},
          make_command<Minimize>};
}

}  // namespace fuzzmill::cli
