// Names that a symbolizer left as the linker knows them: "_ZN3app5parseEPKc", "_RNvCs1a2_4kilt4turn". Only
// their path is wanted here, so only paths are read: no types, no template arguments, no back references.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fuzzmill::workers {

// "app::parse" of an Itanium C++ name or of a Rust name, old or new; Rust's hashes are left out. Nothing
// for any other text and for names whose path holds more than identifiers. Linear in the text.
std::optional<std::string> path_of_mangled(std::string_view text);

}  // namespace fuzzmill::workers
