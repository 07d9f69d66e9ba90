#include "workers/fingerprint/fingerprint.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "schema/digest.h"
#include "schema/taxonomy.h"
#include "workers/fingerprint/group/face_text.h"
#include "workers/fingerprint/read/report_reader.h"

namespace fuzzmill::workers {
namespace {

std::string ending_text(const Ending& ending) {
  return fmt::format("signal={} exit={}", ending.signal ? std::to_string(*ending.signal) : "none",
                     ending.exit_code ? std::to_string(*ending.exit_code) : "none");
}

Fingerprint print_of(Report report, const Ending& ending, const ProjectRules* rules) {
  Fingerprint out;
  out.report = std::move(report);
  out.stack = normalise_stack(out.report, rules);
  if (is_runaway(out.report, out.stack)) {
    out.report.kind = "stack-overflow";
    out.stack = normalise_stack(out.report, rules);
  }
  out.signatures = sign(out.report, out.stack, ending);
  out.shown = {face_of(out.report, out.stack, rules), build_of(out.report)};
  if (out.report.kind == schema::kUnknownKind) out.shown.face.ending = ending_text(ending);
  return out;
}

void name_by_face(Fingerprint& print) {
  print.signatures.face = schema::sha256_hex(face_text(print.shown.face));
  print.signature = print.signatures.face;
  print.group = group_of(print.signature);
}

}  // namespace

Fingerprints fingerprint_all(const Evidence& evidence) {
  Reports reports = read_reports(evidence.text);
  Fingerprints out;
  out.primary = reports.primary;
  out.all.reserve(reports.all.size());
  for (std::size_t i = 0; i < reports.all.size(); ++i) {
    // How the process ended says something about the report that it ended with.
    const Ending ending = i == reports.primary ? Ending{evidence.exit_code, evidence.signal} : Ending{};
    Fingerprint print = print_of(std::move(reports.all[i]), ending, evidence.rules);
    for (const Fingerprint& earlier : out.all) add_herald(print.shown.face, earlier.shown.face);
    name_by_face(print);
    out.all.push_back(std::move(print));
  }
  return out;
}

Fingerprint fingerprint(const Evidence& evidence) {
  Fingerprints prints = fingerprint_all(evidence);
  return std::move(prints.all[prints.primary]);
}

std::vector<std::string> old_signatures(const Fingerprint& print) {
  return {schema::sha256_hex(face_text_v2(print.shown.face)), print.signatures.v1};
}

}  // namespace fuzzmill::workers
