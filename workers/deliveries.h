// Deliveries as the broker would hand them out, for the tests of the stages.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "broker/consumer.h"
#include "schema/digest.h"

namespace fuzzmill::workers {

inline constexpr std::uint64_t kTestNow = 1'750'000'000'000;

// A name of letters only, so that no rule about numbers touches it.
inline std::string letters(int number) {
  std::string text;
  for (int i = 0; i < 4; ++i, number /= 26) text.push_back(static_cast<char>('a' + number % 26));
  return text;
}

// What AddressSanitizer prints of one of our invented bugs.
inline std::string asan_report(int bug, const std::string& kind = "heap-buffer-overflow",
                               const std::string& access = "WRITE") {
  const std::string name = letters(bug);
  return fmt::format(
      "=================================================================\n"
      "==7==ERROR: AddressSanitizer: {0} on address 0x602000000011 at pc 0x55d7 bp 0x7ffc sp 0x7ffb\n"
      "{1} of size 4 at 0x602000000011 thread T0\n"
      "    #0 0x55d6 in copy_{2} /src/{2}.cc:5:3\n"
      "    #1 0x55d7 in parse_{2} /src/{2}.cc:9:3\n"
      "    #2 0x55d8 in LLVMFuzzerTestOneInput /src/{2}.cc:20:3\n"
      "\n"
      "SUMMARY: AddressSanitizer: {0} /src/{2}.cc:5:3 in copy_{2}\n"
      "==7==ABORTING\n",
      kind, access, name);
}

inline void attach(broker::Delivery& delivery, const std::string& name, std::string bytes) {
  delivery.event.attachments.push_back({name, schema::sha256(bytes), bytes.size()});
  delivery.attachments.push_back({name, std::move(bytes)});
}

inline broker::Delivery found(std::uint64_t number, int bug, const std::string& node = "nyc",
                              std::uint64_t time_ms = kTestNow) {
  schema::CrashFound body;
  body.engine = "libfuzzer", body.artifact = fmt::format("crash-{}", number), body.artifact_kind = "crash";
  body.report_source = "log", body.exit_code = 77;
  broker::Delivery delivery;
  delivery.event = {schema::EventId::of(3, number), node, "fuzz_tlv", time_ms, {}, std::move(body)};
  attach(delivery, "input", fmt::format("input {} of bug {}", number, bug));
  attach(delivery, "report", asan_report(bug));
  return delivery;
}

// An output of a stage as the next one gets it: with the attachments it wants of those `from` had.
inline broker::Delivery next(const schema::Event& output, const broker::Delivery& from,
                             bool attachments = true) {
  broker::Delivery delivery;
  delivery.event = output;
  if (attachments) delivery.attachments = from.attachments;
  return delivery;
}

}  // namespace fuzzmill::workers
