#include "workers/fingerprint/group/evidence.h"

#include <algorithm>

namespace fuzzmill::workers {
namespace {

// The first site that acts on its own behalf; nullptr when all carry out what others asked for.
const Site* first_actor(const std::vector<Site>& sites, Role role) {
  const auto at = std::find_if(sites.begin(), sites.end(),
                               [&](const Site& site) { return !is_conduit(site.function, role); });
  return at == sites.end() ? nullptr : &*at;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  if (!a.ends_with(b)) return false;
  return a.size() == b.size() ||
         (a.size() > b.size() + 2 && a.substr(0, a.size() - b.size()).ends_with("::"));
}

bool same_function(const Site& a, const Site& b) {
  return same_name(a.function, b.function) && (a.file == b.file || a.file.empty() || b.file.empty());
}

bool same_place(const Site& a, const Site& b) { return a.line == b.line && same_function(a, b); }

bool same_first(const std::vector<Site>& a, const std::vector<Site>& b) {
  return !a.empty() && !b.empty() && same_place(a.front(), b.front());
}

bool passes(const std::vector<Site>& sites, const Site& place) {
  return std::any_of(sites.begin(), sites.end(), [&](const Site& site) { return same_place(place, site); });
}

bool agree(const std::vector<Site>& a, const std::vector<Site>& b, Role role) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (!same_place(a[i], b[i])) return false;
    if (!is_conduit(a[i].function, role)) return true;
  }
  return !a.empty() && !b.empty();
}

bool made_same(const Face& a, const Face& b) { return agree(a.allocated, b.allocated, Role::kAllocation); }

bool knows_object(const Face& face) { return !face.variable.empty() || !face.allocated.empty(); }

bool objects_same(const Face& a, const Face& b) {
  if (!a.variable.empty() || !b.variable.empty()) return a.variable == b.variable;
  return made_same(a, b);
}

bool objects_differ(const Face& a, const Face& b) {
  return knows_object(a) && knows_object(b) && !objects_same(a, b);
}

bool access_differs(const Face& a, const Face& b) {
  return !a.access.empty() && !b.access.empty() && a.access != b.access;
}

bool same_release(const Face& a, const Face& b) {
  const Site* x = first_actor(a.freed, Role::kRelease);
  const Site* y = first_actor(b.freed, Role::kRelease);
  // Where all began says nothing of who released it.
  const bool x_tells = x != nullptr && x != &a.freed.back(), y_tells = y != nullptr && y != &b.freed.back();
  const bool same_actor = x_tells && y_tells && same_place(*x, *y);
  const bool objects_known = !a.allocated.empty() && !b.allocated.empty();
  // One place may release many objects for many reasons: two of them are one bug if they are also used alike.
  const bool used_alike = !a.stack.empty() && !b.stack.empty() && same_function(a.stack[0], b.stack[0]);
  if (objects_known && !made_same(a, b)) return same_actor && used_alike;
  if (same_actor || agree(a.freed, b.freed, Role::kRelease)) return true;
  // Optimised code loses frames: what one stack begins with, the other reaches through others. A conduit
  // is passed by many releases and says nothing.
  return objects_known && ((x_tells && passes(b.freed, *x)) || (y_tells && passes(a.freed, *y)));
}

bool outlived(const Face& face) {
  return face.kind == "stack-use-after-scope" || face.kind == "stack-use-after-return";
}

bool is_dead(const Face& face) { return !face.freed.empty() || outlived(face); }

bool same_blame(const Face& a, const Face& b) {
  if (a.stands_in || b.stands_in) return false;
  const Site* x = blamed_site(a);
  const Site* y = blamed_site(b);
  if (x == nullptr || y == nullptr || !same_place(*x, *y)) return false;
  // A file without a line is code that an optimiser made of several lines: it may be any of them.
  const bool vague = x->line == 0 && !x->file.empty() && !y->file.empty();
  return !vague || (a.kind == b.kind && a.message == b.message && !objects_differ(a, b));
}

bool same_blamed_function(const Face& a, const Face& b) {
  const Site* x = blamed_site(a);
  const Site* y = blamed_site(b);
  return x != nullptr && y != nullptr && same_function(*x, *y);
}

}  // namespace fuzzmill::workers
