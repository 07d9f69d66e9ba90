// One name for one function, whatever compiler, optimiser and demangler made of it.
#pragma once

#include <string>
#include <string_view>

namespace fuzzmill::workers {

inline constexpr std::size_t kMaxFunctionName = 480;  // bytes of a normalised name

// 1. Thunk prefixes, return types, parameters and what follows them go.
// 2. Template arguments go: "f<int>" and "f<char>" are one function here.
// 3. "(anonymous namespace)", ABI tags and symbol versions go.
// 4. A lambda, a Rust closure or what is called inside one is its enclosing function.
// 5. Suffixes of clones go: .cold, .part.3, .isra.0, .constprop.1, .llvm.123, .cfi …
// 6. Rust's hash goes, "<T as Trait>::f" is "T::f".
// 7. Operators keep their symbol, conversions their type. Objective-C, Go receivers and "<listcomp>" stay.
// Of a name that is nothing but decoration, the name as read remains.
std::string normalise_function(std::string_view function);
// The same into a string whose room is used again, for who throws most names away.
void normalise_function(std::string_view function, std::string& name);

}  // namespace fuzzmill::workers
