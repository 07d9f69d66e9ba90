#include "workers/fingerprint/group/place.h"

#include <algorithm>

#include "workers/fingerprint/group/grouping.h"
#include "workers/fingerprint/group/same_bug.h"

namespace fuzzmill::workers {
namespace {

// How much of the stack two faces have in common: the likest tells where to go when several link.
std::size_t likeness(const Face& a, const Face& b) {
  std::size_t same = a.kind == b.kind ? 1 : 0;
  for (std::size_t i = 0; i < std::min(a.stack.size(), b.stack.size()) && a.stack[i] == b.stack[i]; ++i)
    ++same;
  return same;
}

}  // namespace

std::vector<Placed> place(const Shown& fresh, const std::vector<Known>& known) {
  std::vector<Face> faces = {fresh.face};
  std::vector<std::string> builds = {fresh.build};
  for (const Known& one : known) faces.push_back(one.shown.face), builds.push_back(one.shown.build);
  prepare(faces, builds);
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
    const bool seen =
        std::any_of(placed.begin(), placed.end(), [&](const Placed& one) { return one.group == group; });
    if (!seen) placed.push_back({group, link.why});
  }
  return placed;
}

}  // namespace fuzzmill::workers
