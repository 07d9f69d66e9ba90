#include "workers/archive/builder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "store/archive/archive_reader.h"
#include "store/archive_names.h"
#include "store/prune.h"

namespace fuzzmill::workers {

struct CorpusBuilder::Base {
  std::string
      newest;  // id of the newest archive in the catalog, or empty: what the next one is recorded upon
  std::optional<store::CatalogRow> row;  // of the newest one that can be read; the same, but for a bad disk
  std::optional<schema::CorpusManifest> manifest;
};

namespace {

namespace fs = std::filesystem;
using schema::Result;
using schema::Sha256;
using schema::Status;

constexpr int kMostConflicts = 20;
constexpr std::size_t kMostArchives = 10'000;  // of a target that are looked into
constexpr std::uint64_t kDay_ms = 86'400'000;

const schema::CorpusSnapshot& body_of(const schema::Event& event) {
  return std::get<schema::CorpusSnapshot>(event.body);
}

schema::ManifestSnapshot snapshot_of(const std::vector<Page>& pages) {
  const schema::Event& event = pages.back().event;
  const auto& body = body_of(event);
  schema::ManifestSnapshot snapshot;
  snapshot.node = event.node, snapshot.snapshot = *body.snapshot, snapshot.engine = body.engine;
  snapshot.build_id = body.build_id.value_or(""), snapshot.selection = body.selection;
  snapshot.time_ms = event.time_ms, snapshot.corpus_files = body.files, snapshot.corpus_bytes = body.bytes;
  snapshot.files_left_out = body.files_left_out, snapshot.bytes_left_out = body.bytes_left_out.value_or(0);
  return snapshot;
}

std::vector<Sha256> contents_of(const schema::CorpusManifest& manifest) {
  std::vector<Sha256> contents;
  contents.reserve(manifest.files.size());
  for (const auto& file : manifest.files) contents.push_back(file.sha256);
  return contents;
}

std::vector<Sha256> without(const std::vector<Sha256>& all, const std::vector<Sha256>& gone) {
  std::vector<Sha256> rest;
  std::set_difference(all.begin(), all.end(), gone.begin(), gone.end(), std::back_inserter(rest));
  return rest;
}

// A name of our own in the scratch folder, that goes with us.
class ScratchFile {
 public:
  explicit ScratchFile(const fs::path& folder) {
    static std::atomic<unsigned> number{0};
    path_ = folder / fmt::format("archive-{}-{}", getpid(), number++);
  }
  ~ScratchFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Result<schema::CorpusManifest> manifest_of(store::ObjectStore& store, const std::string& object) {
  auto source = store.open(object);
  if (!source) return std::move(source).error();
  auto reader = store::ArchiveReader::open(std::move(*source), store::ArchiveReader::Manifest::kFirst);
  if (!reader) return std::move(reader).error();
  return (*reader)->manifest();
}

std::unique_ptr<store::FileSource> pages_of(store::ObjectStore& store,
                                            const std::vector<std::string>& objects) {
  std::vector<std::function<Result<std::unique_ptr<store::ByteSource>>()>> pages;
  for (const auto& object : objects) pages.emplace_back([&store, object] { return store.open(object); });
  return store::page_files(std::move(pages));
}

// The contents of staged pages, whatever their order.
Status add_contents(store::ObjectStore& store, const std::vector<std::string>& objects,
                    std::vector<Sha256>& out) {
  const auto source = pages_of(store, objects);
  while (true) {
    auto file = source->next();
    if (!file) return std::move(file).error();
    if (!*file) return {};
    out.push_back((*file)->sha256);
  }
}

}  // namespace

Result<bool> CorpusBuilder::archived(const StagedName& name) {
  const auto known = catalog_.snapshot_of(name.target, name.node);
  if (!known) return known.error();
  return *known == name.snapshot;
}

// The newest archive that can be read. One that is gone or damaged is passed over: what it held is looked for
// in those before it.
Result<CorpusBuilder::Base> CorpusBuilder::find_base(const std::string& target) {
  const auto rows = catalog_.list(target, kMostArchives);
  if (!rows) return rows.error();
  Base base;
  if (!rows->empty()) base.newest = rows->front().id;
  for (const auto& row : *rows) {
    if (!row.bad.empty()) continue;
    auto manifest = manifest_of(store_, row.object);
    if (manifest) {
      base.row = row, base.manifest = std::move(*manifest);
      return base;
    }
    const auto code = manifest.error().code;
    if (code != schema::ErrorCode::kInvalid && code != schema::ErrorCode::kNotFound)
      return std::move(manifest).error();
  }
  return base;
}

Result<std::optional<Built>> CorpusBuilder::build(const StagedName& name, std::uint64_t now_ms) {
  auto staged = staging_.find(name);
  if (!staged) return std::move(staged).error();
  if (!*staged) return std::optional<Built>();
  auto pages = staging_.pages(**staged);
  if (!pages) {
    if (pages.error().code == schema::ErrorCode::kNotFound)
      return std::optional<Built>();  // another worker was faster
    if (pages.error().code != schema::ErrorCode::kInvalid) return std::move(pages).error();
    return refuse(**staged, std::move(pages).error());
  }
  if (!*pages) return std::optional<Built>();
  Incoming incoming{snapshot_of(**pages), body_of((*pages)->back().event).base.value_or(""), {}, {}};
  for (Page& page : **pages) incoming.listings.push_back(std::move(page.listing));
  auto built = build_from(name.target, incoming, now_ms);
  if (!built) {
    if (built.error().code != schema::ErrorCode::kInvalid) return std::move(built).error();
    return refuse(**staged, std::move(built).error());
  }
  if (auto removed = staging_.remove(**staged); !removed) return removed.error();
  if (auto dropped = drop_older(name, incoming.snapshot.time_ms); !dropped) return dropped.error();
  return std::optional(std::move(*built));
}

Result<Built> CorpusBuilder::build_from(const std::string& target, const Incoming& incoming,
                                        std::uint64_t now_ms) {
  for (int i = 0; i < kMostConflicts; ++i) {
    auto base = find_base(target);
    if (!base) return std::move(base).error();
    auto built = build_on(*base, target, incoming, now_ms);
    if (built || built.error().code != schema::ErrorCode::kConflict) return built;
  }
  return schema::unavailable(fmt::format("the newest archive of {} changed again and again", target));
}

// kConflict: another one became the newest meanwhile.
Result<Built> CorpusBuilder::build_on(const Base& base, const std::string& target, const Incoming& incoming,
                                      std::uint64_t now_ms) {
  const auto& snapshot = incoming.snapshot;
  const schema::CorpusManifest* before = base.manifest ? &*base.manifest : nullptr;
  if (before != nullptr) {
    const auto part = std::find_if(before->snapshots.begin(), before->snapshots.end(),
                                   [&](const auto& one) { return one.node == snapshot.node; });
    // It is in there, or a later look of the node is.
    if (part != before->snapshots.end() &&
        (part->snapshot == snapshot.snapshot || part->time_ms > snapshot.time_ms))
      return Built{*base.row, "", true};
  }
  const auto as_invalid = [](schema::Error error) {
    if (error.code == schema::ErrorCode::kConflict || error.code == schema::ErrorCode::kNotFound)
      error.code = schema::ErrorCode::kInvalid;
    return error;
  };
  auto manifest = store::next_manifest(before, snapshot, incoming.base, incoming.listings,
                                       now_ms > options_.forget_ms ? now_ms - options_.forget_ms : 0);
  if (!manifest) return as_invalid(std::move(manifest).error());
  manifest->target = target;
  const ScratchFile file(store_.scratch());
  auto made = make(base, target, incoming, *manifest, file.path());
  if (!made) return as_invalid(std::move(made).error());
  auto row = publish(base, target, *manifest, *made, file.path(), now_ms);
  if (!row) return std::move(row).error();
  if (auto updated = update_have(base, target, *manifest); !updated) return updated.error();
  auto superseded = supersede(base, *row, *manifest, now_ms);
  if (!superseded) return std::move(superseded).error();
  return Built{std::move(*row), std::move(*superseded), false};
}

// Where the bytes come from: the archive it is built on, all that is staged of the target, and, when that is
// not enough, the other archives.
Result<std::vector<std::unique_ptr<store::FileSource>>> CorpusBuilder::sources(const Base& base,
                                                                               const std::string& target,
                                                                               const Incoming& incoming,
                                                                               bool old_archives) {
  std::vector<std::unique_ptr<store::FileSource>> sources;
  const auto add = [&](const store::CatalogRow& row) -> Status {
    auto source = store_.open(row.object);
    if (!source) return std::move(source).error();
    auto reader = store::ArchiveReader::open(std::move(*source), store::ArchiveReader::Manifest::kSkipped);
    if (!reader) return std::move(reader).error();
    sources.push_back(store::archive_files(std::move(*reader)));
    return {};
  };
  if (base.row) {
    if (auto added = add(*base.row); !added) return added.error();
  }
  if (incoming.files) {
    auto files = incoming.files();
    if (!files) return std::move(files).error();
    sources.push_back(std::move(*files));
  }
  auto staged = staging_.list(target);
  if (!staged) return std::move(staged).error();
  for (const auto& snapshot : *staged) sources.push_back(pages_of(store_, snapshot.files));
  if (!old_archives) return sources;
  const auto rows = catalog_.list(target, kMostArchives);
  if (!rows) return rows.error();
  for (const auto& row : *rows) {
    if (!row.bad.empty() || (base.row && row.id == base.row->id)) continue;
    (void)add(row);  // one that cannot be read has nothing to give
  }
  return sources;
}

Result<store::MadeArchive> CorpusBuilder::make(const Base& base, const std::string& target,
                                               const Incoming& incoming,
                                               const schema::CorpusManifest& manifest, const fs::path& file) {
  for (const bool old_archives : {false, true}) {
    auto from = sources(base, target, incoming, old_archives);
    if (!from) return std::move(from).error();
    auto made = store::make_archive(file, options_.format, manifest, std::move(*from));
    if (made || made.error().code != schema::ErrorCode::kNotFound || old_archives) return made;
  }
  return schema::internal("unreachable");
}

Result<store::CatalogRow> CorpusBuilder::publish(const Base& base, const std::string& target,
                                                 const schema::CorpusManifest& manifest,
                                                 const store::MadeArchive& made, const fs::path& file,
                                                 std::uint64_t now_ms) {
  const std::string object = store::archive_object(target, made.name);
  auto row = store::archive_row(manifest, made.id, object, made.written.sha256, made.written.bytes, now_ms);
  if (auto put =
          store_.put(store::checksum_object(object), store::checksum_line(made.written.sha256, object));
      !put)
    return std::move(put).error();
  if (auto put = store_.put_file(object, file); !put) return std::move(put).error();
  const auto recorded = catalog_.record(row, base.newest);
  if (recorded) return row;
  if (recorded.error().code == schema::ErrorCode::kConflict && !catalog_.get(made.id)) {
    // Nobody knows it; the next one is built on what came between.
    (void)store_.remove(object);
    (void)store_.remove(store::checksum_object(object));
  }
  return recorded.error();
}

Result<std::string> CorpusBuilder::supersede(const Base& base, const store::CatalogRow& row,
                                             const schema::CorpusManifest& manifest, std::uint64_t now_ms) {
  if (!base.row || base.row->id == row.id || base.row->time_ms / kDay_ms != row.time_ms / kDay_ms)
    return std::string();
  const auto old = contents_of(*base.manifest), now = contents_of(manifest);
  if (!std::includes(now.begin(), now.end(), old.begin(), old.end())) return std::string();
  const auto done = store::quarantine_archive(store_, catalog_, *base.row, now_ms / 1000,
                                              fmt::format("superseded by {} of the same day", row.id));
  if (!done && done.error().code != schema::ErrorCode::kNotFound &&
      done.error().code != schema::ErrorCode::kConflict)
    return done.error();
  return base.row->id;
}

Status CorpusBuilder::update_have(const Base& base, const std::string& target,
                                  const schema::CorpusManifest& manifest) {
  const auto now = contents_of(manifest);
  const auto old = base.manifest ? contents_of(*base.manifest) : std::vector<Sha256>();
  if (auto added = catalog_.add_have(target, without(now, old)); !added) return added;
  return catalog_.remove_have(target, without(old, now));
}

// Snapshots of the node that it broke off before this one: their bytes were the ones that this one did not
// send.
Status CorpusBuilder::drop_older(const StagedName& name, std::uint64_t time_ms) {
  auto staged = staging_.list(name.target);
  if (!staged) return std::move(staged).error();
  bool dropped = false;
  for (const auto& snapshot : *staged) {
    if (snapshot.name.node != name.node || snapshot.name == name) continue;
    if (!snapshot.listings.empty()) {
      const auto bytes = store::read_object(store_, snapshot.listings.front(), kMaxStagedListing);
      const auto page = bytes ? decode_page(*bytes) : Result<Page>(bytes.error());
      if (page && page->event.time_ms >= time_ms) continue;
    }
    if (auto removed = staging_.remove(snapshot); !removed) return removed;
    dropped = true;
  }
  return dropped ? correct_have(name.target) : Status{};
}

Status CorpusBuilder::correct_have(const std::string& target) {
  auto base = find_base(target);
  if (!base) return std::move(base).error();
  auto have = base->manifest ? contents_of(*base->manifest) : std::vector<Sha256>();
  auto staged = staging_.list(target);
  if (!staged) return std::move(staged).error();
  for (const auto& snapshot : *staged) {
    const auto added = add_contents(store_, snapshot.files, have);
    if (!added && added.error().code != schema::ErrorCode::kInvalid) return added;
  }
  std::sort(have.begin(), have.end());
  have.erase(std::unique(have.begin(), have.end()), have.end());
  return catalog_.replace_have(target, have);
}

// Its pages go, and with them what only they held: the next snapshot of the node sends it.
schema::Error CorpusBuilder::refuse(const Staging::Snapshot& staged, schema::Error why) {
  if (auto removed = staging_.remove(staged); !removed) return std::move(removed).error();
  if (auto corrected = correct_have(staged.name.target); !corrected) return std::move(corrected).error();
  why.code = schema::ErrorCode::kInvalid;
  return std::move(why).in(
      fmt::format("snapshot {} of {} cannot become an archive; the node's next one sends what is missing",
                  staged.name.snapshot, staged.name.node));
}

}  // namespace fuzzmill::workers
