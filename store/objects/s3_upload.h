// A large file to S3 in parts. For store/objects/s3_store.cc alone.
// Threads: one. Errors: those of S3Client; after an error the upload is aborted as far as the server hears
// it.
#pragma once

#include <string>

#include "store/objects/s3_client.h"

namespace fuzzmill::store {

// `fd` has `size` bytes.
schema::Status upload_in_parts(S3Client& client, const std::string& name, int fd, std::uint64_t size);

// The SHA-256 of a part of a file, read in small pieces.
schema::Result<std::string> sha256_of(int fd, std::uint64_t offset, std::uint64_t size,
                                      const std::string& name);

}  // namespace fuzzmill::store
