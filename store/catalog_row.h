// How a CatalogRow stands in its hash in Redis. For store/corpus_catalog*.cc alone.
// Pure functions: any thread.
#pragma once

#include <string>
#include <vector>

#include "store/corpus_catalog.h"

namespace fuzzmill::store {

// Field, value, field, value, …
std::vector<std::string> row_fields(const CatalogRow& row);
// What HGETALL answered. Fields that are missing stay as they are by default.
CatalogRow row_of_fields(const std::string& id, const Reply& hash);

// kInvalid naming what is wrong.
schema::Status check_row(const CatalogRow& row);

}  // namespace fuzzmill::store
