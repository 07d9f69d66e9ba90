// Where archives lie: named byte strings that are whole or not there. A folder (folder_store.h) or
// S3-compatible storage (s3_store.h).
//
// Names are made of words of [A-Za-z0-9._=-], not beginning with a dot, joined by '/':
//
//   corpus/<target>/<archive>.tar.zst, and <archive>.tar.zst.sha256 beside it, as sha256sum writes it
//   staging/<target>/<snapshot>/<page>.files, <page>.listing      pages of a snapshot that is arriving
//   quarantine/<name>                                             what was pruned, for a day
//
// Threads: any. Errors: kInvalid for a name that is none, kNotFound, kDenied, kUnavailable (disk full, no
// network, server error: after the retries that make sense), each with the name and the way to mend it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::store {

struct StoredObject {
  std::string name;
  std::uint64_t size = 0;
  std::uint64_t modified_s = 0;  // Unix time
};

// Bytes in order. read() gives at most `size` and 0 at the end.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual schema::Result<std::size_t> read(char* out, std::size_t size) = 0;
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // For people: "/var/lib/fuzzmill/archive", "s3://bucket/prefix".
  virtual std::string where() const = 0;
  // Where a file is made before put_file(); of a folder on the same file system, so that putting is a rename.
  virtual std::filesystem::path scratch() const = 0;

  // Durable on return. Replaces what was there. put_file() takes the file away, unless it fails.
  virtual schema::Status put(const std::string& name, std::string_view bytes) = 0;
  virtual schema::Status put_file(const std::string& name, const std::filesystem::path& file) = 0;

  virtual schema::Result<std::unique_ptr<ByteSource>> open(const std::string& name) = 0;
  virtual schema::Result<StoredObject> stat(const std::string& name) = 0;
  // All whose names begin with `prefix`, sorted by name.
  virtual schema::Result<std::vector<StoredObject>> list(const std::string& prefix) = 0;
  // Never replaces: kConflict when `to` is there.
  virtual schema::Status rename(const std::string& from, const std::string& to) = 0;
  virtual schema::Status remove(const std::string& name) = 0;  // fine when it is gone already
};

// The whole of a small object; kTooLarge over `limit`.
schema::Result<std::string> read_object(ObjectStore& store, const std::string& name, std::size_t limit);

// [A-Za-z0-9._=-] words joined by '/', as above; at most 512 bytes.
bool valid_object_name(std::string_view name);

}  // namespace fuzzmill::store
