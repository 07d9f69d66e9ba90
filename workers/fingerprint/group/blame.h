// Whom a stack blames: the function that went wrong, or, where that one is a conduit, the one that called
// it. What tells the two apart is partly in a name (conduit.h) and partly in the company of other crashes:
// many callers of one bug, or many bugs behind one helper?
#pragma once

#include <vector>

#include "workers/fingerprint/group/face.h"

namespace fuzzmill::workers {

// Sets Face::blamed of each, by all of them together. The order of the faces does not matter.
void blame(std::vector<Face>& faces);

}  // namespace fuzzmill::workers
