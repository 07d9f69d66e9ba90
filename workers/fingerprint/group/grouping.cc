#include "workers/fingerprint/group/grouping.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "workers/fingerprint/group/blame.h"
#include "workers/fingerprint/group/lines.h"
#include "workers/fingerprint/group/same_bug.h"
#include "workers/fingerprint/group/vague.h"

namespace fuzzmill::workers {
namespace {

// Union-find with the reasons of its unions.
class Components {
 public:
  explicit Components(std::size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), std::uint32_t{0});
  }

  std::uint32_t root(std::uint32_t at) {
    while (parent_[at] != at) at = parent_[at] = parent_[parent_[at]];
    return at;
  }

  void join(std::uint32_t a, std::uint32_t b) {
    parent_[std::max(root(a), root(b))] = std::min(root(a), root(b));
  }

 private:
  std::vector<std::uint32_t> parent_;
};

struct Link {
  std::uint32_t face;
  std::string_view reason;
};

// Each different face once, and which of them each face is.
struct Distinct {
  std::vector<Face> faces;
  std::vector<std::uint32_t> number_of;
};

Distinct distinct(const std::vector<Shown>& shown) {
  Distinct out;
  std::unordered_map<std::string, std::uint32_t> numbers;
  for (const auto& [face, build] : shown) {
    const auto [at, fresh] = numbers.emplace(face_text(face), static_cast<std::uint32_t>(out.faces.size()));
    if (fresh) out.faces.push_back(face);
    out.number_of.push_back(at->second);
  }
  return out;
}

using Index = std::unordered_map<std::string, std::vector<std::uint32_t>>;  // faces by key
using Sites = std::vector<Site>;

template <class AnyFace>
auto sites_of(AnyFace& face) {
  return std::array{&face.stack, &face.freed, &face.allocated, &face.other_side, &face.heralds};
}

void learn(const Face& face, std::string_view build, Lines& lines) {
  for (const Sites* sites : sites_of(face)) {
    for (const Site& site : *sites) lines.learn(site, build);
  }
}

void learn_owners(const Face& face, Lines& lines) {
  for (const Sites* sites : sites_of(face)) {
    for (const Site& site : *sites) lines.learn_owner(site);
  }
}

void align(Face& face, const Lines& lines) {
  for (Sites* sites : sites_of(face)) {
    for (Site& site : *sites) {
      site.function = lines.owner(site);
      site.line = lines.place(site);
    }
  }
}

// What a vague component may be of: nothing yet, one other component, or it cannot be told.
struct Fit {
  std::optional<std::uint32_t> root;
  std::string_view reason;
  bool open = true;

  void add(std::optional<std::uint32_t> other, std::string_view why) {
    if (!other || (root && *root != *other)) open = false;
    if (!root) root = other, reason = why;
  }
};

// The one component beside its own that a face may be of; none when it is none or several.
Fit fit_of(std::uint32_t face, const std::vector<Face>& faces, const Index& index, Components& components) {
  Fit fit;
  for (const std::string& key : index_keys(faces[face])) {
    const auto bucket = index.find(key);
    if (bucket == index.end()) continue;
    const auto& all = bucket->second;
    const std::size_t first = all.size() > kMaxCompared ? all.size() - kMaxCompared : 0;
    for (std::size_t k = first; k < all.size() && fit.open; ++k) {
      const std::uint32_t root = components.root(all[k]);
      if (root == components.root(face) || fit.root == root) continue;
      const std::string_view reason = may_be(faces[face], faces[all[k]]);
      if (!reason.empty()) fit.add(root, reason);
    }
  }
  return fit;
}

// Components of nothing but vague faces go to the only other that all of them can be of. All are asked before
// any goes, so that their order does not matter.
void attach_vague(const std::vector<Face>& faces, const Index& index, Components& components,
                  std::vector<Link>& links) {
  std::map<std::uint32_t, Fit> fits;  // by root
  for (std::uint32_t i = 0; i < faces.size(); ++i) {
    Fit& fit = fits[components.root(i)];
    if (!fit.open) continue;
    if (!is_vague(faces[i])) {
      fit.open = false;
      continue;
    }
    const Fit own = fit_of(i, faces, index, components);
    fit.add(own.open ? own.root : std::nullopt, own.reason);
  }
  for (const auto& [root, fit] : fits) {
    if (!fit.open) continue;
    components.join(root, *fit.root);
    links.push_back({root, fit.reason});
  }
}

}  // namespace

void prepare(std::vector<Face>& faces, const std::vector<std::string>& builds, std::uint32_t drift) {
  Lines lines(drift);
  for (std::size_t i = 0; i < faces.size(); ++i) learn(faces[i], builds[i], lines);
  if (lines.has_lambdas()) {
    for (const Face& face : faces) learn_owners(face, lines);
  }
  for (Face& face : faces) align(face, lines);
  blame(faces);
}

Grouping group_faces(const std::vector<Shown>& shown) {
  Distinct all = distinct(shown);
  Lines lines;  // of all builds that showed a face, not only of the first
  for (const auto& [face, build] : shown) learn(face, build, lines);
  if (lines.has_lambdas()) {
    for (const Face& face : all.faces) learn_owners(face, lines);
  }
  for (Face& face : all.faces) align(face, lines);
  blame(all.faces);
  Components components(all.faces.size());
  std::vector<Link> links;
  Index index;
  for (std::uint32_t i = 0; i < all.faces.size(); ++i) {
    for (const std::string& key : index_keys(all.faces[i])) {
      auto& bucket = index[key];
      const std::size_t first = bucket.size() > kMaxCompared ? bucket.size() - kMaxCompared : 0;
      for (std::size_t k = first; k < bucket.size(); ++k) {
        if (components.root(bucket[k]) == components.root(i)) continue;
        const std::string_view reason = same_bug(all.faces[i], all.faces[bucket[k]]);
        if (reason.empty()) continue;
        components.join(i, bucket[k]);
        links.push_back({i, reason});
      }
      bucket.push_back(i);
    }
  }
  attach_vague(all.faces, index, components, links);
  Grouping out;
  std::unordered_map<std::uint32_t, std::uint32_t> numbers;
  for (std::uint32_t number : all.number_of) {
    const auto next = static_cast<std::uint32_t>(numbers.size());
    out.group_of.push_back(numbers.emplace(components.root(number), next).first->second);
  }
  out.reasons.resize(numbers.size());
  for (const Link& link : links) {
    auto& reasons = out.reasons[numbers.at(components.root(link.face))];
    if (std::find(reasons.begin(), reasons.end(), link.reason) == reasons.end())
      reasons.push_back(link.reason);
  }
  return out;
}

}  // namespace fuzzmill::workers
