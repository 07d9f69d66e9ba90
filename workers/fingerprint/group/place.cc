#include "workers/fingerprint/group/place.h"

#include <algorithm>
#include <map>
#include <set>

#include "workers/fingerprint/group/grouping.h"
#include "workers/fingerprint/group/same_bug.h"
#include "workers/fingerprint/group/vague.h"

namespace fuzzmill::workers {
namespace {

// How much of the stack two faces have in common: the likest tells where to go when several link.
std::size_t likeness(const Face& a, const Face& b) {
  std::size_t same = a.kind == b.kind ? 1 : 0;
  for (std::size_t i = 0; i < std::min(a.stack.size(), b.stack.size()) && a.stack[i] == b.stack[i]; ++i)
    ++same;
  return same;
}

bool among(const std::vector<Placed>& placed, std::string_view group) {
  return std::any_of(placed.begin(), placed.end(), [&](const Placed& one) { return one.group == group; });
}

// The new face and where it goes are one component, every other known group is one of its own. As offline, by
// the same rule: a new face that is vague goes to the only group that it can be of, and groups of nothing but
// vague faces come to the new face, if they can be of no other.
void place_vague(const std::vector<Face>& faces, const std::vector<Known>& known,
                 std::vector<Placed>& placed) {
  std::vector<std::string> groups = {std::string()};  // by component
  std::map<std::string_view, std::uint32_t> components;
  for (const Placed& one : placed) components.emplace(one.group, 0);
  std::vector<std::uint32_t> component_of = {0};
  std::set<std::uint32_t> asked;
  if (placed.empty()) asked.insert(0);
  for (std::size_t i = 0; i < known.size(); ++i) {
    const auto [at, fresh] = components.emplace(known[i].group, static_cast<std::uint32_t>(groups.size()));
    if (fresh) groups.push_back(known[i].group);
    component_of.push_back(at->second);
    if (at->second != 0 && is_vague(faces[i + 1]) && !may_be(faces[i + 1], faces[0]).empty())
      asked.insert(at->second);
  }
  if (asked.empty()) return;
  const Company company = [&](std::uint32_t, const Ask& ask) {
    for (std::uint32_t k = 0; k < faces.size(); ++k) {
      if (!ask(k)) return;
    }
  };
  for (const Attachment& one : attach_vague(faces, component_of, asked, company)) {
    if (one.component != 0 && one.to != 0) continue;
    const std::string& group = groups[one.component != 0 ? one.component : one.to];
    if (!among(placed, group)) placed.push_back({group, one.why});
  }
}

}  // namespace

std::vector<Placed> place(const Shown& fresh, const std::vector<Known>& known) {
  std::vector<Face> faces = {fresh.face};
  std::vector<Sighting> sightings = {{0, fresh.build}};
  for (const Known& one : known) {
    sightings.push_back({static_cast<std::uint32_t>(faces.size()), one.shown.build});
    faces.push_back(one.shown.face);
  }
  // That two lines are one place is guessed until a build shows both. Here the guess would stand for ever,
  // and a group that is split is joined by the next crash that links its parts: so nothing is guessed.
  prepare(faces, sightings, 0);
  struct Link {
    std::size_t likeness;
    std::size_t known;
    std::string_view why;
  };
  std::vector<Link> links;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const std::string_view why = same_bug(faces[0], faces[i + 1]);
    if (!why.empty()) links.push_back({likeness(faces[0], faces[i + 1]), i, why});
  }
  std::stable_sort(links.begin(), links.end(),
                   [](const Link& a, const Link& b) { return a.likeness > b.likeness; });
  std::vector<Placed> placed;
  for (const Link& link : links) {
    const std::string& group = known[link.known].group;
    if (!among(placed, group)) placed.push_back({group, link.why});
  }
  place_vague(faces, known, placed);
  return placed;
}

}  // namespace fuzzmill::workers
