#include "workers/fingerprint/group/same_bug.h"

#include <algorithm>
#include <iterator>

#include "schema/digest.h"
#include "workers/fingerprint/group/conduit.h"

namespace fuzzmill::workers {
namespace {

constexpr std::size_t kMaxKeys = 24;
constexpr std::size_t kMaxKeyName = 200;  // bytes

// gcc's reports leave out scopes that clang's have: "flip" and "image::flip" may be one.
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

// Stacks of evidence agree when they do from their beginning through the first site that is no conduit.
bool agree(const std::vector<Site>& a, const std::vector<Site>& b, Role role) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (!same_place(a[i], b[i])) return false;
    if (!is_conduit(a[i].function, role)) return true;
  }
  return !a.empty() && !b.empty();
}

bool made_same(const Face& a, const Face& b) { return agree(a.allocated, b.allocated, Role::kAllocation); }

bool objects_same(const Face& a, const Face& b) {
  if (!a.variable.empty()) return a.variable == b.variable;
  return made_same(a, b);
}

// One stack begins inside the other: a call at a function's end leaves no frame in optimised code.
bool begins_inside(const std::vector<Site>& a, const std::vector<Site>& b) {
  return !a.empty() &&
         std::any_of(b.begin(), b.end(), [&](const Site& site) { return same_place(a[0], site); });
}

// Freed by the same code, and not known to be another object.
bool same_release(const Face& a, const Face& b) {
  const bool objects_known = !a.allocated.empty() && !b.allocated.empty();
  if (objects_known && !made_same(a, b)) return false;
  if (agree(a.freed, b.freed, Role::kRelease)) return true;
  return objects_known && (begins_inside(a.freed, b.freed) || begins_inside(b.freed, a.freed));
}

bool same_blame(const Face& a, const Face& b) {
  if (a.stands_in || b.stands_in) return false;
  const Site* x = blamed_site(a);
  const Site* y = blamed_site(b);
  return x != nullptr && y != nullptr && same_place(*x, *y);
}

bool same_blamed_function(const Face& a, const Face& b) {
  const Site* x = blamed_site(a);
  const Site* y = blamed_site(b);
  return x != nullptr && y != nullptr && same_function(*x, *y);
}

// The function that called the blamed one is the same, or not known of one.
bool same_caller(const Face& a, const Face& b) {
  return a.stack.size() <= a.blamed + 1 || b.stack.size() <= b.blamed + 1 ||
         same_function(a.stack[a.blamed + 1], b.stack[b.blamed + 1]);
}

// The guard of a function's stack fell: whose variable it was is not told, only whose stack.
bool guards_same_stack(const Face& guard, const Face& other) {
  return guard.kind == "stack-smashing" && !guard.stack.empty() && !other.stack_of.empty() &&
         same_name(guard.stack[0].function, other.stack_of) &&
         other.variable.find("@" + guard.stack[0].file + ":") != std::string::npos;
}

// A variable was used after its scope or function ended.
bool outlived(const Face& face) {
  return face.kind == "stack-use-after-scope" || face.kind == "stack-use-after-return";
}

bool knows_object(const Face& face) { return !face.variable.empty() || !face.allocated.empty(); }

// The same place touches two objects, one for reading and one for writing: two bugs of one statement.
bool crosses(const Face& a, const Face& b) {
  return knows_object(a) && knows_object(b) && !objects_same(a, b) && !a.access.empty() &&
         !b.access.empty() && a.access != b.access;
}

std::string_view same_dead_object(const Face& a, const Face& b) {
  if (outlived(a) && outlived(b)) {
    return !a.variable.empty() && a.variable == b.variable ? "The same variable is used after its end."
                                                           : std::string_view();
  }
  return same_release(a, b) ? "The object was released too early by the same code." : std::string_view();
}

std::string_view same_memory(const Face& a, const Face& b) {
  const bool a_dead = !a.freed.empty() || outlived(a), b_dead = !b.freed.empty() || outlived(b);
  if (a_dead && b_dead) return same_dead_object(a, b);
  // One knows of an object that is dead, the other of one that lives: not the same.
  if ((a_dead && knows_object(b)) || (b_dead && knows_object(a))) return {};
  if (guards_same_stack(a, b) || guards_same_stack(b, a)) return "The same function's stack is overwritten.";
  if (same_blame(a, b) && !crosses(a, b)) return "They go wrong at the same place.";
  if (a.kind == b.kind && same_blamed_function(a, b) && objects_same(a, b) && same_caller(a, b)) {
    return "The same function leaves the bounds of the same object.";
  }
  if (a.string_end && b.string_end && objects_same(a, b)) return "The same string has no end.";
  return {};
}

// Where the value came from tells more than where it was used.
std::string_view same_uninitialized(const Face& a, const Face& b) {
  if (knows_object(a) && knows_object(b)) {
    return objects_same(a, b) && same_blamed_function(a, b) ? "They use the same value that nobody wrote."
                                                            : std::string_view();
  }
  return same_blame(a, b) ? "They go wrong at the same place." : std::string_view();
}

// What was too little or too much when it was asked for, is what is overrun or cannot be had later.
std::string_view same_request(const Face& asks, const Face& overruns) {
  const Site* asked = blamed_site(asks);
  if (asked == nullptr || overruns.allocated.empty()) return {};
  return begins_inside({*asked}, overruns.allocated) && same_blamed_function(asks, overruns)
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

// One unguarded access races with every other: what two races have in common is the bug.
std::string_view same_race(const Face& a, const Face& b) {
  for (const auto* x : {&a.stack, &a.other_side}) {
    for (const auto* y : {&b.stack, &b.other_side}) {
      if (same_first(*x, *y)) return "The same access races.";
    }
  }
  if (!a.variable.empty() && a.variable == b.variable) return "They race for the same variable.";
  return {};
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
      return same_blame(a, b) ? "They go wrong at the same place." : std::string_view();
    case Trouble::kUninitialized:
      return same_uninitialized(a, b);
  }
  return {};
}

std::vector<std::string> index_keys(const Face& face) {
  std::vector<std::string> keys;
  const auto add = [&](std::string_view what, std::string_view name) {
    std::string key(what);
    // A long name is only told apart, not read.
    key += name.size() <= kMaxKeyName ? std::string(name) : schema::sha256_hex(name);
    if (keys.size() < kMaxKeys && std::find(keys.begin(), keys.end(), key) == keys.end())
      keys.push_back(std::move(key));
  };
  if (const Site* site = blamed_site(face)) add("at:", unqualified(site->function));
  if (!face.stack.empty() && face.blamed != 0) add("at:", unqualified(face.stack[0].function));
  if (!face.allocated.empty()) add("made:", unqualified(face.allocated[0].function));
  for (const Site& site : face.allocated) add("at:", unqualified(site.function));
  if (!face.other_side.empty()) add("at:", unqualified(face.other_side[0].function));
  if (!face.variable.empty()) add("variable:", face.variable);
  if (!face.stack_of.empty()) add("at:", unqualified(face.stack_of));
  for (const Site& site : face.freed) add("freed:", unqualified(site.function));
  if (face.trouble == Trouble::kUninitialized && !face.allocated.empty())
    add("freed:", unqualified(face.allocated[0].function));
  for (const Site& herald : face.heralds) add("at:", unqualified(herald.function));
  if (!face.message.empty()) add("says:", face.kind + ":" + face.message);
  for (const std::string& name : face.cycle) add("in:", unqualified(name));
  if (keys.empty()) add("kind:", face.kind + ":" + face.ending);
  return keys;
}

}  // namespace fuzzmill::workers
