// Lines of one function in several builds. A line that tells one bug from another inside a function moves
// between builds: compilers disagree on which line of a statement an instruction belongs to, and sources
// change. Two lines that one build shows both are two places; near lines that no build shows together are
// one. What is learned is kept, so that crashes can be added for years.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "workers/fingerprint/group/face.h"

namespace fuzzmill::workers {

inline constexpr std::uint32_t kLineDrift = 2;           // between builds of one source
inline constexpr std::size_t kMaxBuildsOfLine = 64;      // remembered
inline constexpr std::size_t kMaxLinesOfFunction = 256;  // told apart; later ones stand for themselves

// Not for several threads.
class Lines {
 public:
  // Lines further apart than `drift` are never one place; 0: no two are.
  explicit Lines(std::uint32_t drift = kLineDrift) : drift_(drift) {}

  // Remembers where the crash stood. The order of calls does not matter for place().
  void learn(const Site& site, std::string_view build);

  // Debuggers call every lambda operator(). Where one was learned, another build may tell whose it is: to be
  // asked with all sites once all are learned.
  bool has_lambdas() const { return !lambdas_.empty(); }
  void learn_owner(const Site& site);

  // The function that a lambda belongs to, as far as it is known; of all else its own name.
  const std::string& owner(const Site& site) const;

  // The line that stands for this one and all that are the same place in another build. An unknown line
  // (0) is the function's only place, if it has but one.
  std::uint32_t place(const Site& site) const;

 private:
  struct Function {
    std::map<std::uint32_t, std::set<std::string, std::less<>>> builds;  // by line
    mutable std::map<std::uint32_t, std::uint32_t> places;               // by line; made when asked for
  };

  static void remember(Function& function, std::uint32_t line, std::string_view build);
  void settle(const Function& function) const;

  static std::string lambda_key(const Site& site);

  std::uint32_t drift_;
  std::map<std::string, std::string, std::less<>> lambdas_;  // "file:line" of lambdas → owner or empty
  std::map<std::string, Function, std::less<>> functions_;   // by unqualified name and file
};

}  // namespace fuzzmill::workers
