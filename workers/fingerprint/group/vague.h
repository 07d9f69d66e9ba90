// Vague faces: an optimiser or a debugger lost the line or the frames that would tell whose crash it is. Such
// a face is like several bugs at once, so it never makes two of them one: it goes to the one group that it
// can be of, and where several fit it stays alone.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string_view>
#include <vector>

#include "workers/fingerprint/group/face.h"

namespace fuzzmill::workers {

// Whether a face may be asked about at all; most are not, which costs nothing.
bool is_vague(const Face& face);

// Why `vague` may be what `clear` shows, as a sentence; empty when it is not.
std::string_view may_be(const Face& vague, const Face& clear);

// Calls ask(k) for each face k that face i may be of, until ask says false: enough.
using Ask = std::function<bool(std::uint32_t k)>;
using Company = std::function<void(std::uint32_t i, const Ask& ask)>;

struct Attachment {
  std::uint32_t component;
  std::uint32_t to;
  std::string_view why;
};

// Components of nothing but vague faces go to the only other that all of their faces can be of. All are asked
// before any goes, so that their order does not matter. `component_of` has one entry for each face; only the
// components of `asked` are asked (empty: all).
std::vector<Attachment> attach_vague(const std::vector<Face>& faces,
                                     const std::vector<std::uint32_t>& component_of,
                                     const std::set<std::uint32_t>& asked, const Company& company);

}  // namespace fuzzmill::workers
