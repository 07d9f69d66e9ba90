#include "workers/fingerprint/stage.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "store/crash_index.h"
#include "workers/fingerprint/fingerprint.h"
#include "workers/fingerprint/record.h"

namespace fuzzmill::workers {
namespace {

// An event carries what identifies and explains a crash; the report itself goes along as an attachment.
constexpr std::size_t kMaxStack = 128;
constexpr std::size_t kMaxFrameName = 1024;  // bytes

std::optional<int> small(const std::optional<std::int64_t>& number) {
  if (!number || *number < std::numeric_limits<int>::min() || *number > std::numeric_limits<int>::max())
    return {};
  return static_cast<int>(*number);
}

std::vector<std::string> bounded_stack(const Stack& stack) {
  std::vector<std::string> names = stack.names();
  if (names.size() > kMaxStack) names.resize(kMaxStack);
  for (std::string& name : names) name.resize(std::min(name.size(), kMaxFrameName));
  return names;
}

std::vector<std::string> grains(const Signatures& signatures) {
  std::vector<std::string> list;
  for (const auto& [grain, digits] : signatures.named()) {
    list.push_back(std::string(grain).append("=").append(digits));
  }
  return list;
}

// What is wrong with a delivery for good, or nothing.
std::optional<std::string> problem_of(const schema::Event& event) {
  if (!std::holds_alternative<schema::CrashFound>(event.body))
    return "stage fingerprint takes crash.found only";
  if (!schema::valid_name(event.target)) return "crash.found names no target";
  return std::nullopt;
}

Fingerprint read(const broker::Delivery& delivery, const ProjectRules& rules) {
  const auto& found = std::get<schema::CrashFound>(delivery.event.body);
  const std::string* report = delivery.attachment("report");
  return fingerprint({report != nullptr ? std::string_view(*report) : std::string_view(),
                      small(found.exit_code), small(found.signal), &rules});
}

Recording record_of(const schema::Event& event, const Fingerprint& print) {
  Recording recording;
  store::CrashRecord& record = recording.record;
  record.event = event.id, record.group = print.group, record.signature = print.signature;
  record.signatures = grains(print.signatures), record.kind = print.report.kind;
  record.node = event.node, record.target = event.target, record.time_ms = event.time_ms;
  record.old_signatures = old_signatures(print);
  recording.shown = print.shown;
  return recording;
}

schema::Event output_of(const schema::Event& event, const Fingerprint& print, const std::string& group) {
  const auto& found = std::get<schema::CrashFound>(event.body);
  schema::CrashFingerprinted body;
  body.found = event.id.hex();
  body.kind = print.report.kind, body.signature = print.signature, body.group = group;
  body.stack = bounded_stack(print.stack), body.signatures = grains(print.signatures);
  body.message = print.report.message, body.sanitizer = print.report.sanitizer;
  body.access = print.report.access, body.access_size = print.report.access_size;
  body.address = print.report.address, body.truncated = print.report.truncated;
  body.engine = found.engine, body.artifact = found.artifact, body.artifact_kind = found.artifact_kind;
  body.build_id = found.build_id, body.exit_code = found.exit_code, body.signal = found.signal;
  body.replays = found.replays, body.reproduced = found.reproduced;
  body.pc = print.report.pc;
  if (!print.report.language.empty()) body.language = print.report.language;
  if (!print.report.marks.empty()) body.marks = schema::names_of(print.report.marks);
  return derived_event(event, schema::Stage::kFingerprint, std::move(body));
}

}  // namespace

Outcomes FingerprintStage::handle(Deliveries& deliveries) {
  return derive_each<store::Recorded>(
      deliveries, problem_of,
      [&](const broker::Delivery& delivery) {
        Fingerprint print = read(delivery, rules_);
        auto record = record_of(delivery.event, print);
        return std::pair(std::move(print), std::move(record));
      },
      [&](const std::vector<Recording>& batch) {
        return redis_.use([&](store::Redis& redis) {
          store::CrashIndex index(redis);
          return record_crashes(index, batch, now_());
        });
      },
      [](const schema::Event& event, const Fingerprint& print, const store::Recorded& recorded) {
        return output_of(event, print, recorded.group);
      });
}

}  // namespace fuzzmill::workers
