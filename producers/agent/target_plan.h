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
#include "producers/corpus/corpus_service.h"
#include "producers/engine/replay_command.h"

namespace fuzzmill::producers {

struct TargetPlan {
  TargetConfig config;
  Engine engine = Engine::kLibfuzzer;
  std::vector<std::string> argv;                // as started; empty: somebody else runs it
  Variables environment;                        // beside ours
  std::filesystem::path work_dir;               // ours
  std::optional<std::filesystem::path> corpus;  // the folder that its engine writes
  std::optional<CorpusPlace> corpus_place;      // what snapshots take
  ImportPlace import;                           // where what other nodes find is put for it
  std::filesystem::path merge_control;          // of libFuzzer; empty: none
  std::optional<std::string> build_id;
  std::optional<ReplayCommand> replay;
  bool many_processes = false;  // its children find the crashes, and it lives on
  std::unique_ptr<EngineFeed> feed;
};

// The target as the service of its node's corpora knows it. Nothing: it has no corpus, or none that is to be
// kept.
std::optional<CorpusTarget> corpus_target(const TargetPlan& plan);

// Makes the folders that are ours. kInvalid (the command is no fuzzer that we know; says what to do),
// kNotFound and kDenied (program or folder).
schema::Result<TargetPlan> plan_target(TargetConfig config, const NodeServices& node);

}  // namespace fuzzmill::producers
