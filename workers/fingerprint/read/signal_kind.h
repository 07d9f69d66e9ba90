// Signals by name and number, and the kind of a crash that says no more than its signal.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fuzzmill::workers {

// Below it an address is a null pointer with a member's offset, as the kernel keeps the first page free.
inline constexpr std::uint64_t kNullPage = 0x1000;

// "SIGSEGV" → "segv"; "deadly-signal" for signals that no table row has.
std::string_view kind_of_signal(std::string_view name);
// As above, but a fault in the first page is a "null-dereference".
std::string_view kind_of_fault(std::string_view name, std::optional<std::uint64_t> address);

// 11 → "SIGSEGV"; empty when unknown. Numbers of Linux.
std::string_view signal_name(std::uint64_t number);

// The same name as a constant that outlives the text; empty when unknown.
std::string_view known_signal(std::string_view name);

// A signal's name at the front of the text ("SIGSEGV, Segmentation fault"); empty when there is none.
std::string_view signal_at_front(std::string_view text);

}  // namespace fuzzmill::workers
