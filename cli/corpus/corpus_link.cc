#include "cli/corpus/corpus_link.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>

#include "cli/screen.h"
#include "runtime/health.h"
#include "runtime/printable.h"
#include "schema/event.h"
#include "store/archive_names.h"
#include "store/objects/open_store.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kTurn_s = 6;
constexpr std::chrono::seconds kRenew{2}, kMostWait{60};
constexpr std::size_t kMostArchives = 100'000;

// "<sha256>  <name>" beside a file, when it is there.
std::string checksum_beside(const fs::path& file) {
  std::ifstream in(file.string() + ".sha256");
  std::string line;
  std::getline(in, line);
  const auto sha256 = store::parse_checksum(line + "\n", file.filename().string());
  return sha256 ? *sha256 : "";
}

std::string date_of(std::uint64_t time_ms) {
  return schema::archive_file_name(time_ms, "00000000", "x").substr(0, 10);
}

}  // namespace

void CorpusOptions::declare(runtime::Options& options) {
  redis.declare(options);
  options.text(
      "archive", archive, "PLACE",
      "where archives lie, a folder or s3://bucket/prefix?endpoint=URL&region=NAME; where none is given, "
      "archive/ of --data");
}

schema::Result<std::unique_ptr<store::ObjectStore>> CorpusOptions::store() const {
  return store::open_store(archive.empty() ? redis.folder().archive().string() : archive);
}

schema::Status ArchiveFinder::connect() {
  if (!store_) {
    auto store = options_.store();
    if (!store) return std::move(store).error();
    store_ = std::move(*store);
  }
  if (!redis_) {
    auto redis = options_.redis.connect();
    if (!redis) return std::move(redis).error();
    redis_.emplace(std::move(*redis));
  }
  return {};
}

NamedArchive ArchiveFinder::named(const store::CatalogRow& row) {
  const std::string object = row.quarantined_s != 0 ? store::quarantine_object(row.object) : row.object;
  return {object, row.sha256, row, [this, object] { return store_->open(object); }};
}

schema::Result<NamedArchive> ArchiveFinder::find(const std::string& text, const std::string& date) {
  std::error_code ignored;
  const fs::path file(text);
  if (fs::is_regular_file(file, ignored)) {
    return NamedArchive{text, checksum_beside(file), std::nullopt,
                        [file] { return store::file_source(file); }};
  }
  if (text.find('/') != std::string::npos && !text.starts_with(store::kCorpusPrefix) &&
      !text.starts_with(store::kQuarantinePrefix))
    return schema::not_found(fmt::format("{} is no file", runtime::printable(text)));
  if (auto connected = connect(); !connected) return std::move(connected).error();
  store::CorpusCatalog catalog(*redis_);
  if (schema::valid_name(text)) {
    const auto rows = catalog.list(text, kMostArchives);
    if (!rows) return rows.error();
    for (const auto& row : *rows) {
      if (date.empty() || date_of(row.time_ms) == date) return named(row);
    }
    if (!rows->empty())
      return schema::not_found(fmt::format("{} has no archive of {}: `fuzzmill corpus list {}` shows them",
                                           text, runtime::printable(date), text));
  }
  auto row = catalog.find(text);
  if (row) return named(*row);
  if (row.error().code != schema::ErrorCode::kNotFound && row.error().code != schema::ErrorCode::kInvalid)
    return std::move(row).error();
  return schema::not_found(
      fmt::format("no target, archive or file '{}': `fuzzmill corpus list` shows the archives",
                  runtime::printable(text)));
}

schema::Result<schema::CorpusManifest> read_manifest(const NamedArchive& archive, std::string* id) {
  auto source = archive.open();
  if (!source) return std::move(source).error();
  auto reader = store::ArchiveReader::open(std::move(*source), store::ArchiveReader::Manifest::kFirst);
  if (!reader) return std::move(reader).error().in(archive.label);
  if (id != nullptr) *id = (*reader)->id();
  return (*reader)->manifest();
}

CorpusTurn::CorpusTurn(store::Redis redis, std::string who)
    : redis_(std::move(redis)), who_(std::move(who)), thread_([this](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
          wake_.wait_for(lock, stop, kRenew, [] { return false; });
          if (!stop.stop_requested()) (void)store::CorpusCatalog(redis_).take_turn(who_, kTurn_s);
        }
      }) {}

CorpusTurn::~CorpusTurn() {
  thread_.request_stop();
  thread_.join();
  (void)store::CorpusCatalog(redis_).leave_turn(who_);
}

schema::Result<std::unique_ptr<CorpusTurn>> CorpusTurn::take(const CorpusOptions& options) {
  auto redis = options.redis.connect();
  if (!redis) return std::move(redis).error();
  const Progress progress("waiting for another process that prunes or reindexes");
  const std::string who = fmt::format("{}-{}", who_asks(), getpid());
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  const auto deadline = std::chrono::steady_clock::now() + kMostWait;
  while (true) {
    const auto mine = store::CorpusCatalog(*redis).take_turn(who, kTurn_s);
    if (!mine) return mine.error();
    if (*mine) return std::unique_ptr<CorpusTurn>(new CorpusTurn(std::move(*redis), who));
    if (std::chrono::steady_clock::now() > deadline)
      return schema::unavailable(
          "another process prunes the archives or rebuilds their index; try again later");
    never.wait_for(lock, std::chrono::milliseconds(200));
  }
}

schema::Status confirm(const std::string& question, bool yes) {
  if (yes) return {};
  if (isatty(STDIN_FILENO) != 1)
    return schema::invalid("nothing was done: say --yes, or run it on a terminal");
  fmt::print(stderr, "{} [y/N] ", question);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "yes") return {};
  return schema::invalid("nothing was done");
}

std::string who_asks() {
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  const passwd* user = getpwuid(geteuid());
  return fmt::format("{}@{}", user == nullptr ? std::to_string(geteuid()) : user->pw_name, host);
}

}  // namespace fuzzmill::cli
