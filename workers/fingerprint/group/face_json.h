// A face as text, as the crash index keeps it with its group: JSON, so that people can read it there.
// Version 2: {"v":2,"kind":…}. A field that is empty is left out, an unknown one is skipped. Version 1 is read
// too; a text of another version is no face, and its group is then found by its other features.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "workers/fingerprint/group/face.h"

namespace fuzzmill::workers {

inline constexpr std::size_t kMaxFaceText = 3500;  // bytes: a longer one loses its outer sites

std::string to_json(const Shown& shown);
std::optional<Shown> parse_face(std::string_view text);

}  // namespace fuzzmill::workers
