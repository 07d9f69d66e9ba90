// The judgement: do two faces show one bug? A table of links, each with its reason in words. It is a
// property of the two faces alone, so that groups (what is linked, directly or through others) do not
// depend on the order in which crashes arrive. Lines are compared as they are: lines.h makes those of several
// builds comparable before.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workers/fingerprint/group/face.h"

namespace fuzzmill::workers {

// Why the two are one bug, as a sentence; empty when nothing says that they are. Symmetric.
std::string_view same_bug(const Face& a, const Face& b);

// What an index is looked up by: two faces that are one bug share at least one of these keys, whomever they
// blame. Only a lambda without a name, whose owner another build tells, may be missed: where it neither went
// wrong nor released anything itself, it is found by its callers. At most 31, each under 256 bytes.
std::vector<std::string> index_keys(const Face& face);

}  // namespace fuzzmill::workers
