// Fuzzes the decoder of corpus listings: what was read is bounded, in order, and comes back as it went.
#include "fuzz-harness/decoders/require.h"
#include "schema/corpus_listing.h"
#include "schema/corpus_manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzzmill::schema;
  using fuzzmill::fuzz::require;
  const auto listing = decode_listing(fuzzmill::fuzz::text_of(data, size));
  if (!listing) {
    require(!listing.error().message.empty(), "a refusal has a reason");
    require(listing.error().message.size() <= fuzzmill::fuzz::kMaxReason, "a reason is short");
    return 0;
  }
  require(listing->files.size() <= kMaxListingFiles && listing->gone.size() <= kMaxListingFiles,
          "a page is bounded");
  for (std::size_t i = 0; i < listing->files.size(); ++i) {
    const ListedFile& file = listing->files[i];
    require(!file.name.empty() && file.name.size() <= kMaxCorpusNameSize, "names are bounded");
    require(file.name.find('\0') == std::string::npos, "no name has a NUL");
    require(i == 0 || listing->files[i - 1].sha256 <= file.sha256, "files are in order");
  }
  const auto again = decode_listing(encode_listing(*listing));
  require(again.ok(), "a listing that was read can be written and read again");
  require(*again == *listing, "a listing comes back as it went");
  return 0;
}
