// Topics (the types of events), stages (the kinds of workers) and which stage takes which topic.
// The way of a crash through the system is the table kSubscriptions; nothing else says it.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace fuzzmill::schema {

enum class Topic {
  kCrashFound,          // a producer saw a crash artifact
  kCrashFingerprinted,  // its report is read, normalised and signed
  kCrashClassified,     // it has a severity
  kResourceSample,      // what a target uses now; the liveness of a target
  kCorpusSnapshot,      // a corpus as it was
  kHeartbeat,           // a producer started, stopped, or an hour has passed
  kAlertRaised,         // something a person should know
};
inline constexpr std::size_t kTopicCount = 7;

enum class Stage { kFingerprint, kClassify, kArchive, kAlert };
inline constexpr std::size_t kStageCount = 4;

std::string_view name(Topic topic);  // "crash.found"
std::string_view name(Stage stage);  // "fingerprint"
std::optional<Topic> topic_named(std::string_view name);
std::optional<Stage> stage_named(std::string_view name);

std::span<const Topic> all_topics();
std::span<const Stage> all_stages();

struct Subscription {
  Stage stage;
  Topic topic;
};

// Each row is one consumer group, named after its stage, on one topic's stream.
inline constexpr std::array kSubscriptions = {
    Subscription{Stage::kFingerprint, Topic::kCrashFound},
    Subscription{Stage::kClassify, Topic::kCrashFingerprinted},
    Subscription{Stage::kArchive, Topic::kCrashClassified},
    Subscription{Stage::kAlert, Topic::kCrashClassified},
    Subscription{Stage::kAlert, Topic::kResourceSample},
    Subscription{Stage::kArchive, Topic::kCorpusSnapshot},
    Subscription{Stage::kAlert, Topic::kHeartbeat},
    Subscription{Stage::kAlert, Topic::kAlertRaised},
};

// The topic of what a stage derives from its events, if it derives any.
std::optional<Topic> product(Stage stage);

// Which topics a node may publish; the others come only out of stages.
bool node_may_publish(Topic topic);

}  // namespace fuzzmill::schema
