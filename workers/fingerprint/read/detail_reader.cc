#include "workers/fingerprint/read/detail_reader.h"

#include "workers/fingerprint/read/object_line.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

struct Mention {
  std::string_view text;
  Section section;
};

// The line over a stack says what the stack is; the first that the line contains decides.
constexpr Mention kSections[] = {
    {"freed by thread", Section::kFreed},
    {"freed by:", Section::kFreed},
    {"deallocated by", Section::kFreed},
    {"freed here:", Section::kFreed},
    {"allocated by", Section::kAllocated},
    {"previously allocated", Section::kAllocated},
    {"allocated here:", Section::kAllocated},
    {"Uninitialized value was created", Section::kAllocated},
    {"Uninitialized value was stored", Section::kIgnored},
    {"Member fields were destroyed", Section::kIgnored},
    {"created by", Section::kIgnored},
    {"created at", Section::kIgnored},
    {"Previous ", Section::kOtherSide},
    {"As if synchronized", Section::kIgnored},
    {"previously acquired by", Section::kIgnored},
};

bool read_leak(std::string_view line, ReportBuilder& builder) {
  const bool direct = contains(line, "Direct leak of ");
  if (!direct && !contains(line, "Indirect leak of ")) return false;
  Report& report = *builder.current();
  // The first direct leak is the cause; an indirect one only hangs from it.
  if (direct && !builder.standing().direct_leak) {
    builder.standing().direct_leak = true;
    report.frames.clear();
  }
  builder.start(report.frames.empty() ? Section::kFault : Section::kIgnored);
  builder.extend();
  return true;
}

void set_access_of_verb(std::string_view verb, Report& report) {
  if (verb.ends_with("READ") || verb.ends_with("ead")) report.access = "READ";
  if (verb.ends_with("WRITE") || verb.ends_with("rite")) report.access = "WRITE";
}

bool read_access(std::string_view line, ReportBuilder& builder) {
  Report& report = *builder.current();
  if (!report.access.empty() || builder.section() != Section::kFault || !report.frames.empty()) return false;
  if (auto rest = after(line, "caused by a ")) {
    if (rest->starts_with("READ")) report.access = "READ";
    if (rest->starts_with("WRITE")) report.access = "WRITE";
    return true;
  }
  auto rest = after(line, " of size ");
  if (!rest) return false;
  const std::string_view verb = trim(line.substr(0, line.size() - rest->size() - 9));
  set_access_of_verb(verb, report);
  if (report.access.empty() && !verb.ends_with("ACCESS")) return false;
  report.access_size = take_number(*rest);
  if (!report.address) {
    if (auto at = after(*rest, " at ")) report.address = take_hex(*at);
  }
  builder.extend();
  return true;
}

// Which stack follows. "Mutex M2 acquired here while holding mutex M1" stands over both sides of a lock
// order, the first of which is taken for the fault.
bool read_section(std::string_view line, ReportBuilder& builder) {
  if (contains(line, " acquired here")) {
    builder.start(builder.current()->frames.empty() ? Section::kFault : Section::kOtherSide);
    return true;
  }
  for (const Mention& mention : kSections) {
    if (!contains(line, mention.text)) continue;
    if (contains(line, "created at") && builder.current()->kind == "thread-leak" &&
        builder.current()->frames.empty()) {
      builder.start(Section::kFault);
      return true;
    }
    const bool again = mention.section == Section::kOtherSide && !builder.current()->other_side.empty();
    builder.start(again ? Section::kIgnored : mention.section);
    return true;
  }
  return false;
}

bool read_detail(std::string_view line, ReportBuilder& builder) {
  if (contains(line, "ABORTING") && contains(line, "==")) {
    Standing& standing = builder.standing();
    standing.complete = true;
    if (standing.rank == Rank::kFatal) standing.rank = Rank::kAborted;
    builder.extend();
    return true;
  }
  const ObjectLine object = read_object(line, builder.current()->object, builder.standing().object_distance);
  const bool section = read_section(line, builder);
  if (object == ObjectLine::kFrameFollows) builder.start(Section::kObject);
  if (section || object != ObjectLine::kNone) builder.extend();
  return section || object != ObjectLine::kNone;
}

}  // namespace

Took DetailReader::line(std::string_view line, ReportBuilder& builder) {
  if (builder.current() == nullptr) return Took::kNo;
  if (builder.current()->kind == "memory-leak" && read_leak(line, builder)) return Took::kYes;
  return read_access(line, builder) || read_detail(line, builder) ? Took::kYes : Took::kNo;
}

}  // namespace fuzzmill::workers
