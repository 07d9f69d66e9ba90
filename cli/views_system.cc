#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/show.h"
#include "cli/views.h"

namespace fuzzmill::cli {
namespace {

using nlohmann::json;

std::uint64_t dead_of(const std::vector<DeadCount>& dead, schema::Topic topic) {
  for (const DeadCount& one : dead) {
    if (one.topic == topic) return one.count;
  }
  return 0;
}

}  // namespace

std::uint64_t entry_ms(std::string_view entry_id) {
  std::uint64_t ms = 0;
  std::from_chars(entry_id.data(), entry_id.data() + entry_id.size(), ms);
  return ms;
}

Table queue_table(const std::vector<store::StageState>& stages, const std::vector<DeadCount>& dead,
                  std::uint64_t now_ms) {
  Table table({{"TOPIC"},
               {"STAGE"},
               {"WAITING", true},
               {"IN FLIGHT", true},
               {"OLDEST", true},
               {"DEAD IN TOPIC", true}});
  for (const auto& state : stages) {
    const std::uint64_t lost = dead_of(dead, state.topic);
    const std::uint64_t oldest = entry_ms(state.oldest);
    const bool late = oldest > 0 && now_ms > oldest + 60'000;
    table.add({schema::name(state.topic), schema::name(state.stage), state.waiting, state.in_flight,
               Cell(age_text(now_ms, oldest), late ? Tone::kWarn : Tone::kPlain),
               Cell(std::to_string(lost), lost > 0 ? Tone::kBad : Tone::kPlain)});
  }
  return table;
}

json queue_json(const std::vector<store::StageState>& stages, const std::vector<DeadCount>& dead,
                std::uint64_t now_ms) {
  json rows = json::array(), letters = json::array();
  for (const auto& state : stages) {
    const std::uint64_t oldest = entry_ms(state.oldest);
    rows.push_back({{"topic", schema::name(state.topic)},
                    {"stage", schema::name(state.stage)},
                    {"waiting", state.waiting},
                    {"in_flight", state.in_flight},
                    {"oldest", state.oldest},
                    {"oldest_age_ms", oldest > 0 && now_ms > oldest ? now_ms - oldest : 0}});
  }
  for (const auto& one : dead) letters.push_back({{"topic", schema::name(one.topic)}, {"count", one.count}});
  return {{"stages", rows}, {"dead", letters}};
}

Table dead_table(const std::vector<store::DeadLetter>& letters, std::uint64_t now_ms) {
  Table table(
      {{"ID"}, {"STAGE"}, {"ATTEMPTS", true}, {"DIED", true}, {"BYTES", true}, {"REASON", false, 20}});
  for (const auto& letter : letters) {
    const std::uint64_t died = entry_ms(std::string_view(letter.id).substr(letter.id.rfind('/') + 1));
    table.add({letter.id, schema::name(letter.stage), letter.attempts, age_text(now_ms, died),
               std::uint64_t{letter.event.size()}, letter.reason});
  }
  return table;
}

json dead_json(const std::vector<store::DeadLetter>& letters) {
  json rows = json::array();
  for (const auto& letter : letters) {
    rows.push_back({{"id", letter.id},
                    {"topic", schema::name(letter.topic)},
                    {"stage", schema::name(letter.stage)},
                    {"attempts", letter.attempts},
                    {"reason", letter.reason},
                    {"entry", letter.entry},
                    {"bytes", letter.event.size()}});
  }
  return {{"dead", rows}};
}

Table health_table(const std::vector<runtime::HealthVerdict>& verdicts, std::uint64_t now_ms) {
  Table table(
      {{"PROCESS"}, {"PID", true}, {"STATE", false, 8}, {"UPDATED", true}, {"WELL"}, {"WHY NOT", false, 20}});
  for (const auto& [record, well, why] : verdicts) {
    table.add({record.process, record.pid, record.state, age_text(now_ms, record.updated_ms),
               Cell(well ? "yes" : "no", well ? Tone::kGood : Tone::kBad), why});
  }
  return table;
}

json health_json(const std::vector<runtime::HealthVerdict>& verdicts, bool well) {
  json rows = json::array();
  for (const auto& [record, fine, why] : verdicts) {
    rows.push_back({{"process", record.process},
                    {"pid", record.pid},
                    {"state", record.state},
                    {"updated_ms", record.updated_ms},
                    {"well", fine},
                    {"why", why}});
  }
  return {{"well", well}, {"processes", rows}};
}

}  // namespace fuzzmill::cli
