// The second entry of an archive: the SHA-256 of its manifest, as sha256sum writes and checks it. Pure: any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "schema/corpus_manifest.h"
#include "schema/digest.h"

namespace fuzzmill::store {

inline constexpr std::string_view kManifestSumName = "manifest.json.sha256";

inline std::string manifest_sum(const schema::Sha256& sha256) {
  return schema::hex(sha256).append("  ").append(schema::kManifestName).append("\n");
}

}  // namespace fuzzmill::store
