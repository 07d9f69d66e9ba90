#include "broker/spool_thinning.h"

#include "broker/spool_rules.h"
#include "tests/catch.h"

namespace fuzzmill::broker {
namespace {

SpooledEvent sample_of(std::uint64_t sequence, const std::string& target, double cpu,
                       std::uint64_t merged = 1) {
  schema::ResourceSample body;
  body.interval_ms = 30'000 * merged;
  body.cpu_percent = cpu;
  if (merged > 1) body.merged = merged;
  schema::Event event;
  event.node = "n";
  event.target = target;
  event.time_ms = 1000 * sequence;
  event.body = body;
  return *pack(event, {}, 7, sequence);
}

schema::ResourceSample body_of(const SpooledEvent& event) {
  return std::get<schema::ResourceSample>(schema::decode(event.event)->body);
}

}  // namespace

TEST_CASE("two samples of a target become one under the number of the later") {
  const std::vector samples = {sample_of(1, "a", 10), sample_of(2, "a", 30)};
  const auto thinned = thin(samples);
  CHECK(thinned.gone == std::vector<std::uint64_t>{1});
  REQUIRE(thinned.replaced.size() == 1);
  CHECK(thinned.replaced[0].source == 7);
  CHECK(thinned.replaced[0].sequence == 2);
  const auto event = schema::decode(thinned.replaced[0].event);
  CHECK(event->id == schema::EventId::of(7, 2));
  CHECK(event->time_ms == 2000);
  const auto body = body_of(thinned.replaced[0]);
  CHECK(body.merged == 2u);
  CHECK(body.interval_ms == 60'000);
  CHECK(body.cpu_percent == 20);
  CHECK(body.cpu_min == 10.0);
  CHECK(body.cpu_max == 30.0);
}

TEST_CASE("samples of different targets stay apart, and each pairs with its own") {
  const std::vector samples = {sample_of(1, "a", 1), sample_of(2, "b", 2), sample_of(3, "a", 3),
                               sample_of(4, "b", 4), sample_of(5, "a", 5)};
  const auto thinned = thin(samples);
  CHECK(thinned.gone == std::vector<std::uint64_t>{1, 2});
  REQUIRE(thinned.replaced.size() == 2);
  CHECK(thinned.replaced[0].sequence == 3);
  CHECK(thinned.replaced[1].sequence == 4);
}

TEST_CASE("a sample stands for a bounded number of others") {
  const std::vector full = {sample_of(1, "a", 1, kMostMerged), sample_of(2, "a", 2)};
  CHECK(thin(full).gone.empty());
  const std::vector half = {sample_of(1, "a", 1, kMostMerged / 2), sample_of(2, "a", 2, kMostMerged / 2)};
  CHECK(body_of(thin(half).replaced.at(0)).merged == kMostMerged);
}

TEST_CASE("a change of state is not merged away") {
  auto changed = [](std::uint64_t sequence, const std::string& state) {
    auto event = *schema::decode(sample_of(sequence, "a", 1).event);
    std::get<schema::ResourceSample>(event.body).state = state;
    return *pack(event, {}, 7, sequence);
  };
  const std::vector samples = {changed(1, "running"), changed(2, "dead"), changed(3, "running")};
  CHECK(thin(samples).gone.empty());
}

TEST_CASE("what cannot be read is left alone") {
  const std::vector samples = {SpooledEvent{7, 1, "no event", {}}, sample_of(2, "a", 1),
                               SpooledEvent{7, 3, "", {}}, sample_of(4, "a", 1)};
  const auto thinned = thin(samples);
  CHECK(thinned.gone == std::vector<std::uint64_t>{2});
  CHECK(thin({}).gone.empty());
}

TEST_CASE("a lane whose samples cannot thin is not read again for each event") {
  std::vector<SpooledEvent> lane;
  int reads = 0, merged = 0;
  ThinningRound round;
  const auto read = [&](std::uint64_t after) {
    ++reads;
    std::vector<SpooledEvent> some;
    for (const auto& one : lane) {
      if (one.sequence > after && some.size() < kThinningPass) some.push_back(one);
    }
    return some;
  };
  const auto thin_lane = [&] {
    return thin_round(
        0, lane.back().sequence, round, [] { return true; }, read,
        [&](const Thinned& thinned) {
          merged += static_cast<int>(thinned.gone.size());
          return schema::Status();
        });
  };
  const auto add = [&](const std::string& target) { lane.push_back(sample_of(lane.size() + 1, target, 1)); };
  for (int i = 0; i < 400; ++i) add(std::to_string(i));
  for (int i = 0; i < 100; ++i) {
    REQUIRE(thin_lane());
    add(std::to_string(400 + i));
  }
  CHECK(reads <= 4);
  for (int i = 0; i < 200; ++i) add("same");
  REQUIRE(thin_lane());
  CHECK(merged >= 100);
}

}  // namespace fuzzmill::broker
