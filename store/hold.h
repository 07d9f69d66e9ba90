// The hold: where attachments wait until no event needs them. Small ones lie in Redis beside the log
// (event_log.h, LogTransaction::Held), large ones are files here: DIR/<bucket>/<sha256>, fsynced before
// the event is acknowledged. A bucket is ten minutes of appending; buckets are dropped whole, so there
// are no reference counts and no race between a drop and a new put.
// Threads: any; operations on one file are idempotent.
// Errors: kUnavailable on a full or failing disk (the event is not acknowledged and comes again),
// kNotFound when a file is gone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::store {

inline constexpr std::size_t kLargeAttachment = 64 * 1024;  // from this size on: a file

class Hold {
 public:
  explicit Hold(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // `sha256` is 64 hex digits, checked by the caller against the bytes.
  schema::Status put(std::uint64_t bucket, const std::string& sha256, std::string_view bytes) const;
  schema::Result<std::string> get(std::uint64_t bucket, const std::string& sha256) const;
  // The same bytes in another bucket, for an event derived later.
  schema::Status keep(std::uint64_t from, std::uint64_t to, const std::string& sha256) const;

  std::vector<std::uint64_t> buckets() const;
  schema::Status drop(std::uint64_t bucket) const;

 private:
  std::filesystem::path file(std::uint64_t bucket, const std::string& sha256) const;
  schema::Status open_bucket(std::uint64_t bucket) const;

  std::filesystem::path folder_;
};

}  // namespace fuzzmill::store
