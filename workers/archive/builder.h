// From staged snapshots to archives: one archive a target and day, with the newest snapshot of each node.
//
// Every step may be the last one of a worker; whoever comes next goes on:
//   pages staged → archive made in the store's scratch → its .sha256 → its name → the catalog, if the newest
//   of the target is still the one it was built on → an older one of the same day is superseded → pages
//   removed
// The same snapshot on the same archive gives the same bytes under the same name, so that two workers who
// build at once do one work twice and no harm. Threads: one. Errors: those of store and catalog; kInvalid for
// a snapshot that cannot become an archive: its pages are removed then, and what the nodes need not send is
// put right, so that the node's next snapshot sends it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "store/archive/merge.h"
#include "store/corpus_catalog.h"
#include "workers/archive/staging.h"

namespace fuzzmill::workers {

struct BuildOptions {
  store::ArchiveFormat format = store::ArchiveFormat::kTarZst;
  std::uint64_t forget_ms = 365ull * 86'400'000;  // a node that sent no snapshot for so long is left out
};

struct Built {
  store::CatalogRow row;
  std::string superseded;  // id of the one of the same day that it stands for, or empty
  bool before = false;     // it had been built before
};

// A snapshot that is whole, wherever its bytes are.
struct Incoming {
  schema::ManifestSnapshot snapshot;
  std::string base;  // the listings are the difference to this one; or empty
  std::vector<schema::CorpusListing> listings;
  // What has its bytes, beside archives and staged pages; may be empty.
  std::function<schema::Result<std::unique_ptr<store::FileSource>>()> files;
};

class CorpusBuilder {
 public:
  CorpusBuilder(store::ObjectStore& store, store::Redis& redis, BuildOptions options)
      : store_(store), redis_(redis), catalog_(redis), staging_(store), options_(options) {}

  // Nothing while pages are missing.
  schema::Result<std::optional<Built>> build(const StagedName& name, std::uint64_t now_ms);

  // The same without pages: of a folder that this machine can read. kInvalid: bytes are missing, or the base
  // is not that of the newest archive.
  schema::Result<Built> build_from(const std::string& target, const Incoming& incoming, std::uint64_t now_ms);

  // Whether the newest archive has this very snapshot of the node.
  schema::Result<bool> archived(const StagedName& name);

  // What nodes need not send: what the newest good archive and the staged pages hold, and nothing else.
  schema::Status correct_have(const std::string& target);

 private:
  struct Base;  // the archive that the next one is built on
  schema::Result<Base> find_base(const std::string& target);
  schema::Result<Built> build_on(const Base& base, const std::string& target, const Incoming& incoming,
                                 std::uint64_t now_ms);
  schema::Result<store::MadeArchive> make(const Base& base, const std::string& target,
                                          const Incoming& incoming, const schema::CorpusManifest& manifest,
                                          const std::filesystem::path& file);
  schema::Result<std::vector<std::unique_ptr<store::FileSource>>> sources(const Base& base,
                                                                          const std::string& target,
                                                                          const Incoming& incoming,
                                                                          bool old_archives);
  schema::Result<store::CatalogRow> publish(const Base& base, const std::string& target,
                                            const schema::CorpusManifest& manifest,
                                            const store::MadeArchive& made, const std::filesystem::path& file,
                                            std::uint64_t now_ms);
  schema::Result<std::string> supersede(const Base& base, const store::CatalogRow& row,
                                        const schema::CorpusManifest& manifest, std::uint64_t now_ms);
  schema::Status update_have(const Base& base, const std::string& target,
                             const schema::CorpusManifest& manifest);
  schema::Status drop_older(const StagedName& name, std::uint64_t time_ms);
  schema::Error refuse(const Staging::Snapshot& staged, schema::Error why);

  store::ObjectStore& store_;
  store::Redis& redis_;
  store::CorpusCatalog catalog_;
  Staging staging_;
  BuildOptions options_;
};

}  // namespace fuzzmill::workers
