// An object of S3 as a ByteSource: one ranged GET after the other, each as large as S3Options::read_bytes.
// Threads: one. Errors: those of S3Client; kConflict when the object was replaced between two of them.
#pragma once

#include <memory>

#include "store/objects/object_store.h"
#include "store/objects/s3_client.h"

namespace fuzzmill::store {

// Asks for its size at once, so that kNotFound comes here.
schema::Result<std::unique_ptr<ByteSource>> read_s3(std::shared_ptr<S3Client> client,
                                                    const std::string& name);

}  // namespace fuzzmill::store
