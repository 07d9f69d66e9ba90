// The store that a text names: a folder ("/var/lib/fuzzmill/archive", "archive") or S3-compatible storage
// ("s3://bucket/prefix?endpoint=https://host&region=eu-1", see s3_address.h).
// Errors: those of FolderStore and S3Store; nothing is asked of a server yet.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "store/objects/object_store.h"

namespace fuzzmill::store {

bool names_s3(std::string_view text);

// `scratch`: where archives are made that go to S3; empty: a folder of ours below TMPDIR.
schema::Result<std::unique_ptr<ObjectStore>> open_store(const std::string& text,
                                                        const std::filesystem::path& scratch = {});

}  // namespace fuzzmill::store
