// Which crashes are one bug, of all that a triage has read: the connected components of same_bug().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workers/fingerprint/group/face.h"

namespace fuzzmill::workers {

struct Grouping {
  std::vector<std::uint32_t> group_of;  // for each face; groups count from 0 in order of appearance
  std::vector<std::vector<std::string_view>> reasons;  // for each group: why it is one, each reason once
};

// That a build showed the face of this number.
struct Sighting {
  std::uint32_t face = 0;
  std::string_view build;
};

// Makes the lines of several builds comparable and decides whom each face blames, by all of them together:
// what same_bug() wants to be done before. `drift` as Lines takes it.
void prepare(std::vector<Face>& faces, const std::vector<Sighting>& sightings, std::uint32_t drift);

// Time grows with the number of different faces times those that share a key with each, at most
// kMaxCompared of them.
inline constexpr std::size_t kMaxCompared = 4096;
Grouping group_faces(const std::vector<Shown>& shown);

}  // namespace fuzzmill::workers
