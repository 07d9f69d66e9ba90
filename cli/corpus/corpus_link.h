// What the commands of `fuzzmill corpus` share: where archives lie, how one is named, whose turn it is, and
// how a person is asked.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/data_folder.h"
#include "store/archive/archive_reader.h"
#include "store/corpus_catalog.h"
#include "store/objects/object_store.h"

namespace fuzzmill::cli {

// --data, --redis and --archive.
struct CorpusOptions {
  RedisOptions redis;
  std::string archive;

  void declare(runtime::Options& options);
  schema::Result<std::unique_ptr<store::ObjectStore>> store() const;
};

// An archive that somebody named.
struct NamedArchive {
  std::string label;                     // for people
  std::string sha256;                    // of its file; empty: nobody knows
  std::optional<store::CatalogRow> row;  // when it is one of the catalog
  std::function<schema::Result<std::unique_ptr<store::ByteSource>>()> open;
};

// Finds archives by target (the newest, or that of a day), id or a beginning of it, object name, or path of a
// file; the last without Redis. Life cycle: connects when it has to.
class ArchiveFinder {
 public:
  explicit ArchiveFinder(const CorpusOptions& options) : options_(options) {}

  // `date`: YYYY-MM-DD, or empty. kNotFound says how to see what there is.
  schema::Result<NamedArchive> find(const std::string& text, const std::string& date = {});
  // Both are connected when this is ok.
  schema::Status connect();
  store::ObjectStore& store() { return *store_; }
  store::Redis& redis() { return *redis_; }
  NamedArchive named(const store::CatalogRow& row);

 private:
  const CorpusOptions& options_;
  std::unique_ptr<store::ObjectStore> store_;
  std::optional<store::Redis> redis_;
};

// The manifest of an archive, which is read up to its first file.
schema::Result<schema::CorpusManifest> read_manifest(const NamedArchive& archive, std::string* id = nullptr);

// One process at a time prunes or rebuilds the index. Held, and renewed in the background, from take() to the
// end; a process that died holds it for some seconds more, which take() waits for. kUnavailable: another one
// has it.
class CorpusTurn {
 public:
  static schema::Result<std::unique_ptr<CorpusTurn>> take(const CorpusOptions& options);
  ~CorpusTurn();

 private:
  CorpusTurn(store::Redis redis, std::string who);
  store::Redis redis_;
  std::string who_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

// Asks on the terminal. kInvalid, which says --yes, when there is none or the answer is no.
schema::Status confirm(const std::string& question, bool yes);

// The user of this process at this machine.
std::string who_asks();

}  // namespace fuzzmill::cli
