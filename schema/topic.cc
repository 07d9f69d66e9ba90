#include "schema/topic.h"

namespace fuzzmill::schema {
namespace {

constexpr std::array<std::string_view, kTopicCount> kTopicNames = {
    "crash.found",     "crash.fingerprinted", "crash.classified", "resource.sample",
    "corpus.snapshot", "heartbeat",           "alert.raised"};
constexpr std::array<std::string_view, kStageCount> kStageNames = {"fingerprint", "classify", "archive",
                                                                   "alert"};
constexpr std::array kTopics = {Topic::kCrashFound,     Topic::kCrashFingerprinted, Topic::kCrashClassified,
                                Topic::kResourceSample, Topic::kCorpusSnapshot,     Topic::kHeartbeat,
                                Topic::kAlertRaised};
constexpr std::array kStages = {Stage::kFingerprint, Stage::kClassify, Stage::kArchive, Stage::kAlert};

}  // namespace

std::string_view name(Topic topic) { return kTopicNames[static_cast<std::size_t>(topic)]; }
std::string_view name(Stage stage) { return kStageNames[static_cast<std::size_t>(stage)]; }

std::optional<Topic> topic_named(std::string_view wanted) {
  for (const Topic topic : kTopics) {
    if (name(topic) == wanted) return topic;
  }
  return std::nullopt;
}

std::optional<Stage> stage_named(std::string_view wanted) {
  for (const Stage stage : kStages) {
    if (name(stage) == wanted) return stage;
  }
  return std::nullopt;
}

std::span<const Topic> all_topics() { return kTopics; }
std::span<const Stage> all_stages() { return kStages; }

std::optional<Topic> product(Stage stage) {
  switch (stage) {
    case Stage::kFingerprint:
      return Topic::kCrashFingerprinted;
    case Stage::kClassify:
      return Topic::kCrashClassified;
    case Stage::kArchive:
      return std::nullopt;
    case Stage::kAlert:
      return Topic::kAlertRaised;
  }
  return std::nullopt;
}

bool node_may_publish(Topic topic) {
  return topic == Topic::kCrashFound || topic == Topic::kResourceSample || topic == Topic::kCorpusSnapshot ||
         topic == Topic::kHeartbeat;
}

}  // namespace fuzzmill::schema
