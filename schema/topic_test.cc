#include "schema/topic.h"

#include "tests/catch.h"

using namespace fuzzmill::schema;

TEST_CASE("topics and stages are found by their names and no others") {
  for (const Topic topic : all_topics()) CHECK(topic_named(name(topic)) == topic);
  for (const Stage stage : all_stages()) CHECK(stage_named(name(stage)) == stage);
  CHECK_FALSE(topic_named("crash"));
  CHECK_FALSE(topic_named("CRASH.FOUND"));
  CHECK_FALSE(stage_named(""));
}

TEST_CASE("every topic has a stage that takes it, so that none waits for ever") {
  for (const Topic topic : all_topics()) {
    bool taken = false;
    for (const auto& subscription : kSubscriptions) taken = taken || subscription.topic == topic;
    INFO(name(topic));
    CHECK(taken);
  }
}

TEST_CASE("a node publishes what it sees and not what stages derive") {
  CHECK(node_may_publish(Topic::kCrashFound));
  CHECK(node_may_publish(Topic::kResourceSample));
  CHECK_FALSE(node_may_publish(Topic::kCrashFingerprinted));
  CHECK_FALSE(node_may_publish(Topic::kCrashClassified));
  CHECK_FALSE(node_may_publish(Topic::kAlertRaised));
}
