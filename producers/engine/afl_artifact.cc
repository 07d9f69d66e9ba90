#include "producers/engine/afl_artifact.h"

#include <algorithm>

#include "producers/engine/left_scan.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kSha1Digits = 40;
constexpr std::uint64_t kMaxSignal = 64;

bool is_sha1(std::string_view text) {
  return text.size() == kSha1Digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void take_signal(std::optional<std::uint64_t> number, AflArtifact& artifact) {
  if (number && *number <= kMaxSignal) artifact.signal = static_cast<int>(*number);
}

// Behind id and sig. All of it may be missing or somebody's own words; the first that does not fit ends it.
void take_origin(LeftScan& scan, AflArtifact& artifact) {
  if (scan.take(",sync:")) artifact.sync = scan.until(",");
  artifact.source = scan.number_after(",src:");
  if (artifact.source) artifact.splice = scan.number_after("+");
  artifact.time_ms = scan.number_after(",time:");
  artifact.executions = scan.number_after(",execs:");
  if (scan.take(",orig:")) {
    artifact.original = scan.rest();
  } else if (scan.take(",op:")) {
    artifact.operation = scan.until(",");
  } else if (scan.take(",")) {
    artifact.operation = scan.rest();
  }
}

// id_000000 of hangs, id_000000_06 of crashes.
bool take_simple(LeftScan& scan, AflArtifact& artifact) {
  artifact.id = scan.number_after("id_");
  if (!artifact.id) return false;
  take_signal(scan.number_after("_"), artifact);
  return scan.done();
}

}  // namespace

std::optional<AflArtifact> parse_afl_artifact(std::string_view name, AflFolder folder,
                                              std::string_view extension) {
  const auto dot = extension.size() + 1;
  if (!extension.empty() && name.size() > dot && name[name.size() - dot] == '.' &&
      name.substr(name.size() - extension.size()) == extension) {
    name.remove_suffix(dot);
  }
  AflArtifact artifact;
  artifact.kind = folder == AflFolder::kCrashes ? "crash" : "timeout";
  if (is_sha1(name)) {
    artifact.sha1 = name;
    return artifact;
  }
  LeftScan scan(name);
  artifact.id = scan.number_after("id:");
  if (artifact.id) {
    if (!scan.done() && scan.rest().front() != ',' && scan.rest().front() != '.') return std::nullopt;
    take_signal(scan.number_after(",sig:"), artifact);
    take_origin(scan, artifact);
    return artifact;
  }
  if (take_simple(scan, artifact)) return artifact;
  return std::nullopt;
}

}  // namespace fuzzmill::producers
