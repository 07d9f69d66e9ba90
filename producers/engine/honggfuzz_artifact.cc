#include "producers/engine/honggfuzz_artifact.h"

#include <array>
#include <csignal>

#include "producers/engine/left_scan.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxName = 4096;

struct SignalName {
  std::string_view name;
  int number;
};
constexpr std::array<SignalName, 10> kSignals{{{"SIGABRT", SIGABRT},
                                               {"SIGSEGV", SIGSEGV},
                                               {"SIGBUS", SIGBUS},
                                               {"SIGILL", SIGILL},
                                               {"SIGFPE", SIGFPE},
                                               {"SIGTRAP", SIGTRAP},
                                               {"SIGSYS", SIGSYS},
                                               {"SIGVTALRM", SIGVTALRM},
                                               {"SIGKILL", SIGKILL},
                                               {"SIGXFSZ", SIGXFSZ}}};

bool drop_end(std::string_view& text, std::string_view end) {
  if (text.size() < end.size() || text.substr(text.size() - end.size()) != end) return false;
  text.remove_suffix(end.size());
  return true;
}

// ".2026-11-22.08:30:54.23624" at the end of `text`, where an instruction may stand before it.
void drop_moment(std::string_view& text, HonggfuzzArtifact& artifact) {
  constexpr std::string_view kShape = ".0000-00-00.00:00:00";
  const auto dot = text.rfind('.');
  if (dot == std::string_view::npos || dot < kShape.size()) return;
  const auto pid = whole_number(text.substr(dot + 1));
  const auto moment = text.substr(dot - kShape.size(), kShape.size());
  if (!pid) return;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = moment[i] >= '0' && moment[i] <= '9';
    if (kShape[i] == '0' ? !digit : moment[i] != kShape[i]) return;
  }
  artifact.pid = pid;
  artifact.time = moment.substr(1);
  text = text.substr(0, dot - kShape.size());
}

// The known extension, else what stands behind the last dot; an instruction may hold dots of its own.
bool drop_extension(std::string_view& text, std::string_view extension) {
  if (!extension.empty() && drop_end(text, extension) && drop_end(text, ".")) return true;
  const auto dot = text.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == text.size()) return false;
  text = text.substr(0, dot);
  return true;
}

}  // namespace

std::optional<int> signal_number(std::string_view name) {
  for (const auto& known : kSignals) {
    if (known.name == name) return known.number;
  }
  return std::nullopt;
}

std::optional<HonggfuzzArtifact> parse_honggfuzz_artifact(std::string_view name, std::string_view extension) {
  if (name.size() > kMaxName) return std::nullopt;
  HonggfuzzArtifact artifact;
  artifact.superseded = drop_end(name, ".orig");
  artifact.verified = drop_end(name, ".verified");
  LeftScan scan(name);
  artifact.signal_name = scan.until(".");
  const bool signal = artifact.signal_name.substr(0, 3) == "SIG" && artifact.signal_name.size() > 3;
  if (!signal && artifact.signal_name.substr(0, 7) != "UNKNOWN") return std::nullopt;
  const auto pc = scan.number_after(".PC.", 16);
  if (!pc || !scan.take(".STACK.")) return std::nullopt;
  artifact.stack_hash = scan.until(".");
  if (!whole_number(artifact.stack_hash, 16)) return std::nullopt;
  if (scan.take(".CODE.")) {
    const bool negative = scan.take("-");
    const auto code = scan.number();
    if (!code || *code > 0x7fffffff) return std::nullopt;
    artifact.code = negative ? -static_cast<std::int64_t>(*code) : static_cast<std::int64_t>(*code);
  }
  const auto address = scan.number_after(".ADDR.", 16);
  if (!address) return std::nullopt;
  auto rest = scan.rest();
  if (rest.empty() || rest.front() != '.' || !drop_extension(rest, extension)) return std::nullopt;
  drop_moment(rest, artifact);
  if (LeftScan tail(rest); tail.take(".INSTR.")) {
    artifact.instruction = tail.rest();
  } else if (!rest.empty()) {
    return std::nullopt;
  }
  artifact.pc = *pc;
  artifact.address = *address;
  artifact.signal = signal_number(artifact.signal_name);
  artifact.kind = artifact.signal_name == "SIGVTALRM" ? "timeout" : "crash";
  return artifact;
}

}  // namespace fuzzmill::producers
