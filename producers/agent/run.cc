#include "producers/agent/run.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "producers/agent/target_run.h"
#include "producers/engine/elf_build_id.h"
#include "producers/engine/libfuzzer_command.h"
#include "schema/limits.h"

namespace fuzzmill::producers {
namespace {

schema::Status check(const RunOptions& options) {
  if (options.command.empty()) return schema::invalid("no fuzzer to run: fuzzmill run -- TARGET ARGS...");
  if (!schema::valid_name(options.node)) {
    return schema::invalid(fmt::format("node '{}' is no name ([A-Za-z0-9._-], at most 64)", options.node));
  }
  if (!schema::valid_name(options.target)) {
    return schema::invalid(
        fmt::format("target '{}' is no name ([A-Za-z0-9._-], at most 64)", options.target));
  }
  if (!options.publish || options.work_dir.empty())
    return schema::internal("run needs a work_dir and publish");
  if (options.interval.count() <= 0 || options.heartbeat_interval.count() <= 0) {
    return schema::invalid("the intervals of samples and heartbeats must be above zero");
  }
  return {};
}

schema::Status make_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (!failed) return {};
  auto message = fmt::format("{}: {}", folder.string(), failed.message());
  if (failed == std::errc::permission_denied || failed == std::errc::read_only_file_system) {
    return schema::denied(std::move(message));
  }
  return schema::unavailable(std::move(message));
}

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

std::optional<std::filesystem::path> corpus_of(const RunOptions& options, const LibfuzzerCommand& command) {
  if (options.corpus_dir) return options.corpus_dir;
  std::error_code failed;
  for (const auto& operand : command.operands) {
    if (std::filesystem::is_directory(operand, failed)) return std::filesystem::path(operand);
  }
  return std::nullopt;
}

// What the command says of artifacts is respected; otherwise they go to a folder of ours.
schema::Status place_artifacts(RunPlan& plan, const LibfuzzerCommand& command) {
  std::error_code failed;
  const auto base = std::filesystem::current_path(failed);
  plan.argv = plan.options.command;
  if (command.artifact_prefix || !command.exact_artifact_path.empty()) {
    plan.place = artifact_place(command.artifact_prefix.value_or("./"), command.exact_artifact_path, base);
    return {};
  }
  auto folder = plan.options.artifact_dir;
  if (folder.empty()) folder = plan.options.work_dir / "artifacts";
  folder = std::filesystem::absolute(folder, failed);
  if (auto made = make_folder(folder); !made) return made;
  plan.argv = with_artifact_folder(std::move(plan.argv), folder);
  plan.place = artifact_place((folder / "").string(), "", base);
  return {};
}

schema::Result<RunPlan> make_plan(RunOptions options) {
  if (auto checked = check(options); !checked) return std::move(checked).error();
  auto program = runtime::find_program(options.command.front());
  if (!program) return std::move(program).error();
  if (!options.assume_libfuzzer) {
    if (auto is = is_libfuzzer_program(*program); !is) return std::move(is).error();
  }
  if (auto made = make_folder(options.work_dir); !made) return std::move(made).error();
  const auto command = parse_libfuzzer_command(options.command);
  RunPlan plan;
  plan.many_processes = command.many_processes;
  plan.corpus = corpus_of(options, command);
  plan.build_id = build_id_of(*program);
  plan.environment = sanitizer_variables(variable, find_symbolizer(variable("PATH").value_or("")));
  plan.options = std::move(options);
  if (auto placed = place_artifacts(plan, command); !placed) return std::move(placed).error();
  return plan;
}

}  // namespace

std::string default_target_name(const std::vector<std::string>& command) {
  if (command.empty()) return "fuzzer";
  std::string name =
      std::filesystem::path(command.front()).filename().string().substr(0, schema::kMaxNameSize);
  for (char& c : name) {
    if (!schema::valid_name(std::string("x") + c)) c = '-';
  }
  if (!name.empty() && name.front() == '.') name.front() = '-';
  return name.empty() ? "fuzzer" : name;
}

schema::Status run_target(RunOptions options, std::stop_token stop) {
  auto plan = make_plan(std::move(options));
  if (!plan) return std::move(plan).error();
  auto watch = ArtifactWatch::start(plan->place.folder);
  if (!watch) return std::move(watch).error().in("artifact folder");
  auto published = PublishedSet::open(plan->options.work_dir / "published");
  if (!published) return std::move(published).error();
  TargetRun run(std::move(*plan), std::move(*watch), std::move(*published));
  return run.run(std::move(stop));
}

}  // namespace fuzzmill::producers
