#include "workers/fingerprint/group/grouping.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <unordered_map>

#include "workers/fingerprint/group/blame.h"
#include "workers/fingerprint/group/face_text.h"
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

// Each different face once, which of them each face is, and the builds that showed it.
struct Distinct {
  std::vector<Face> faces;
  std::vector<std::uint32_t> number_of;
  std::vector<Sighting> sightings;  // each once
};

Distinct distinct(const std::vector<Shown>& shown) {
  Distinct out;
  std::unordered_map<std::string, std::uint32_t> numbers;
  std::vector<std::set<std::string_view>> builds;
  for (const auto& [face, build] : shown) {
    const auto [at, fresh] = numbers.emplace(face_text(face), static_cast<std::uint32_t>(out.faces.size()));
    if (fresh) {
      out.faces.push_back(face);
      builds.emplace_back();
    }
    if (builds[at->second].insert(build).second) out.sightings.push_back({at->second, build});
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

// The faces that were filed under a key last, kMaxCompared of them.
std::span<const std::uint32_t> company_of(const std::vector<std::uint32_t>& bucket) {
  return std::span(bucket).last(std::min(bucket.size(), kMaxCompared));
}

void attach(const std::vector<Face>& faces, const Index& index, Components& components,
            std::vector<Link>& links) {
  std::vector<std::uint32_t> component_of;
  for (std::uint32_t i = 0; i < faces.size(); ++i) component_of.push_back(components.root(i));
  const Company company = [&](std::uint32_t i, const Ask& ask) {
    for (const std::string& key : index_keys(faces[i])) {
      for (std::uint32_t k : company_of(index.at(key))) {
        if (!ask(k)) return;
      }
    }
  };
  for (const Attachment& one : attach_vague(faces, component_of, {}, company)) {
    components.join(one.component, one.to);
    links.push_back({one.component, one.why});
  }
}

}  // namespace

void prepare(std::vector<Face>& faces, const std::vector<Sighting>& sightings, std::uint32_t drift) {
  Lines lines(drift);
  for (const Sighting& one : sightings) learn(faces[one.face], one.build, lines);
  if (lines.has_lambdas()) {
    for (const Face& face : faces) learn_owners(face, lines);
  }
  for (Face& face : faces) align(face, lines);
  blame(faces);
}

Grouping group_faces(const std::vector<Shown>& shown) {
  Distinct all = distinct(shown);
  prepare(all.faces, all.sightings, kLineDrift);
  Components components(all.faces.size());
  std::vector<Link> links;
  Index index;
  for (std::uint32_t i = 0; i < all.faces.size(); ++i) {
    for (const std::string& key : index_keys(all.faces[i])) {
      auto& bucket = index[key];
      for (std::uint32_t k : company_of(bucket)) {
        if (components.root(k) == components.root(i)) continue;
        const std::string_view reason = same_bug(all.faces[i], all.faces[k]);
        if (reason.empty()) continue;
        components.join(i, k);
        links.push_back({i, reason});
      }
      bucket.push_back(i);
    }
  }
  attach(all.faces, index, components, links);
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
