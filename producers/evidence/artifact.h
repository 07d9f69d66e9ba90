// libFuzzer's artifacts: what their names say, where they are put, and whether a file is what its name
// claims.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::producers {

// "crash-<sha1>": the kind, and the SHA-1 of the content as 40 lower-case hex digits.
struct ArtifactName {
  std::string kind;  // crash, leak, timeout, oom, slow-unit
  std::string sha1;
};

// Nothing when the file name, without the `prefix` that it must have, is no artifact's.
std::optional<ArtifactName> parse_artifact_name(std::string_view file_name, std::string_view prefix = {});

// Where a fuzzer puts its artifacts.
struct ArtifactPlace {
  std::filesystem::path folder;
  std::string name_prefix;                     // before "crash-…"; empty for a prefix that ends in '/'
  std::optional<std::filesystem::path> exact;  // -exact_artifact_path: always this file, of any kind
};

// libFuzzer's artifact prefix is plain text before the name: "out/" is a folder, "out" is not. `base` is the
// folder that a relative prefix starts from.
ArtifactPlace artifact_place(std::string_view prefix, std::string_view exact_path,
                             const std::filesystem::path& base);

std::string sha1_hex(std::string_view bytes);

// The bytes of a regular file (no link is followed). kNotFound, kDenied, kInvalid (no regular file),
// kTooLarge.
schema::Result<std::string> read_bounded(const std::filesystem::path& path, std::uint64_t max_bytes);

}  // namespace fuzzmill::producers
