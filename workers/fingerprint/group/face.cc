#include "workers/fingerprint/group/face.h"

#include <fmt/format.h>

#include <algorithm>

#include "schema/taxonomy.h"
#include "workers/fingerprint/group/conduit.h"
#include "workers/fingerprint/read/text.h"
#include "workers/fingerprint/stack/frame_rules.h"
#include "workers/fingerprint/stack/function_name.h"

namespace fuzzmill::workers {
namespace {

using schema::Family;

struct FamilyRow {
  Family family;
  Trouble trouble;
};

constexpr FamilyRow kFamilies[] = {
    {Family::kBounds, Trouble::kMemory},    {Family::kLifetime, Trouble::kMemory},
    {Family::kFree, Trouble::kMemory},      {Family::kFault, Trouble::kMemory},
    {Family::kRace, Trouble::kRace},        {Family::kUninitialized, Trouble::kUninitialized},
    {Family::kArithmetic, Trouble::kValue}, {Family::kUndefined, Trouble::kValue},
    {Family::kStop, Trouble::kStop},        {Family::kExecution, Trouble::kStop},
};

// Kinds that their family does not place.
struct KindRow {
  std::string_view kind;
  Trouble trouble;
};

constexpr KindRow kKinds[] = {
    {"memory-leak", Trouble::kLeak},
    {"timeout", Trouble::kTime},
    {"slow-unit", Trouble::kTime},
    {"out-of-memory", Trouble::kExhaustion},
    {"allocation-size-too-big", Trouble::kExhaustion},
    {"calloc-overflow", Trouble::kExhaustion},
    {"rss-limit-exceeded", Trouble::kExhaustion},
    {"stack-overflow", Trouble::kRecursion},
    {"stack-smashing", Trouble::kMemory},
    {"buffer-overflow-detected", Trouble::kMemory},
    {"heap-corruption", Trouble::kMemory},
    {"nested-bug", Trouble::kMemory},
    // UndefinedBehaviorSanitizer sees these before the access that the others see.
    {"index-out-of-bounds", Trouble::kMemory},
    {"misaligned-address", Trouble::kMemory},
    {"pointer-overflow", Trouble::kMemory},
    {"object-size", Trouble::kMemory},
    {"null-dereference", Trouble::kMemory},
    {"non-positive-vla-bound", Trouble::kMemory},
    {"bad-cast", Trouble::kMemory},
};

std::vector<Site> sites_of(const std::vector<Frame>& frames, const Stack& stack, std::size_t most) {
  std::vector<Site> sites;
  sites.reserve(std::min(most, stack.frames.size()));
  for (const StackFrame& one : stack.frames) {
    if (sites.size() == most) break;
    const Frame& frame = frames[one.frame];
    if (is_library_header(frame.file)) {
      sites.push_back({one.name, {}, 0, 0});
      continue;
    }
    sites.push_back({one.name, std::string(file_name(frame.file)), frame.line, frame.column});
  }
  return sites;
}

// No frame counts: what is there only stands in for the program's own.
bool only_stands_in(const std::vector<Frame>& frames, const Stack& stack, const ProjectRules* project) {
  if (stack.frames.size() != 1) return false;
  const std::string_view rule = rule_of(frames[stack.frames[0].frame], stack.frames[0].name, project);
  return !rule.empty() && rule != kProgramEntry;
}

// A stack of evidence (who freed, who allocated), normalised like the stack of the fault. free() or malloc()
// alone are the same for every object: they are no evidence.
std::vector<Site> evidence(const std::vector<Frame>& frames, const ProjectRules* project) {
  if (frames.empty()) return {};
  Report bare;
  bare.frames = frames;
  const Stack stack = normalise_stack(bare, project);
  if (only_stands_in(frames, stack, project)) return {};
  return sites_of(frames, stack, kMaxEvidenceSites);
}

// Whether the crashing function itself asked for the memory, in this call or another: then it knows how
// much there is.
bool manages_own_memory(const Face& face, const std::vector<Frame>& allocated_by) {
  if (face.stack.empty()) return false;
  if (!face.stack_of.empty()) return unqualified(face.stack_of) == unqualified(face.stack[0].function);
  return std::any_of(allocated_by.begin(), allocated_by.end(), [&](const Frame& frame) {
    return frame.function.find(unqualified(face.stack[0].function)) != std::string::npos &&
           normalise_function(frame.function) == face.stack[0].function;
  });
}

// strlen() and its like, which are dropped from the stack, read past the end.
bool misses_string_end(const Report& report, const Stack& stack) {
  if (report.access != "READ" || report.frames.empty() || stack.frames.empty()) return false;
  for (std::uint32_t i = 0; i < stack.frames.front().frame && i < report.frames.size(); ++i) {
    const std::string name = normalise_function(report.frames[i].function);
    const auto at = name.find("str");
    if (at != std::string::npos && (at == 0 || name[at - 1] == '_')) return true;
  }
  return false;
}

// A fault in free() itself is as good as a report of a bad release.
bool falls_releasing(const Report& report, const Stack& stack) {
  const bool fault = schema::kind_or_unknown(report.kind).family == Family::kFault;
  if (!fault || report.frames.empty() || stack.frames.empty()) return false;
  for (std::uint32_t i = 0; i < stack.frames.front().frame && i < report.frames.size(); ++i) {
    if (is_deallocator(normalise_function(report.frames[i].function))) return true;
  }
  return false;
}

std::vector<std::string> names_of(const Stack& stack, Trouble trouble) {
  std::vector<std::string> names;
  if (trouble == Trouble::kTime) {
    const std::size_t count = std::min(stack.frames.size(), kMaxCycleNames);
    for (std::size_t i = 0; i < count; ++i)
      names.emplace_back(unqualified(stack.frames[stack.frames.size() - 1 - i].name));
  } else if (trouble == Trouble::kRecursion) {
    const bool turns = std::any_of(stack.dropped.begin(), stack.dropped.end(),
                                   [](const DroppedFrame& one) { return one.rule == kRecursion; });
    const std::size_t most = turns ? kMaxCycleNames : std::size_t{3};
    for (const StackFrame& one : stack.frames) {
      if (names.size() < most) names.emplace_back(unqualified(one.name));
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
  }
  return names;
}

// Optimisers add ".i" to a variable of an inlined function, once a level, and other suffixes of theirs.
std::string variable_of(const Object& object) {
  if (object.variable.empty()) return {};
  const std::string name = object.variable.substr(0, object.variable.find('.'));
  return fmt::format("{}@{}:{}", name, file_name(object.file), object.line);
}

void forget_columns(Face& face) {
  for (auto* sites : {&face.stack, &face.freed, &face.allocated, &face.other_side}) {
    for (Site& site : *sites) site.column = 0;
  }
}

}  // namespace

Trouble trouble_of(std::string_view kind) {
  for (const KindRow& row : kKinds) {
    if (row.kind == kind) return row.trouble;
  }
  const Family family = schema::kind_or_unknown(kind).family;
  for (const FamilyRow& row : kFamilies) {
    if (row.family == family) return row.trouble;
  }
  return Trouble::kOther;
}

Face face_of(const Report& report, const Stack& stack, const ProjectRules* project) {
  Face face;
  face.trouble = trouble_of(report.kind);
  face.kind = report.kind;
  face.access = report.access;
  face.message = report.message;
  face.string_end = misses_string_end(report, stack);
  face.stack = sites_of(report.frames, stack, kMaxFaceSites);
  face.releasing = falls_releasing(report, stack);
  face.stands_in = face.trouble != Trouble::kRecursion && only_stands_in(report.frames, stack, project);
  face.freed = evidence(report.freed_by, project);
  face.allocated = evidence(report.allocated_by, project);
  face.other_side = evidence(report.other_side, project);
  face.variable = variable_of(report.object);
  if (report.object.region == Object::Region::kStack)
    face.stack_of = normalise_function(report.object.function);
  face.owns_memory = manages_own_memory(face, report.allocated_by);
  face.cycle = names_of(stack, face.trouble);
  if (face.trouble == Trouble::kRace) {
    if (face.variable.empty() && report.object.region == Object::Region::kStack) face.variable = kThreadStack;
  } else {
    forget_columns(face);
  }
  return face;
}

std::string build_of(const Report& report) {
  for (auto frame = report.frames.rbegin(); frame != report.frames.rend(); ++frame) {
    if (frame->function != "_start" || frame->module.empty()) continue;
    return frame->build_id.empty() ? fmt::format("{}+{:#x}", frame->module, frame->offset)
                                   : std::string(frame->build_id);
  }
  return {};
}

void add_herald(Face& face, const Face& earlier) {
  const Site* site = blamed_site(earlier);
  if (site != nullptr && face.heralds.size() < kMaxHeralds) face.heralds.push_back(*site);
}

const Site* blamed_site(const Face& face) {
  return face.stack.empty() ? nullptr
                            : &face.stack[std::min<std::size_t>(face.blamed, face.stack.size() - 1)];
}

}  // namespace fuzzmill::workers
