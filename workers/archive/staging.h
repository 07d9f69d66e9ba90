// Pages of snapshots that are arriving, durably in the store of archives until their snapshot is whole:
//
//   staging/<target>/<node>=<snapshot>/<page>.files     the archive of new bytes, as it came
//   staging/<target>/<node>=<snapshot>/<page>.listing   the event and its listing: the page is whole
//
// A page is put again with the same bytes as often as it is delivered. Nodes are told apart, so that none
// can put a page into another's snapshot.
// Threads: any. Errors: those of the store; kInvalid and kTooLarge for a page that is none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/corpus_listing.h"
#include "schema/event.h"
#include "store/objects/object_store.h"

namespace fuzzmill::workers {

inline constexpr std::uint64_t kMaxPages = 500'000;         // of a snapshot
inline constexpr std::uint64_t kMaxPageBytes = 256u << 20;  // unpacked
inline constexpr std::size_t kMaxStagedListing = 32u << 20;

// Which snapshot.
struct StagedName {
  std::string target, node, snapshot;
  std::string prefix() const;  // ends in '/'
  friend auto operator<=>(const StagedName&, const StagedName&) = default;
};

struct Page {
  schema::Event event;  // of corpus.snapshot, with its `snapshot` and `page`
  schema::CorpusListing listing;
};

// What a page's event says is wrong for good, or nothing.
std::optional<std::string> problem_of_page(const schema::Event& event);

std::string encode_page(const schema::Event& event, std::string_view listing);
schema::Result<Page> decode_page(std::string_view bytes);

class Staging {
 public:
  explicit Staging(store::ObjectStore& store) : store_(store) {}

  // Checks both attachments, byte by byte, and keeps them. The contents of `files` (empty: it has none),
  // rising.
  schema::Result<std::vector<schema::Sha256>> put(const schema::Event& event, std::string_view listing,
                                                  std::string_view files);

  struct Snapshot {
    StagedName name;
    std::vector<std::string>
        listings;                    // object names by page, from 0, without a gap; the last may be the last
    std::vector<std::string> files;  // object names by page, those there are
    std::uint64_t newest_s = 0;      // when its newest object was written, Unix time
    bool gaps = false;               // pages are missing between those there are
  };
  // All that is staged of a target, or of every target (empty).
  schema::Result<std::vector<Snapshot>> list(const std::string& target);
  schema::Result<std::optional<Snapshot>> find(const StagedName& name);

  // The pages of a snapshot, when all are there: the last of them says that it is.
  schema::Result<std::optional<std::vector<Page>>> pages(const Snapshot& snapshot);
  schema::Status remove(const Snapshot& snapshot);

 private:
  store::ObjectStore& store_;
};

}  // namespace fuzzmill::workers
