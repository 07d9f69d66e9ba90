// A target as it will be watched: its configuration with everything looked up, checked and decided.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "producers/agent/engine_feed.h"
#include "producers/agent/node_services.h"
#include "producers/agent/target_config.h"
#include "producers/engine/replay_command.h"

namespace fuzzmill::producers {

struct TargetPlan {
  TargetConfig config;
  Engine engine = Engine::kLibfuzzer;
  std::vector<std::string> argv;   // as started; empty: somebody else runs it
  Variables environment;           // beside ours
  std::filesystem::path work_dir;  // ours
  std::optional<std::filesystem::path> corpus;
  std::optional<std::string> build_id;
  std::optional<ReplayCommand> replay;
  bool many_processes = false;  // its children find the crashes, and it lives on
  std::unique_ptr<EngineFeed> feed;
};

// Makes the folders that are ours. kInvalid (the command is no fuzzer that we know; says what to do),
// kNotFound and kDenied (program or folder).
schema::Result<TargetPlan> plan_target(TargetConfig config, const NodeServices& node);

}  // namespace fuzzmill::producers
