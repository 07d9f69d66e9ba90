// Fuzzes the decoder of corpus manifests: the text whole and in pieces gives the same verdict, and what was
// read is written and read again as it was.
#include <algorithm>

#include "fuzz-harness/decoders/require.h"
#include "schema/corpus_manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fuzzmill::schema;
  using fuzzmill::fuzz::require;
  const auto text = fuzzmill::fuzz::text_of(data, size);
  const auto manifest = decode_corpus_manifest(text);
  std::size_t at = 0;
  const auto pieces = decode_corpus_manifest(JsonPieces([&]() {
    const auto piece = text.substr(std::min(at, text.size()), 7);
    at += piece.size();
    return piece;
  }));
  require(manifest.ok() == pieces.ok(), "the whole and its pieces give the same verdict");
  if (!manifest) {
    require(!manifest.error().message.empty(), "a refusal has a reason");
    require(manifest.error().message.size() <= fuzzmill::fuzz::kMaxReason, "a reason is short");
    return 0;
  }
  require(*manifest == pieces->manifest, "the whole and its pieces are the same manifest");
  for (const ManifestEntry& file : manifest->files) {
    require(!file.copies.empty(), "a file has a name");
    for (const ManifestCopy& copy : file.copies) {
      require(copy.snapshot < manifest->snapshots.size(), "a copy has its snapshot");
      require(!copy.name.empty() && copy.name.size() <= kMaxCorpusNameSize, "names are bounded");
    }
  }
  const std::string once = encode_corpus_manifest(*manifest);
  const auto again = decode_corpus_manifest(once);
  require(again.ok(), "a manifest that was read can be written and read again");
  require(*again == *manifest, "a manifest comes back as it went");
  return 0;
}
