#include <fmt/format.h>

#include <algorithm>

#include "broker/spool_rules.h"
#include "schema/digest.h"
#include "schema/limits.h"

namespace fuzzmill::broker {

using schema::Result;

Result<SpooledEvent> pack(schema::Event event, std::vector<Attachment> attachments, std::uint64_t source,
                          std::uint64_t sequence) {
  if (attachments.size() > schema::kMaxAttachments) {
    return schema::too_large(fmt::format("event has {} attachments, the limit is {}", attachments.size(),
                                         schema::kMaxAttachments));
  }
  SpooledEvent packed{source, sequence, {}, {}};
  event.id = schema::EventId::of(source, sequence);
  event.attachments.clear();
  std::size_t total = 0;
  for (Attachment& attachment : attachments) {
    total += attachment.bytes.size();
    if (attachment.bytes.size() > schema::kMaxAttachmentSize) {
      return schema::too_large(fmt::format("attachment '{}' has {} bytes, the limit is {}", attachment.name,
                                           attachment.bytes.size(), schema::kMaxAttachmentSize));
    }
    event.attachments.push_back({attachment.name, schema::sha256(attachment.bytes), attachment.bytes.size()});
    packed.attachments.push_back(std::move(attachment.bytes));
  }
  packed.event = schema::encode(event);
  if (total + packed.event.size() > schema::kMaxMessageSize / 2) {
    return schema::too_large(fmt::format("event with its attachments has {} bytes, the limit is {}",
                                         total + packed.event.size(), schema::kMaxMessageSize / 2));
  }
  if (packed.event.size() > schema::kMaxEventSize) {
    return schema::too_large(
        fmt::format("event of {} bytes, the limit is {}", packed.event.size(), schema::kMaxEventSize));
  }
  if (!schema::valid_name(event.node) || (!event.target.empty() && !schema::valid_name(event.target))) {
    return schema::invalid(fmt::format("'{}' or '{}' is no name of a node or target ([A-Za-z0-9._-]{{1,64}})",
                                       event.node.substr(0, 64), event.target.substr(0, 64)));
  }
  return packed;
}

bool makes_way(schema::Topic topic, schema::Topic incoming) {
  const auto rank = [](schema::Topic of) { return std::find(kMakesWay.begin(), kMakesWay.end(), of); };
  return rank(topic) != kMakesWay.end() && rank(topic) <= rank(incoming);
}

std::string kept_key(const std::string& key) {
  const auto digest = schema::sha256(key);
  return {reinterpret_cast<const char*>(digest.data()), 16};
}

std::size_t size_of(const SpooledEvent& event) {
  std::size_t size = event.event.size() + 64;
  for (const auto& attachment : event.attachments) size += attachment.size();
  return size;
}

}  // namespace fuzzmill::broker
