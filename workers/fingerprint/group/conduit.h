// Conduits: functions that only carry out what their caller asked for. read_u16(), buffer_append(),
// operator[], xmalloc(), node_unref(): when one of them goes wrong, the mistake is mostly the caller's, and
// many bugs crash in the same one. They are told by the words of their names, from tables in conduit.cc.
#pragma once

#include <string_view>

namespace fuzzmill::workers {

// What the stack that the function stands in is about.
enum class Role : unsigned char { kAccess, kAllocation, kRelease, kStop };

// `function` is a normalised name, qualified or not. An access is a conduit's when every word of the name
// is one of moving data; the others are when the first or the last word is one of theirs.
bool is_conduit(std::string_view function, Role role);

// free(), operator delete and their like themselves.
bool is_deallocator(std::string_view function);

// The name without the scopes before it: "json::Reader::u16" → "u16".
std::string_view unqualified(std::string_view function);

}  // namespace fuzzmill::workers
