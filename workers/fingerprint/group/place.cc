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

// What fits a vague face: nothing yet, one group, or too many. The new face's own group, which has no name
// yet, is the empty one.
class Fit {
 public:
  void add(std::string_view group, std::string_view why) {
    if (!why_.empty() && group != group_) many_ = true;
    if (why_.empty()) group_ = group, why_ = why;
  }
  bool one() const { return !many_ && !why_.empty(); }
  std::string_view group() const { return group_; }
  std::string_view why() const { return why_; }

 private:
  std::string group_;
  std::string_view why_;
  bool many_ = false;
};

bool among(const std::vector<Placed>& placed, std::string_view group) {
  return std::any_of(placed.begin(), placed.end(), [&](const Placed& one) { return one.group == group; });
}

// A new face that is vague goes to the only group that it can be of.
void place_vague(const std::vector<Face>& faces, const std::vector<Known>& known,
                 std::vector<Placed>& placed) {
  if (!placed.empty() || !is_vague(faces[0])) return;
  Fit fit;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (const auto why = may_be(faces[0], faces[i + 1]); !why.empty()) fit.add(known[i].group, why);
  }
  if (fit.one()) placed.push_back({std::string(fit.group()), fit.why()});
}

// Known groups of nothing but vague faces come to the new face, if they can be of no other group.
void fetch_vague(const std::vector<Face>& faces, const std::vector<Known>& known,
                 std::vector<Placed>& placed) {
  std::map<std::string_view, Fit> fits;
  std::set<std::string_view> clear, asked;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (!is_vague(faces[i + 1])) clear.insert(known[i].group);
    if (!may_be(faces[i + 1], faces[0]).empty()) asked.insert(known[i].group);
  }
  for (std::size_t i = 0; i < known.size(); ++i) {
    const std::string& group = known[i].group;
    if (!asked.contains(group) || clear.contains(group) || among(placed, group)) continue;
    Fit& fit = fits[group];
    for (std::size_t k = 0; k < faces.size(); ++k) {
      if (k > 0 && known[k - 1].group == group) continue;
      const bool home = k == 0 || among(placed, known[k - 1].group);
      const auto why = may_be(faces[i + 1], faces[k]);
      if (!why.empty()) fit.add(home ? std::string_view() : known[k - 1].group, why);
    }
  }
  for (const auto& [group, fit] : fits) {
    if (fit.one() && fit.group().empty()) placed.push_back({std::string(group), fit.why()});
  }
}

}  // namespace

std::vector<Placed> place(const Shown& fresh, const std::vector<Known>& known) {
  std::vector<Face> faces = {fresh.face};
  std::vector<std::string> builds = {fresh.build};
  for (const Known& one : known) faces.push_back(one.shown.face), builds.push_back(one.shown.build);
  // That two lines are one place is guessed until a build shows both. Here the guess would stand for ever,
  // and a group that is split is joined by the next crash that links its parts: so nothing is guessed.
  prepare(faces, builds, 0);
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
  fetch_vague(faces, known, placed);
  return placed;
}

}  // namespace fuzzmill::workers
