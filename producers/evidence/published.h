// Remembers which artifacts were published, by kind and content, over restarts: a file of lines
// "<kind> <sha256>", appended to and synced. A cut last line (power loss) is ignored and written over by a
// whole one on the next line.
// Between "published" and "remembered" a kill -9 leaves one artifact to be published again; that is the side
// to err on.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_set>

#include "schema/digest.h"
#include "schema/result.h"

namespace fuzzmill::producers {

class PublishedSet {
 public:
  // kDenied, kUnavailable. A missing file is an empty set; its folder must be there.
  static schema::Result<PublishedSet> open(const std::filesystem::path& file);
  PublishedSet(PublishedSet&& other) noexcept;
  PublishedSet& operator=(PublishedSet&& other) noexcept;
  ~PublishedSet();

  bool contains(std::string_view kind, const schema::Sha256& content) const;
  // Durable on return. kUnavailable: it is remembered by this object only.
  schema::Status add(std::string_view kind, const schema::Sha256& content);
  std::size_t size() const { return keys_.size(); }

 private:
  PublishedSet() = default;
  int fd_ = -1;
  std::unordered_set<std::string> keys_;
};

}  // namespace fuzzmill::producers
