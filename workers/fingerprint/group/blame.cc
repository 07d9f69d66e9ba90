#include "workers/fingerprint/group/blame.h"

#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "schema/taxonomy.h"
#include "workers/fingerprint/group/conduit.h"
#include "workers/fingerprint/group/evidence.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kManyCallers = 5;
constexpr std::size_t kManyMakers = 3;
constexpr std::size_t kManyLines = 3;  // where a function goes wrong: a mere conduit has one or two
// Ways to reach a caller, on average, from which on the callers look like the bugs.
constexpr double kFanOut = 1.3;

Role role_of(const Face& face) {
  if (face.trouble == Trouble::kLeak || face.trouble == Trouble::kExhaustion) return Role::kAllocation;
  if (face.trouble == Trouble::kStop) return Role::kStop;
  const bool frees = face.releasing || schema::kind_or_unknown(face.kind).family == schema::Family::kFree ||
                     face.kind == "heap-corruption";
  return frees ? Role::kRelease : Role::kAccess;
}

// Who calls a function that went wrong, and how each of those was reached.
struct Callers {
  std::map<std::string, std::set<std::string>> ways;  // by caller
  std::map<std::string, std::set<std::string>> objects;
  std::set<std::uint32_t> lines;  // where it went wrong

  double fan_out() const {
    std::size_t sum = 0;
    for (const auto& [caller, of_caller] : ways) sum += of_caller.size();
    return ways.empty() ? 0 : static_cast<double>(sum) / static_cast<double>(ways.size());
  }

  std::size_t count_objects() const {
    std::set<std::string> all;
    for (const auto& [caller, of_caller] : objects) all.insert(of_caller.begin(), of_caller.end());
    return all.size();
  }

  // Each caller has its own memory: no two share an object.
  bool own_objects() const {
    std::set<std::string> seen;
    std::size_t sum = 0, known = 0;
    for (const auto& [caller, of_caller] : objects) {
      seen.insert(of_caller.begin(), of_caller.end());
      sum += of_caller.size();
      known += of_caller.empty() ? 0 : 1;
    }
    return known >= 2 && seen.size() == sum;
  }
};

std::string object_of(const Face& face) {
  if (!face.variable.empty()) return face.variable;
  if (face.allocated.empty()) return {};
  return std::string(unqualified(face.allocated[0].function)) + ":" + std::to_string(face.allocated[0].line);
}

std::string key_of(const Site& site) { return std::string(unqualified(site.function)) + "@" + site.file; }

// The code that released the object: the first that did not do so on another's behalf.
std::string release_of(const Face& face) {
  for (const Site& site : face.freed) {
    if (!is_conduit(site.function, Role::kRelease)) return key_of(site) + ":" + std::to_string(site.line);
  }
  return {};
}

bool blames_callers(const Face& face, const Callers& callers) {
  // Who made the memory knows how much there is; whether it may be released is another matter.
  if (face.owns_memory && role_of(face) != Role::kRelease) return false;
  // Who reads a number through a pointer of the wrong alignment is who made it such a pointer.
  if (face.kind == "misaligned-address") return false;
  const Role role = role_of(face);
  const bool named = is_conduit(face.stack[0].function, role);
  if (role != Role::kAccess) return named;
  // Where values of several makers arrive without having been written, it is no fault of the place.
  if (face.trouble == Trouble::kUninitialized && callers.ways.size() >= 2 && callers.count_objects() >= 2)
    return true;
  if (named && callers.lines.size() >= kManyLines) return false;
  const bool fans_out = callers.fan_out() >= kFanOut;
  if (named) return fans_out || callers.ways.size() < kManyCallers || callers.own_objects();
  return fans_out && callers.ways.size() >= 2 && callers.own_objects();
}

// Where objects that different code released are used in one place, it was handed them: its callers tell
// the bugs apart, also for those faces that know no object.
void blame_holders(std::vector<Face>& faces) {
  struct Place {
    std::set<std::string> callers, releases;
  };
  const auto place_of = [](const Face& face) {
    return key_of(face.stack[0]) + ":" + std::to_string(face.stack[0].line);
  };
  std::unordered_map<std::string, Place> places;
  for (const Face& face : faces) {
    if (face.trouble != Trouble::kMemory || face.freed.empty() || face.stack.size() < 3) continue;
    Place& place = places[place_of(face)];
    place.callers.emplace(unqualified(face.stack[1].function));
    place.releases.insert(release_of(face));
  }
  for (Face& face : faces) {
    if (face.trouble != Trouble::kMemory || face.stack.size() < 3 || face.blamed != 0) continue;
    if (face.freed.empty() && knows_object(face)) continue;
    const auto at = places.find(place_of(face));
    if (at != places.end() && at->second.callers.size() >= 2 && at->second.releases.size() >= 2)
      face.blamed = 1;
  }
}

// The clock strikes in a loop or in what the loop calls: a caller that is itself found at the top of other
// timeouts is the one that loops.
void blame_loops(std::vector<Face>& faces) {
  std::set<std::string> tops;
  for (const Face& face : faces) {
    if (face.trouble == Trouble::kTime && !face.stack.empty()) tops.insert(key_of(face.stack[0]));
  }
  for (Face& face : faces) {
    if (face.trouble != Trouble::kTime) continue;
    for (std::uint32_t at = 1; at < face.stack.size(); ++at) {
      if (tops.contains(key_of(face.stack[at]))) face.blamed = at;
    }
  }
}

// A function that makes memory for many is an allocator of the program's own: who called it made the value
// that nobody wrote.
void skip_allocators(std::vector<Face>& faces) {
  std::unordered_map<std::string, std::set<std::string>> callers;
  for (const Face& face : faces) {
    if (face.trouble == Trouble::kUninitialized && face.allocated.size() >= 2)
      callers[key_of(face.allocated[0])].insert(key_of(face.allocated[1]));
  }
  for (Face& face : faces) {
    if (face.trouble != Trouble::kUninitialized || face.allocated.size() < 2) continue;
    if (callers.at(key_of(face.allocated[0])).size() >= kManyMakers)
      face.allocated.erase(face.allocated.begin());
  }
}

}  // namespace

void blame(std::vector<Face>& faces) {
  skip_allocators(faces);
  std::unordered_map<std::string, Callers> facts;
  for (const Face& face : faces) {
    if (face.stack.size() < 2) continue;
    Callers& callers = facts[key_of(face.stack[0])];
    const std::string caller(unqualified(face.stack[1].function));
    std::string way;
    for (std::size_t i = 2; i < face.stack.size() && i < 4; ++i)
      way.append(unqualified(face.stack[i].function)) += '<';
    callers.ways[caller].insert(std::move(way));
    if (face.stack[0].line != 0) callers.lines.insert(face.stack[0].line);
    auto& objects = callers.objects[caller];
    if (std::string object = object_of(face); !object.empty()) objects.insert(std::move(object));
  }
  for (Face& face : faces) {
    face.blamed = 0;
    if (face.stack.size() < 2 || !blames_callers(face, facts.at(key_of(face.stack[0])))) continue;
    const Role role = role_of(face);
    face.blamed = 1;
    while (face.blamed + 1 < face.stack.size() && is_conduit(face.stack[face.blamed].function, role))
      ++face.blamed;
  }
  blame_holders(faces);
  blame_loops(faces);
}

}  // namespace fuzzmill::workers
