// How the evidence of two faces compares: places, objects, who made and who released them. What same_bug() is
// made of. Pure; lines are compared as they are.
#pragma once

#include <string_view>
#include <vector>

#include "workers/fingerprint/group/conduit.h"
#include "workers/fingerprint/group/face.h"

namespace fuzzmill::workers {

// gcc's reports leave out scopes that clang's have: "flip" and "image::flip" may be one.
bool same_name(std::string_view a, std::string_view b);

bool same_function(const Site& a, const Site& b);

// Function, file and line.
bool same_place(const Site& a, const Site& b);

bool same_first(const std::vector<Site>& a, const std::vector<Site>& b);

// Some site of `sites` is the same place.
bool passes(const std::vector<Site>& sites, const Site& place);

// Stacks of evidence agree when they do from their beginning through the first site that is no conduit.
bool agree(const std::vector<Site>& a, const std::vector<Site>& b, Role role);

bool made_same(const Face& a, const Face& b);

bool knows_object(const Face& face);
bool objects_same(const Face& a, const Face& b);

// Both know their object, and it is not the same.
bool objects_differ(const Face& a, const Face& b);

// One reads, the other writes.
bool access_differs(const Face& a, const Face& b);

// Freed by the same code, and not known to be another object.
bool same_release(const Face& a, const Face& b);

// A variable was used after its scope or function ended.
bool outlived(const Face& face);

// The object is known to be dead.
bool is_dead(const Face& face);

// The place that both blame. A library's frame that only stands in blames nobody.
bool same_blame(const Face& a, const Face& b);
bool same_blamed_function(const Face& a, const Face& b);

}  // namespace fuzzmill::workers
