#include "workers/fingerprint/fingerprint.h"

#include <utility>

#include "workers/fingerprint/read/report_reader.h"

namespace fuzzmill::workers {

Fingerprint fingerprint(const Evidence& evidence) {
  Fingerprint out;
  out.report = parse_report(evidence.text);
  out.stack = normalise_stack(out.report);
  out.signatures = sign(out.report, out.stack, {evidence.exit_code, evidence.signal});
  out.signature = out.signatures.top;
  out.group = group_of(out.signature);
  return out;
}

}  // namespace fuzzmill::workers
