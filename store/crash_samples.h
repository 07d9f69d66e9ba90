// For the tests of the crash index: crashes of numbered bugs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "schema/digest.h"
#include "store/crash_index.h"

namespace fuzzmill::store::samples {

constexpr std::uint64_t kNow = 1'750'000'000'000;
constexpr std::uint64_t kHour = 3'600'000;

inline std::string signature_of(int bug) { return schema::sha256_hex("bug " + std::to_string(bug)); }
inline std::string group_of(int bug) { return signature_of(bug).substr(0, 16); }

inline CrashRecord crash(std::uint64_t number, int bug, std::string node = "nyc",
                         std::uint64_t time_ms = kNow) {
  CrashRecord record;
  record.event = schema::EventId::of(7, number);
  record.group = group_of(bug), record.signature = signature_of(bug);
  record.signatures = {"type=" + signature_of(bug + 1000)};
  record.kind = "heap-buffer-overflow", record.node = std::move(node), record.target = "fuzz_tlv";
  record.time_ms = time_ms;
  return record;
}

inline Classification classified(std::uint64_t number, int bug, schema::Severity severity) {
  Classification item;
  item.event = schema::EventId::of(8, number);
  item.group = group_of(bug), item.signature = signature_of(bug);
  item.severity = severity, item.kind = "heap-buffer-overflow", item.time_ms = kNow;
  item.title = "as " + std::string(schema::severity_name(severity));
  item.reasons = "[]";
  return item;
}

inline AlertRequest request(std::uint64_t number, int bug, std::uint64_t time_ms = kNow) {
  return {schema::EventId::of(9, number), group_of(bug), signature_of(bug), time_ms};
}

}  // namespace fuzzmill::store::samples
