#include "broker/spool_thinning.h"

#include <map>
#include <optional>
#include <utility>

#include "schema/event_codec.h"
#include "schema/sample_merge.h"

namespace fuzzmill::broker {
namespace {

using schema::ResourceSample;

struct Waiting {
  std::uint64_t sequence = 0;
  ResourceSample sample;
};

std::uint64_t count(const ResourceSample& sample) { return sample.merged.value_or(1); }

bool fit(const ResourceSample& earlier, const ResourceSample& later) {
  return earlier.state == later.state && count(earlier) + count(later) <= kMostMerged;
}

}  // namespace

Thinned thin(std::span<const SpooledEvent> samples) {
  Thinned thinned;
  // Of each node and target, the one that waits for its partner.
  std::map<std::pair<std::string, std::string>, Waiting> waiting;
  for (const SpooledEvent& spooled : samples) {
    if (!spooled.attachments.empty()) continue;
    auto event = schema::decode(spooled.event);
    auto* sample = event ? std::get_if<ResourceSample>(&event->body) : nullptr;
    if (sample == nullptr) continue;
    const std::pair whose(event->node, event->target);
    const auto partner = waiting.find(whose);
    if (partner == waiting.end() || !fit(partner->second.sample, *sample)) {
      waiting.insert_or_assign(whose, Waiting{spooled.sequence, std::move(*sample)});
      continue;
    }
    *sample = schema::merged(partner->second.sample, *sample);
    thinned.gone.push_back(partner->second.sequence);
    thinned.replaced.push_back({spooled.source, spooled.sequence, schema::encode(*event), {}});
    waiting.erase(partner);
  }
  return thinned;
}

}  // namespace fuzzmill::broker
