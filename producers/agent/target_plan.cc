#include "producers/agent/target_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "producers/agent/engine_feeds.h"
#include "producers/engine/afl_command.h"
#include "producers/engine/afl_folders.h"
#include "producers/engine/afl_stats.h"
#include "producers/engine/elf_build_id.h"
#include "producers/engine/engine_variables.h"
#include "producers/engine/honggfuzz_command.h"
#include "producers/engine/libfuzzer_command.h"
#include "producers/engine/recognise.h"
#include "producers/engine/replay_options.h"
#include "producers/engine/target_command.h"
#include "runtime/child_process.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;

// Where `corpus minimize` and users leave libFuzzer's merge control file, in the target's work folder.
constexpr const char* kMergeControlName = "merge.control";

schema::Status make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (!failed) return {};
  auto message = fmt::format("{}: {}", folder.string(), failed.message());
  if (failed == std::errc::permission_denied || failed == std::errc::read_only_file_system) {
    return schema::denied(std::move(message));
  }
  return schema::unavailable(std::move(message));
}

std::optional<std::string> find_in(const Variables& variables, const std::string& name) {
  for (const auto& [key, value] : variables) {
    if (key == name) return value;
  }
  return std::nullopt;
}

// A plan in the making: what each engine's part adds to it.
struct Maker {
  TargetPlan plan;
  Recognised found;
  GetVariable get;  // the fuzzer's environment
  fs::path base;    // where its relative paths start
  fs::path symbolizer;

  fs::path at_base(const fs::path& path) const { return (base / path).lexically_normal(); }

  // The wrappers stay before what was changed behind them.
  std::vector<std::string> behind_wrappers(std::vector<std::string> command) const {
    auto argv = found.before;
    argv.insert(argv.end(), std::make_move_iterator(command.begin()), std::make_move_iterator(command.end()));
    return argv;
  }

  void add_engine_variables() {
    add_variables(
        engine_variables(plan.engine, get, symbolizer.empty() ? std::nullopt : std::optional(symbolizer)));
  }
  void add_variables(const Variables& more) {
    for (const auto& [name, value] : more) {
      if (!find_in(plan.environment, name)) plan.environment.emplace_back(name, value);
    }
  }

  schema::Status libfuzzer();
  schema::Status afl();
  void afl_corpus(const fs::path& output, bool named);
  schema::Status honggfuzz();
  void watched();
  fs::path target_of(const std::vector<std::string>& command) const;
  ProgramWords words_of(const fs::path& program) const;
  void replay(const std::vector<std::string>& command);
  void replay_as_told();
};

// What the command says of artifacts is respected; otherwise they go to a folder of ours.
schema::Status Maker::libfuzzer() {
  const auto command = parse_libfuzzer_command(found.command);
  plan.many_processes = command.many_processes;
  LibfuzzerPlaces places;
  places.job_logs = base;
  places.jobs = command.jobs;
  const bool ignores = std::any_of(found.command.begin(), found.command.end(), [](const auto& argument) {
    return argument.rfind("-ignore_", 0) == 0 && argument.back() != '0';
  });
  places.reports_logged = !plan.config.watch_pid && !(command.fork > 0 && ignores);
  plan.argv = plan.config.command;
  if (command.artifact_prefix || !command.exact_artifact_path.empty() || plan.config.watch_pid) {
    places.artifacts =
        artifact_place(command.artifact_prefix.value_or("./"), command.exact_artifact_path, base);
    if (!fs::is_directory(places.artifacts.folder)) {
      return schema::not_found(fmt::format("artifact folder {}: not there, libFuzzer would not start",
                                           places.artifacts.folder.string()));
    }
  } else {
    auto folder =
        plan.config.artifacts.empty() ? plan.work_dir / "artifacts" : at_base(plan.config.artifacts);
    if (auto made = make_folder(folder); !made) return made;
    plan.argv = behind_wrappers(with_artifact_folder(found.command, folder));
    places.artifacts = artifact_place((folder / "").string(), "", base);
  }
  for (const auto& operand : command.operands) {
    if (!plan.corpus && fs::is_directory(at_base(operand))) plan.corpus = at_base(operand);
  }
  if (plan.corpus) {
    plan.corpus_place = CorpusPlace{*plan.corpus};
    plan.import = {ImportKind::kCorpus, *plan.corpus, ""};
  }
  plan.merge_control =
      command.merge_control.empty() ? plan.work_dir / kMergeControlName : at_base(command.merge_control);
  places.sanitizer_logs = sanitizer_log_places(get, base);
  add_engine_variables();
  plan.feed = libfuzzer_feed(std::move(places));
  replay(found.command);
  return {};
}

schema::Status Maker::afl() {
  auto argv = found.command;
  auto command = parse_afl_command(argv, get);
  if (!command) return std::move(command).error();
  if (command->output.empty() && !plan.config.watch_pid) {
    argv = with_afl_output(std::move(argv), plan.work_dir / "out");
    command->output = plan.work_dir / "out";
  }
  // Without a name it would take nothing from others; as "default" its folder stays the same.
  if (plan.config.share.on && !plan.config.watch_pid)
    argv = with_afl_instance(std::move(argv), command->instance);
  const bool named = command->main || command->secondary || !plan.config.watch_pid;
  const auto output = at_base(command->output);
  if (auto made = make_folder(output); !made) return made;
  plan.argv = behind_wrappers(std::move(argv));
  plan.corpus = output / command->instance / "queue";
  afl_corpus(output, named);
  add_engine_variables();
  // Started again on the output of before, it would refuse or clear it.
  if (!get("AFL_AUTORESUME")) add_variables({{"AFL_AUTORESUME", "1"}});
  plan.feed = afl_feed(output, command->extension);
  replay(found.command);
  return {};
}

void Maker::afl_corpus(const fs::path& output, bool named) {
  plan.corpus_place = CorpusPlace{output, true};
  if (named) {
    plan.import = {ImportKind::kAflQueue, output / kImportInstance / "queue", ""};
  } else {
    plan.import.why_none = "this afl-fuzz was started without -M or -S, and looks at nobody else's queue";
  }
}

schema::Status Maker::honggfuzz() {
  HonggfuzzOutput ours;
  ours.workspace = plan.work_dir / "workspace";
  ours.stats_file = plan.work_dir / "statistics.csv";
  ours.lines = true;
  if (plan.config.share.on) ours.dynamic_input = plan.work_dir / "shared";
  for (const auto& folder : {ours.workspace, ours.dynamic_input}) {
    if (folder.empty()) continue;
    if (auto made = make_folder(folder); !made) return made;
  }
  const auto argv = plan.config.watch_pid ? found.command : with_honggfuzz_output(found.command, ours);
  auto command = parse_honggfuzz_command(argv);
  if (!command) return std::move(command).error();
  HonggfuzzPlaces places;
  places.crashes = at_base(command->crash_path());
  places.report = at_base(command->report_path());
  places.sanitizer_log = at_base(command->sanitizer_log_prefix());
  if (!command->stats_file.empty()) places.stats = at_base(command->stats_file);
  places.extension = command->extension;
  plan.argv = behind_wrappers(argv);
  plan.corpus = at_base(command->output.empty() ? command->input : command->output);
  plan.corpus_place = CorpusPlace{*plan.corpus};
  if (command->dynamic_input.empty()) {
    plan.import.why_none = "this honggfuzz was started without --dynamic_input";
  } else if (command->dynamic_input == ours.dynamic_input) {
    plan.import = {ImportKind::kFolder, ours.dynamic_input, ""};
  } else {
    plan.import = {ImportKind::kCorpus, at_base(command->dynamic_input), ""};  // the user's own
  }
  plan.feed = honggfuzz_feed(std::move(places));
  replay(found.command);
  return {};
}

// Somebody else runs it: its output folder is all we know.
void Maker::watched() {
  const auto output = at_base(plan.config.output);
  if (plan.engine == Engine::kAfl) {
    plan.feed = afl_feed(output, "");
    bool named = false;
    for (const auto& instance : afl_instances(output, folder_lister())) {
      const auto text = read_bounded(instance.folder / "fuzzer_setup", 256 * 1024);
      const auto setup = text ? parse_afl_setup(*text) : schema::Result<AflSetup>(text.error());
      if (setup && !plan.replay) replay(setup->argv);
      const auto command =
          setup ? parse_afl_command(setup->argv, get) : schema::Result<AflCommand>(setup.error());
      named = named || (command && (command->main || command->secondary));
    }
    afl_corpus(output, named);
  } else if (plan.engine == Engine::kHonggfuzz) {
    plan.feed =
        honggfuzz_feed({output, output / "HONGGFUZZ.REPORT.TXT", output / "HF.sanitizer.log", {}, "fuzz"});
  } else {
    LibfuzzerPlaces places;
    places.artifacts = artifact_place((output / "").string(), "", base);
    places.reports_logged = false;
    plan.feed = libfuzzer_feed(std::move(places));
    plan.many_processes = true;  // its log is not ours to read
  }
}

// The program whose inputs these are: behind afl-fuzz and honggfuzz, their target.
fs::path Maker::target_of(const std::vector<std::string>& command) const {
  const auto target = target_command(plan.engine, command, get);
  return target && !target->empty() ? target->front() : "";
}

ProgramWords Maker::words_of(const fs::path& program) const {
  const bool has_folder = program.native().find('/') != std::string::npos;
  const auto words = words_of_command(has_folder ? at_base(program).string() : program.string());
  return words ? *words : ProgramWords{};
}

// What cannot be replayed is published without, and that is said when it happens.
void Maker::replay(const std::vector<std::string>& command) {
  ReplaySource source;
  source.engine = plan.engine;
  source.command = command;
  source.get = get;
  source.working_dir = base;
  if (!symbolizer.empty()) source.symbolizer = symbolizer;
  source.words = words_of(target_of(command));
  if (auto made = replay_command(source)) plan.replay = std::move(*made);
}

// The user's own command for it: a program that takes the input where @@ stands, or from standard input.
void Maker::replay_as_told() {
  ReplayCommand command;
  command.argv = plan.config.replay.command;
  auto& program = command.argv.front();
  if (program.find('/') != std::string::npos) program = at_base(program).string();
  const auto words = words_of(program);
  const bool marked = std::any_of(command.argv.begin(), command.argv.end(),
                                  [](const auto& word) { return word.find("@@") != std::string::npos; });
  if (!marked && (words.libfuzzer || words.afl_driver)) {
    command.argv.emplace_back("@@");
  } else {
    command.input_on_stdin = !marked;
  }
  command.environment = replay_variables(plan.engine, words.libfuzzer, get, base,
                                         symbolizer.empty() ? std::nullopt : std::optional(symbolizer));
  plan.replay = std::move(command);
}

std::optional<std::string> build_of(const Maker& maker) {
  const auto program = maker.target_of(maker.found.command);
  if (program.empty()) return std::nullopt;
  if (program.native().find('/') != std::string::npos) return build_id_of(maker.at_base(program));
  const auto found = runtime::find_program(program);
  return found ? build_id_of(*found) : std::nullopt;
}

schema::Status recognise_into(Maker& maker) {
  auto& config = maker.plan.config;
  // It starts in a folder of its own, but its program is looked up before.
  auto& program = config.command.front();
  if (program.find('/') != std::string::npos) program = maker.at_base(program).string();
  const auto words = [&maker](const std::string& name) {
    return words_of_command(name.find('/') == std::string::npos ? name : maker.at_base(name).string());
  };
  auto found =
      config.engine ? recognise_as(*config.engine, config.command) : recognise(config.command, words);
  if (!found) return std::move(found).error();
  maker.found = std::move(*found);
  maker.plan.engine = maker.found.engine;
  maker.plan.environment = config.environment;
  if (config.watch_pid) return {};
  const auto path = runtime::find_program(program);
  return path ? schema::Status{} : schema::Status(path.error());
}

GetVariable variables_of(const Variables& configured, const Recognised& found) {
  return [configured, set = found.environment,
          clean = found.clean_environment](const std::string& name) -> std::optional<std::string> {
    if (auto value = find_in(set, name)) return value;
    if (clean) return std::nullopt;
    if (auto value = find_in(configured, name)) return value;
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
}

}  // namespace

schema::Result<TargetPlan> plan_target(TargetConfig config, const NodeServices& node) {
  Maker maker;
  std::error_code failed;
  maker.plan.config = std::move(config);
  auto& plan = maker.plan;
  plan.work_dir = fs::absolute(node.work_dir / plan.config.name, failed);
  if (auto made = make_folder(plan.work_dir); !made) return std::move(made).error();
  maker.base =
      fs::absolute(plan.config.working_dir.empty() ? fs::current_path(failed) : plan.config.working_dir);
  if (plan.config.engine) plan.engine = *plan.config.engine;
  if (plan.config.corpus) plan.corpus = maker.at_base(*plan.config.corpus);
  if (!plan.config.command.empty()) {
    if (auto recognised = recognise_into(maker); !recognised) return std::move(recognised).error();
  }
  maker.get = variables_of(plan.config.environment, maker.found);
  maker.symbolizer = find_symbolizer(maker.get("PATH").value_or("")).value_or("");

  const auto corpus = plan.corpus;  // as the user says
  schema::Status made;
  if (plan.config.command.empty()) {
    maker.watched();
  } else if (plan.engine == Engine::kLibfuzzer) {
    made = maker.libfuzzer();
  } else {
    made = plan.engine == Engine::kAfl ? maker.afl() : maker.honggfuzz();
  }
  if (!made) return std::move(made).error();
  if (corpus) plan.corpus = corpus, plan.corpus_place = CorpusPlace{*corpus};
  if (plan.config.watch_pid) {
    plan.argv.clear();           // somebody else has started it …
    plan.many_processes = true;  // … and reads its log
  }
  if (!plan.config.replay.command.empty()) maker.replay_as_told();
  plan.build_id = build_of(maker);
  return std::move(maker.plan);
}

std::optional<CorpusTarget> corpus_target(const TargetPlan& plan) {
  const auto& config = plan.config;
  if (!plan.corpus_place) return std::nullopt;
  CorpusTarget target;
  target.times = config.snapshots;
  auto& snapshot = target.snapshot;
  snapshot.target = config.name;
  snapshot.engine = engine_name(plan.engine);
  snapshot.build_id = plan.build_id;
  snapshot.place = *plan.corpus_place;
  snapshot.state_file = plan.work_dir / "corpus.state";
  snapshot.merge_control = plan.merge_control;
  snapshot.policy = config.selection;
  auto& sharing = target.sharing;
  sharing.target = config.name;
  sharing.engine = snapshot.engine;
  sharing.place = snapshot.place;
  sharing.import = plan.import;
  sharing.state_file = plan.work_dir / "sharing.state";
  sharing.settings = config.share;
  return target;
}

}  // namespace fuzzmill::producers
