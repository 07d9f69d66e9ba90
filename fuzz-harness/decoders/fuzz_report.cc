// Fuzzes the reader of reports: any text must be read, normalised and signed within the bounds, and a
// text that is read twice must give the same answer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "workers/fingerprint/fingerprint.h"
#include "workers/fingerprint/stack/function_name.h"

namespace {

void require(bool held) {
  if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzzmill::workers;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Fingerprint print = fingerprint({text, 1, {}});
  require(print.report.frames.size() <= kMaxKeptFrames);
  require(print.report.message.size() <= kMaxMessageText);
  require(!print.report.kind.empty());
  require(print.stack.frames.size() + print.stack.dropped.size() <= print.report.frames.size());
  for (const StackFrame& frame : print.stack.frames) require(frame.name.size() <= kMaxFunctionName);
  for (const auto& [grain, digits] : print.signatures.named()) require(digits.size() == 64);
  require(fingerprint({text, 1, {}}).signature == print.signature);
  return 0;
}
