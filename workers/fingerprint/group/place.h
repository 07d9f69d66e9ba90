// Where a new face belongs among those that are known: the online half of grouping. It judges as
// group_faces() does, but with the company that shares a key with the new face, at the time it came. So the
// order of arrival matters in two ways only: what builds, callers and vague.h tell is what was known then,
// and groups that stand are not taken apart. place_test.cc bounds how far that goes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workers/fingerprint/group/face.h"

namespace fuzzmill::workers {

struct Known {
  std::string group;
  Shown shown;
};

struct Placed {
  std::string group;
  std::string_view why;
};

// The groups that show the same bug, each once; that of the likest face first. None: it is new. More than
// one: it shows that they are one.
std::vector<Placed> place(const Shown& fresh, const std::vector<Known>& known);

}  // namespace fuzzmill::workers
