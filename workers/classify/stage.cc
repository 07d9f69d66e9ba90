#include "workers/classify/stage.h"

#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "store/crash_index.h"
#include "workers/classify/classify.h"

namespace fuzzmill::workers {
namespace {

std::optional<std::string> problem_of(const schema::Event& event) {
  const auto* body = std::get_if<schema::CrashFingerprinted>(&event.body);
  if (body == nullptr) return "stage classify takes crash.fingerprinted only";
  if (!store::valid_group(body->group)) return "crash.fingerprinted: field group is not 16 hex digits";
  if (!store::valid_signature(body->signature))
    return "crash.fingerprinted: field signature is not 64 hex digits";
  if (!schema::valid_name(event.target)) return "crash.fingerprinted names no target";
  return std::nullopt;
}

// "SIGSEGV" of 11; empty for a number that is no signal.
std::string signal_name(std::int64_t number) {
  if (number <= 0 || number > 64) return {};
  const char* name = sigabbrev_np(static_cast<int>(number));
  return name == nullptr ? std::string() : std::string("SIG") + name;
}

CrashFacts facts_of(const schema::CrashFingerprinted& print) {
  CrashFacts facts;
  facts.kind = print.kind, facts.access = print.access, facts.access_size = print.access_size;
  facts.address = print.address, facts.stack = print.stack, facts.message = print.message;
  facts.sanitizer = print.sanitizer;
  facts.pc = print.pc, facts.language = print.language.value_or("");
  if (print.marks) facts.marks = schema::marks_of(*print.marks);
  if (print.signal) facts.signal = signal_name(*print.signal);
  if (print.replays.value_or(0) > 0 && print.reproduced) {
    facts.reproducible = static_cast<double>(*print.reproduced) / static_cast<double>(*print.replays);
  }
  return facts;
}

store::Classification record_of(const schema::Event& event, const Classification& verdict) {
  const auto& print = std::get<schema::CrashFingerprinted>(event.body);
  store::Classification record;
  record.event = event.id, record.group = print.group, record.signature = print.signature;
  record.severity = verdict.severity, record.security = verdict.security;
  record.kind = print.kind, record.title = verdict.title, record.time_ms = event.time_ms;
  record.replays = print.replays.value_or(0), record.reproduced = print.reproduced.value_or(0);
  for (const std::string& cwe : verdict.cwe) record.cwe += (record.cwe.empty() ? "" : " ") + cwe;
  // Crash text may be no UTF-8: replaced, never thrown about.
  record.reasons =
      nlohmann::json(verdict.reasons).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return record;
}

// The severity is this crash's own; its group has the worst of all, in Redis.
schema::Event output_of(const schema::Event& event, const Classification& verdict, const std::string& group) {
  const auto& print = std::get<schema::CrashFingerprinted>(event.body);
  schema::CrashClassified body;
  body.found = print.found, body.kind = print.kind, body.signature = print.signature, body.group = group;
  body.severity = schema::severity_name(verdict.severity), body.security = verdict.security;
  body.title = verdict.title, body.reasons = verdict.reasons, body.cwe = verdict.cwe;
  body.stack = print.stack, body.message = print.message, body.access = print.access;
  body.access_size = print.access_size, body.engine = print.engine, body.artifact = print.artifact;
  body.build_id = print.build_id;
  return derived_event(event, schema::Stage::kClassify, std::move(body));
}

}  // namespace

Outcomes ClassifyStage::handle(Deliveries& deliveries) {
  return derive_each<store::Classified>(
      deliveries, problem_of,
      [&](const broker::Delivery& delivery) {
        const schema::Event& event = delivery.event;
        Classification verdict =
            classify(facts_of(std::get<schema::CrashFingerprinted>(event.body)), overrides_);
        auto record = record_of(event, verdict);
        return std::pair(std::move(verdict), std::move(record));
      },
      [&](const std::vector<store::Classification>& batch) {
        return redis_.use([&](store::Redis& redis) { return store::CrashIndex(redis).classify(batch); });
      },
      [](const schema::Event& event, const Classification& verdict, const store::Classified& done) {
        return output_of(event, verdict, done.group);
      });
}

}  // namespace fuzzmill::workers
