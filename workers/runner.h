// Runs stages: a thread for each, with its own connection to Redis and its own consumer at the broker.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "schema/result.h"
#include "schema/topic.h"
#include "store/archive/archive_writer.h"
#include "store/redis.h"
#include "store/retention.h"
#include "workers/alert/limits.h"
#include "workers/classify/overrides.h"
#include "workers/fingerprint/stack/project_rules.h"

namespace fuzzmill::workers {

enum class WebhookForm { kJson, kSlack };

struct RunnerOptions {
  std::vector<schema::Stage> stages;  // each at most once
  std::string endpoint;               // of the broker
  std::filesystem::path keys;         // key folder: NAME.key of each stage, server.pub
  store::RedisAddress redis;
  std::filesystem::path archive;  // crash archives go below it; stage archive
  std::string corpora;            // where corpus archives go (store/objects/open_store.h); empty: `archive`
  store::ArchiveFormat corpus_format = store::ArchiveFormat::kTarZst;
  store::RetentionOptions corpus_retention;  // of the daily prune
  std::size_t kept_inputs = 5;               // of a group, the smallest; at least 1
  std::filesystem::path alert_log;           // one line an alert; empty: none; stage alert
  std::string webhook_url;                   // http(s)://…; empty: none. Secret: never logged
  WebhookForm webhook_form = WebhookForm::kJson;
  std::chrono::milliseconds alert_retry_first{
      10'000};                         // before a sink's second attempt; later ones wait longer
  std::uint64_t alerts_per_hour = 60;  // about crashes, and as many about nodes and targets
  AlertLimits alert_limits;
  ProjectRules frame_rules;  // of stage fingerprint, and …
  Overrides severity_rules;  // … of stage classify: what the project says itself
  std::size_t credit = 128;  // deliveries that a stage holds at most
};

// Returns when `stop` is requested and the batches in hand are answered, or with the first error that
// cannot pass by itself: kInvalid options, keys that cannot be read, kDenied by the broker. Redis and broker
// may come and go meanwhile. Threads: any; it blocks.
schema::Status run_stages(const RunnerOptions& options, std::stop_token stop);

}  // namespace fuzzmill::workers
