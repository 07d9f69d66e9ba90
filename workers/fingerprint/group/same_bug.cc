#include "workers/fingerprint/group/same_bug.h"

#include <algorithm>
#include <iterator>

#include "schema/digest.h"
#include "workers/fingerprint/group/conduit.h"
#include "workers/fingerprint/group/evidence.h"
#include "workers/fingerprint/group/race.h"
#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr std::uint32_t kNearUse = 2;      // lines between two uses of one pointer
constexpr std::uint32_t kNearBinding = 8;  // and between giving it a name and using that
constexpr std::size_t kMaxKeys = 31;
constexpr std::size_t kMaxKeyName = 200;  // bytes

// The function that called the blamed one is the same, or not known of one.
bool same_caller(const Face& a, const Face& b) {
  return a.stack.size() <= a.blamed + 1 || b.stack.size() <= b.blamed + 1 ||
         same_function(a.stack[a.blamed + 1], b.stack[b.blamed + 1]);
}

// Whoever is blamed is where all began, for want of others: then it must have gone wrong in one function.
bool blames_more_than_entry(const Face& a, const Face& b) {
  return (a.blamed + 1 < a.stack.size() && b.blamed + 1 < b.stack.size()) ||
         same_function(a.stack[0], b.stack[0]);
}

// The guard of a function's stack fell: whose variable it was is not told, only whose stack.
bool guards_same_stack(const Face& guard, const Face& other) {
  // Reading fells no guard.
  return guard.kind == "stack-smashing" && other.access != "READ" && !guard.stack.empty() &&
         !other.stack_of.empty() && same_name(guard.stack[0].function, other.stack_of) &&
         other.variable.find("@" + guard.stack[0].file + ":") != std::string::npos;
}

// The same place touches two objects, one for reading and one for writing: two bugs of one statement.
bool crosses(const Face& a, const Face& b) { return objects_differ(a, b) && access_differs(a, b); }

// A local string or vector keeps little in itself and much elsewhere: both end with the function.
bool went_with_return(const Face& local, const Face& heap) {
  if (!outlived(local) || local.stack_of.empty() || heap.freed.empty()) return false;
  return same_name(local.stack_of, heap.freed[0].function) && same_blamed_function(local, heap);
}

std::string_view same_dead_object(const Face& a, const Face& b) {
  if (outlived(a) && outlived(b)) {
    return !a.variable.empty() && a.variable == b.variable ? "The same variable is used after its end."
                                                           : std::string_view();
  }
  if (went_with_return(a, b) || went_with_return(b, a))
    return "What a function kept in its variables is used after it returned.";
  return same_release(a, b) ? "The object was released too early by the same code." : std::string_view();
}

bool is_null(const Face& face) {
  return face.kind == "null-dereference" ||
         (face.kind == "pointer-overflow" && contains(face.message, "null pointer"));
}

// A pointer to what is no longer the object that it was.
bool is_stale(const Face& face) {
  return is_dead(face) || contains(face.message, "which does not point to an object");
}

// "member access within null pointer of type const json::Value" → "Value"; empty when no type is said.
std::string_view pointed_type(std::string_view message) {
  const auto at = message.rfind(" of type ");
  if (at == std::string_view::npos) return {};
  const std::string_view type = message.substr(at + 9);
  const auto word = type.find_last_of(" :");
  return word == std::string_view::npos ? type : type.substr(word + 1);
}

bool types_differ(const Face& a, const Face& b) {
  const std::string_view x = pointed_type(a.message), y = pointed_type(b.message);
  return !x.empty() && !y.empty() && x != y;
}

// UndefinedBehaviorSanitizer tells of a null pointer where it becomes a reference or an object to call.
bool binds_null(const Face& face) {
  return contains(face.message, "reference binding") || contains(face.message, "member call") ||
         face.kind == "pointer-overflow";
}

// Near each other in one function; an unknown line is near none. What was bound is used further on.
bool near_uses(const Face& a, const Face& b) {
  const std::uint32_t x = blamed_site(a)->line, y = blamed_site(b)->line;
  const std::uint32_t most = binds_null(a) || binds_null(b) ? kNearBinding : kNearUse;
  return x != 0 && y != 0 && std::max(x, y) - std::min(x, y) <= most;
}

bool handed_on(const Face& binds, const Face& uses) {
  if (!binds_null(binds) || binds.stack.empty() || uses.stack.empty()) return false;
  const bool to_callee = uses.stack.size() > 1 && same_place(binds.stack[0], uses.stack[1]);
  const bool to_caller = binds.stack.size() > 1 && same_place(binds.stack[1], uses.stack[0]);
  return to_callee || to_caller;
}

// A function that got no object uses the nothing that it got here and there, and hands it on.
std::string_view same_null(const Face& a, const Face& b) {
  if (!is_null(a) || !is_null(b) || a.stands_in || b.stands_in) return {};
  if (same_blamed_function(a, b) && near_uses(a, b) && !types_differ(a, b))
    return "The same function uses a pointer that is null.";
  if (handed_on(a, b) || handed_on(b, a))
    return "One saw the null pointer where it was handed on, the other where "
           "it was used.";
  return {};
}

bool calls(const Face& face, const Site& function) {
  return std::any_of(face.stack.begin(), face.stack.end(),
                     [&](const Site& site) { return same_function(site, function); });
}

// "scene::Group::adopt" of "Group".
bool is_member(std::string_view function, std::string_view type) {
  if (function.size() <= unqualified(function).size() + 2) return false;
  const std::string_view scope = function.substr(0, function.size() - unqualified(function).size() - 2);
  return !type.empty() && unqualified(scope) == type;
}

// A cast to what the object is not, and what was then asked of the object in the same statement. Where the
// other knows an object, which a cast never does, the line of the caller alone does not tell that it is this:
// it must be asked of an object of that type, or by the same function.
bool cast_before(const Face& cast, const Face& use) {
  if (!contains(cast.message, "downcast") || use.kind == cast.kind || cast.stack.size() <= 2 ||
      use.stack.size() <= 2 || !same_place(cast.stack[1], use.stack[1]))
    return false;
  return !knows_object(use) || calls(use, cast.stack[0]) || calls(cast, use.stack[0]) ||
         is_member(use.stack[0].function, pointed_type(cast.message));
}

std::string_view same_memory(const Face& a, const Face& b) {
  const bool a_dead = is_dead(a), b_dead = is_dead(b);
  if (a_dead && b_dead) return same_dead_object(a, b);
  // One knows of an object that is dead, the other of one that lives: not the same.
  if ((a_dead && knows_object(b)) || (b_dead && knows_object(a))) return {};
  if (guards_same_stack(a, b) || guards_same_stack(b, a)) return "The same function's stack is overwritten.";
  // No pointer is null and stale at once: two ways to the same place.
  if ((is_null(a) && is_stale(b)) || (is_null(b) && is_stale(a))) return {};
  if (same_blame(a, b) && !crosses(a, b)) return "They go wrong at the same place.";
  // Too little memory may have been asked for, which all uses overrun. A variable is as large as it should
  // be: one that reads and one that writes elsewhere go through it for two reasons.
  const bool one_reason = a.variable.empty() || !access_differs(a, b);
  if (a.kind == b.kind && one_reason && same_blamed_function(a, b) && blames_more_than_entry(a, b) &&
      objects_same(a, b) && same_caller(a, b)) {
    return "The same function leaves the bounds of the same object.";
  }
  if (cast_before(a, b) || cast_before(b, a)) return "One is the wrong cast, the other what came of it.";
  if (auto why = same_null(a, b); !why.empty()) return why;
  if (a.string_end && b.string_end && objects_same(a, b)) return "The same string has no end.";
  return {};
}

// The function that made the memory has returned when the value is missed.
bool maker_gone(const Face& face) {
  const Site& maker = face.allocated[0];
  return std::none_of(face.stack.begin(), face.stack.end(),
                      [&](const Site& site) { return same_function(site, maker); });
}

// "row@scan.cc:38" and "row@scan.cc:107", where an optimiser put the one function into the other.
bool same_variable_name(std::string_view a, std::string_view b) {
  return !a.empty() && a.substr(0, a.rfind(':')) == b.substr(0, b.rfind(':'));
}

// Where the value came from tells more than where it was used.
std::string_view same_uninitialized(const Face& a, const Face& b) {
  if (!knows_object(a) || !knows_object(b))
    return same_blame(a, b) ? "They go wrong at the same place." : std::string_view();
  if (same_variable_name(a.variable, b.variable)) {
    return same_blamed_function(a, b) || same_first(a.stack, b.stack)
               ? "They use the same variable that nobody wrote."
               : std::string_view();
  }
  if (objects_same(a, b) && same_blamed_function(a, b)) return "They use the same value that nobody wrote.";
  // Whoever makes something and gives it away should have filled it.
  if (made_same(a, b) && maker_gone(a) && maker_gone(b))
    return "The same function gives away what it did not fill.";
  return {};
}

// What was too little or too much when it was asked for, is what is overrun or cannot be had later.
std::string_view same_request(const Face& asks, const Face& overruns) {
  const Site* asked = blamed_site(asks);
  if (asked == nullptr || overruns.allocated.empty()) return {};
  return passes(overruns.allocated, *asked) && same_blamed_function(asks, overruns)
             ? "One overruns the memory that the other asks for."
             : std::string_view();
}

// One run shows undefined behaviour and then dies in the same function: the first is why.
std::string_view heralded(const Face& first, const Face& later) {
  const Site* site = blamed_site(first);
  const Site* end = blamed_site(later);
  if (site == nullptr || end == nullptr || first.trouble == Trouble::kStop) return {};
  for (const Site& herald : later.heralds) {
    if (same_place(*site, herald) && same_function(herald, *end))
      return "One was seen before the other in the same run and function.";
  }
  return {};
}

// A value that nobody wrote, since its memory had been released: another witness sees that itself.
std::string_view same_ruin(const Face& uninitialized, const Face& memory) {
  return agree(uninitialized.allocated, memory.freed, Role::kRelease)
             ? "Both use memory that the same code released."
             : std::string_view();
}

std::string_view across_troubles(const Face& a, const Face& b) {
  if (a.trouble == Trouble::kUninitialized && b.trouble == Trouble::kMemory) return same_ruin(a, b);
  if (b.trouble == Trouble::kUninitialized && a.trouble == Trouble::kMemory) return same_ruin(b, a);
  if (auto why = heralded(a, b); !why.empty()) return why;
  if (auto why = heralded(b, a); !why.empty()) return why;
  if (a.trouble == Trouble::kExhaustion && b.trouble == Trouble::kMemory) return same_request(a, b);
  if (b.trouble == Trouble::kExhaustion && a.trouble == Trouble::kMemory) return same_request(b, a);
  return {};
}

std::string_view same_recursion(const Face& a, const Face& b) {
  std::vector<std::string> both;
  std::set_intersection(a.cycle.begin(), a.cycle.end(), b.cycle.begin(), b.cycle.end(),
                        std::back_inserter(both));
  if (both.empty() || 2 * both.size() < std::min(a.cycle.size(), b.cycle.size())) return {};
  return "The same functions call each other without end.";
}

// A clock strikes anywhere inside the loop: in the function that loops, or in what it calls.
std::string_view same_time(const Face& a, const Face& b) {
  if (same_blamed_function(a, b)) return "They spend their time in the same function.";
  const auto [at, other] = std::mismatch(a.cycle.begin(), a.cycle.end(), b.cycle.begin(), b.cycle.end());
  (void)other;
  const auto common = static_cast<std::size_t>(at - a.cycle.begin());
  const std::size_t least = std::min(a.cycle.size(), b.cycle.size());
  if (least >= 2 && common == least) return "One was interrupted inside a call that the other makes.";
  return {};
}

std::string_view same_value(const Face& a, const Face& b) {
  // Compilers point at the function's beginning or at its end.
  if (a.kind == "missing-return" && a.kind == b.kind && same_blamed_function(a, b))
    return "The same function ends without a value.";
  return same_blame(a, b) ? "They go wrong at the same place." : std::string_view();
}

std::string_view same_stop(const Face& a, const Face& b) {
  if (same_blame(a, b)) return "They stop at the same place.";
  if (a.kind == b.kind && !a.message.empty() && a.message == b.message &&
      (a.stack.empty() || b.stack.empty() || same_blamed_function(a, b)))
    return "They stop with the same words in the same function.";
  return {};
}

}  // namespace

std::string_view same_bug(const Face& a, const Face& b) {
  if (a == b) return "They are alike in all that counts.";
  if (a.trouble != b.trouble) return across_troubles(a, b);
  switch (a.trouble) {
    case Trouble::kMemory:
      return same_memory(a, b);
    case Trouble::kRecursion:
      return same_recursion(a, b);
    case Trouble::kTime:
      return same_time(a, b);
    case Trouble::kRace:
      return same_race(a, b);
    case Trouble::kStop:
      return same_stop(a, b);
    case Trouble::kLeak:
    case Trouble::kExhaustion:
      return same_blame(a, b) ? "The same place asks for the memory." : std::string_view();
    case Trouble::kOther:
      if (a.kind != b.kind) return {};
      [[fallthrough]];
    case Trouble::kValue:  // one statement is one bug, whatever is said of it
      return same_value(a, b);
    case Trouble::kUninitialized:
      return same_uninitialized(a, b);
  }
  return {};
}

namespace {

// How many of the sites, from the innermost, may be blamed by whatever company (blame.cc), or are what is
// left of a stack that lost its innermost frames. Where all begins is the same for nearly all, and no good
// key.
std::size_t sites_to_key(const Face& face) {
  constexpr std::size_t kLost = 4;
  if (face.trouble == Trouble::kTime) return face.stack.size();
  const auto passes_on = [](const Site& site) {
    return is_conduit(site.function, Role::kAccess) || is_conduit(site.function, Role::kAllocation) ||
           is_conduit(site.function, Role::kRelease) || is_conduit(site.function, Role::kStop);
  };
  std::size_t count = std::min<std::size_t>(face.stack.size(), 2);
  while (count < face.stack.size() && passes_on(face.stack[count - 1])) ++count;
  return std::max(count, std::min(face.stack.size(), kLost));
}

}  // namespace

// Recursion: 24 names at most, of which the six innermost sites are; anything else: under 31, as the bounds
// of face.h add up.
std::vector<std::string> index_keys(const Face& face) {
  std::vector<std::string> keys;
  const auto add = [&](std::string_view what, std::string_view name) {
    std::string key(what);
    // A long name is only told apart, not read.
    key += name.size() <= kMaxKeyName ? std::string(name) : schema::sha256_hex(name);
    if (keys.size() < kMaxKeys && std::find(keys.begin(), keys.end(), key) == keys.end())
      keys.push_back(std::move(key));
  };
  const auto add_place = [&](const Site& site) {
    if (site.line != 0) add("on:", site.file + ":" + std::to_string(site.line));
  };
  for (std::size_t i = 0, count = sites_to_key(face); i < count; ++i)
    add("at:", unqualified(face.stack[i].function));
  for (const Site& site : face.allocated) add("at:", unqualified(site.function));
  if (!face.other_side.empty()) add("at:", unqualified(face.other_side[0].function));
  if (!face.variable.empty()) add("variable:", face.variable);
  if (!face.stack_of.empty()) add("at:", unqualified(face.stack_of));
  for (const Site& site : face.freed) add("freed:", unqualified(site.function));
  if (face.trouble == Trouble::kUninitialized) {
    for (const Site& site : face.allocated) add("freed:", unqualified(site.function));
  }
  for (const Site& herald : face.heralds) add("at:", unqualified(herald.function));
  if (!face.message.empty()) add("says:", face.kind + ":" + face.message);
  if (face.trouble == Trouble::kRecursion) {
    for (const std::string& name : face.cycle) add("at:", unqualified(name));
  } else if (face.cycle.size() >= 2) {  // timeouts that are one share at least the two outermost calls
    add("in:", unqualified(face.cycle[1]));
  }
  if (keys.empty()) add("kind:", face.kind + ":" + face.ending);
  // A lambda has another name in another build.
  if (!face.stack.empty()) add_place(face.stack[0]);
  if (!face.freed.empty()) add_place(face.freed[0]);
  return keys;
}

}  // namespace fuzzmill::workers
