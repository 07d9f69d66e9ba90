#include "workers/fingerprint/group/lines.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "workers/fingerprint/group/conduit.h"

namespace fuzzmill::workers {
namespace {

std::string key_of(const Site& site) {
  return std::string(unqualified(site.function)).append("@").append(site.file);
}

constexpr std::string_view kLambda = "operator()";

template <class Set>
bool meet(const Set& a, const Set& b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& one) { return !one.empty() && b.contains(one); });
}

template <class Set>
bool unnamed(const Set& builds) {
  return builds.contains(std::string_view());
}

}  // namespace

void Lines::learn(const Site& site, std::string_view build) {
  if (site.line == 0) return;
  if (site.function == kLambda) lambdas_.emplace(lambda_key(site), std::string());
  remember(functions_[key_of(site)], site.line, build);
  // For reports that know neither file nor line.
  if (!site.file.empty()) remember(functions_[key_of({site.function, {}, 0})], site.line, build);
}

std::string Lines::lambda_key(const Site& site) { return site.file + ":" + std::to_string(site.line); }

// The longest name says most; of two functions on one line it is one for all.
void Lines::learn_owner(const Site& site) {
  if (site.line == 0 || site.function == kLambda) return;
  const auto at = lambdas_.find(lambda_key(site));
  if (at == lambdas_.end()) return;
  std::string& owner = at->second;
  if (std::tuple(site.function.size(), site.function) > std::tuple(owner.size(), owner))
    owner = site.function;
}

const std::string& Lines::owner(const Site& site) const {
  if (site.function != kLambda) return site.function;
  const auto at = lambdas_.find(lambda_key(site));
  return at == lambdas_.end() || at->second.empty() ? site.function : at->second;
}

void Lines::remember(Function& function, std::uint32_t line, std::string_view build) {
  if (function.builds.size() >= kMaxLinesOfFunction && !function.builds.contains(line)) return;
  auto& builds = function.builds[line];
  if (builds.size() < kMaxBuildsOfLine) builds.emplace(build);
  function.places.clear();
}

// Nearest lines first, and never two that one build shows both.
void Lines::settle(const Function& function) const {
  struct Pair {
    std::uint32_t distance, a, b;
  };
  std::vector<Pair> pairs;
  for (auto a = function.builds.begin(); a != function.builds.end(); ++a) {
    function.places[a->first] = a->first;
    for (auto b = std::next(a); b != function.builds.end() && b->first - a->first <= drift_; ++b) {
      pairs.push_back({b->first - a->first, a->first, b->first});
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const Pair& x, const Pair& y) {
    return std::tie(x.distance, x.a, x.b) < std::tie(y.distance, y.a, y.b);
  });
  auto builds = function.builds;  // of the lines of a place, by the line that stands for it
  for (const Pair& pair : pairs) {
    const std::uint32_t a = function.places[pair.a], b = function.places[pair.b];
    if (a == b || meet(builds[a], builds[b])) continue;
    // Reports that name no build may be of one or of many.
    if (pair.distance > 1 && unnamed(builds[a]) && unnamed(builds[b])) continue;
    builds[std::min(a, b)].insert(builds[std::max(a, b)].begin(), builds[std::max(a, b)].end());
    for (auto& [line, place] : function.places) {
      if (place == std::max(a, b)) place = std::min(a, b);
    }
  }
}

std::uint32_t Lines::place(const Site& site) const {
  const auto at = functions_.find(key_of(site));
  if (at == functions_.end()) return site.line;
  const Function& function = at->second;
  if (function.places.empty()) settle(function);
  if (site.line == 0) {
    std::set<std::uint32_t> places;
    for (const auto& [line, place] : function.places) places.insert(place);
    return places.size() == 1 ? *places.begin() : 0;
  }
  const auto place = function.places.find(site.line);
  return place == function.places.end() ? site.line : place->second;
}

}  // namespace fuzzmill::workers
