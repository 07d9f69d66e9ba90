// Fuzzes the readers of what AFL and honggfuzz write, much of which the target can write too. The first byte
// chooses the reader, the second is the length of a piece for those that read a file as it grows.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz-harness/decoders/require.h"
#include "producers/engine/afl_artifact.h"
#include "producers/engine/afl_stats.h"
#include "producers/engine/honggfuzz_artifact.h"
#include "producers/engine/honggfuzz_log.h"
#include "producers/engine/honggfuzz_report.h"
#include "producers/engine/honggfuzz_stats.h"
#include "producers/engine/sanitizer_flags.h"
#include "producers/engine/sanitizer_log.h"

namespace {

using namespace fuzzmill::producers;
using fuzzmill::fuzz::require;

std::string shown(const std::optional<std::uint64_t>& number) {
  return number ? std::to_string(*number) : "-";
}
std::string shown(const EngineReading& r) {
  return shown(r.executions) + " " + shown(r.coverage) + " " + shown(r.corpus_files) + " " +
         shown(r.crashes) + " " + shown(r.hangs) + " " + shown(r.last_new_path_ms) + " " + shown(r.as_of_ms);
}

// One piece after another of `piece` bytes.
template <class Feed>
void cut(std::string_view text, std::size_t piece, Feed feed) {
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) feed(text.substr(0, piece));
}

std::string read_report(std::string_view text, std::size_t piece) {
  HonggfuzzReport report;
  std::vector<HonggfuzzCrash> crashes;
  cut(text, piece, [&](std::string_view part) { report.feed(part, crashes); });
  report.finish(crashes);
  std::string all;
  for (const auto& crash : crashes) {
    require(!crash.file.empty(), "a section names its crash file");
    require(crash.file.size() <= HonggfuzzReport::kLineBytes, "a name is bounded");
    require(crash.text.size() <= HonggfuzzReport::kSectionHead + HonggfuzzReport::kSectionTail + 64,
            "a section is bounded");
    require(!crash.signal || *crash.signal <= 64, "a signal is one");
    all +=
        crash.file + "|" + crash.description + "|" + crash.time + "|" + shown(crash.pid) + "|" + crash.text;
  }
  return all;
}

std::string read_log(std::string_view text, std::size_t piece) {
  HonggfuzzLog log;
  std::vector<HonggfuzzEvent> events;
  cut(text, piece, [&](std::string_view part) { log.feed(part, events); });
  std::string all = shown(log.reading());
  log.finish(events);
  for (const auto& event : events) {
    all += std::to_string(event.index());
    if (const auto* saved = std::get_if<HonggfuzzSaved>(&event)) all += saved->path;
    if (const auto* summary = std::get_if<HonggfuzzSummary>(&event)) all += shown(summary->reading);
  }
  return all;
}

std::string read_stats(std::string_view text, std::size_t piece) {
  HonggfuzzStats stats;
  cut(text, piece, [&](std::string_view part) { stats.feed(part); });
  return stats.latest() ? shown(*stats.latest()) : "nothing";
}

void read_afl_name(std::string_view name, AflFolder folder) {
  for (const std::string_view extension : {"", "xml"}) {
    const auto artifact = parse_afl_artifact(name, folder, extension);
    if (!artifact) continue;
    require(artifact->kind == "crash" || artifact->kind == "timeout",
            "an artifact has a kind that events know");
    require(artifact->id || artifact->sha1, "an artifact has a number or a hash");
    require(!artifact->sha1 || artifact->sha1->size() == 40, "a SHA-1 is one");
    require(!artifact->signal || (*artifact->signal >= 0 && *artifact->signal <= 64), "a signal is one");
    require(artifact->operation.size() + artifact->original.size() + artifact->sync.size() <= name.size(),
            "nothing is made up");
  }
}

void read_honggfuzz_name(std::string_view name) {
  for (const std::string_view extension : {"fuzz", "", "a.b"}) {
    const auto artifact = parse_honggfuzz_artifact(name, extension);
    if (!artifact) continue;
    require(artifact->kind == "crash" || artifact->kind == "timeout",
            "an artifact has a kind that events know");
    require(artifact->stack_hash.size() <= 16, "a hash is short");
    require(artifact->instruction.size() < name.size(), "nothing is made up");
  }
}

void read_flags(std::string_view text) {
  const auto flags = parse_sanitizer_flags(text);
  const auto again = parse_sanitizer_flags(sanitizer_flags_text(flags));
  const bool both_quotes = std::any_of(flags.begin(), flags.end(), [](const SanitizerFlag& flag) {
    return flag.value.find('\'') != std::string::npos && flag.value.find('"') != std::string::npos;
  });
  require(both_quotes || flags == again, "flags that are written are read as they were");
  const auto get = [&](const std::string&) { return std::optional<std::string>(text); };
  for (const auto& place : sanitizer_log_places(get, "/w")) {
    require(place.stem.find('/') == std::string::npos, "a stem is the last part of a path");
    if (place.stem.find('%') != std::string::npos) continue;
    const auto name = place.stem + (place.exe_name ? ".a.b" : "") + ".77" + place.suffix;
    require(sanitizer_log_pid(place, name) == 77u, "a file of a place gives its pid");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto text = fuzzmill::fuzz::text_of(data + 2, size - 2);
  const std::size_t whole = text.size() + 1, piece = data[1] + std::size_t{1};
  switch (data[0] % 9) {
    case 0:
      read_afl_name(text, AflFolder::kCrashes);
      break;
    case 1:
      read_afl_name(text, AflFolder::kHangs);
      break;
    case 2:
      read_honggfuzz_name(text);
      break;
    case 3:
      if (const auto stats = parse_afl_stats(text))
        require(stats->banner.size() <= text.size(), "nothing is made up");
      break;
    case 4:
      if (const auto setup = parse_afl_setup(text)) require(!setup->argv.empty(), "a command has a word");
      break;
    case 5:
      require(read_report(text, whole) == read_report(text, piece), "the pieces of a report do not matter");
      break;
    case 6:
      require(read_log(text, whole) == read_log(text, piece), "the pieces of a log do not matter");
      break;
    case 7:
      require(read_stats(text, whole) == read_stats(text, piece), "the pieces of statistics do not matter");
      break;
    case 8:
      read_flags(text);
      break;
  }
  return 0;
}
