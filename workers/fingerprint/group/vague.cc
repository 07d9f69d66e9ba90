#include "workers/fingerprint/group/vague.h"

#include <algorithm>
#include <map>
#include <optional>

#include "workers/fingerprint/group/evidence.h"

namespace fuzzmill::workers {
namespace {

// A function whose file is known, but not the line: code made of several lines.
bool lost_line(const Face& face) {
  return !face.stands_in && !face.stack.empty() && face.stack[0].line == 0 && !face.stack[0].file.empty();
}

bool calls_through(const Face& face, const Site& function) {
  return std::any_of(face.stack.begin(), face.stack.end(),
                     [&](const Site& site) { return same_function(site, function); });
}

bool objects_fit(const Face& a, const Face& b) { return !objects_differ(a, b) && is_dead(a) == is_dead(b); }

// What the two say in words, as far as they say anything.
bool words_fit(const Face& a, const Face& b) {
  return a.message.empty() || b.message.empty() || a.message == b.message;
}

// A wild access: so far from its object that nobody knows which it was.
bool strays(const Face& face) { return face.kind == "segv" && !knows_object(face) && !is_dead(face); }

bool same_callers(const Face& a, const Face& b) {
  return a.stack.size() < 2 || b.stack.size() < 2 || same_function(a.stack[1], b.stack[1]);
}

// Of who released the object, only helpers are left and where all began, or a function without a line.
bool lost_release(const Face& face) {
  if (face.freed.empty() || is_deallocator(face.freed.back().function)) return false;
  const auto actor = std::find_if(face.freed.begin(), face.freed.end() - 1, [](const Site& site) {
    return !is_conduit(site.function, Role::kRelease);
  });
  return actor + 1 == face.freed.end() || (actor->line == 0 && !actor->file.empty());
}

bool fits(const std::vector<Site>& stack, const Site& site) {
  return std::any_of(stack.begin(), stack.end(), [&](const Site& one) {
    return site.line == 0 ? same_function(one, site) : same_place(one, site);
  });
}

// The same object is used in the same place by the same caller, and what is left of the release fits.
bool release_fits(const Face& vague, const Face& clear) {
  if (!is_dead(clear) || !made_same(vague, clear) || !same_first(vague.stack, clear.stack)) return false;
  return same_callers(vague, clear) && std::all_of(vague.freed.begin(), vague.freed.end() - 1,
                                                   [&](const Site& site) { return fits(clear.freed, site); });
}

// What a face or a component may be of: nothing yet, one other component, or it cannot be told.
struct Fit {
  std::optional<std::uint32_t> to;
  std::string_view why;
  bool open = true;

  void add(std::uint32_t other, std::string_view reason) {
    if (to && *to != other) open = false;
    if (!to) to = other, why = reason;
  }
};

Fit fit_of(std::uint32_t face, const std::vector<Face>& faces, const std::vector<std::uint32_t>& component_of,
           const Company& company) {
  Fit fit;
  company(face, [&](std::uint32_t other) {
    if (component_of[other] == component_of[face] || fit.to == component_of[other]) return true;
    if (const auto why = may_be(faces[face], faces[other]); !why.empty()) fit.add(component_of[other], why);
    return fit.open;
  });
  return fit;
}

}  // namespace

bool is_vague(const Face& face) {
  if (face.stack.empty()) return !face.message.empty();
  if (face.trouble == Trouble::kRace || face.trouble == Trouble::kTime) return false;
  const bool strayed = face.kind == "segv" && !knows_object(face);
  return face.stands_in || lost_line(face) || lost_release(face) || strayed;
}

std::string_view may_be(const Face& vague, const Face& clear) {
  if (vague.trouble != clear.trouble || clear.stands_in || clear.stack.empty()) return {};
  // What a sanitizer calls by its name is a mere fault to others.
  const bool faults = vague.kind == "segv" || (clear.kind == "segv" && !knows_object(vague));
  const bool kinds_fit = vague.kind == clear.kind || faults;
  if (!kinds_fit || access_differs(vague, clear) || !words_fit(vague, clear)) return {};
  if (vague.stands_in || vague.stack.empty()) {
    return !vague.message.empty() && vague.message == clear.message
               ? "They stop with the same words, and one of them lost its "
                 "frames."
               : std::string_view();
  }
  if (lost_release(vague) && release_fits(vague, clear))
    return "The same object is used by the same code, and one lost who released it.";
  if (!objects_fit(vague, clear)) return {};
  if (lost_line(vague) && calls_through(clear, vague.stack[0]))
    return "One lost its line, in a function that the other passes.";
  if (strays(vague) && knows_object(clear) && !is_dead(clear) &&
      same_function(vague.stack[0], clear.stack[0]) && same_callers(vague, clear))
    return "One fell far from the object whose bounds the other leaves in the same function.";
  // A sanitizer's own reports know the inlined frames.
  if (vague.kind == "segv" && vague.stack[0].line != 0 && clear.stack.size() > 1 &&
      !same_place(vague.stack[0], clear.stack[0]) && passes(clear.stack, vague.stack[0]))
    return "One lost the innermost frames of the other.";
  return {};
}

std::vector<Attachment> attach_vague(const std::vector<Face>& faces,
                                     const std::vector<std::uint32_t>& component_of,
                                     const std::set<std::uint32_t>& asked, const Company& company) {
  std::set<std::uint32_t> clear;
  for (std::uint32_t i = 0; i < faces.size(); ++i) {
    if (!is_vague(faces[i])) clear.insert(component_of[i]);
  }
  std::map<std::uint32_t, Fit> fits;  // by component
  for (std::uint32_t i = 0; i < faces.size(); ++i) {
    const std::uint32_t component = component_of[i];
    if (clear.contains(component) || (!asked.empty() && !asked.contains(component))) continue;
    Fit& fit = fits[component];
    if (!fit.open) continue;
    const Fit own = fit_of(i, faces, component_of, company);
    if (own.open && own.to)
      fit.add(*own.to, own.why);
    else
      fit.open = false;
  }
  std::vector<Attachment> out;
  for (const auto& [component, fit] : fits) {
    if (fit.open) out.push_back({component, *fit.to, fit.why});
  }
  return out;
}

}  // namespace fuzzmill::workers
