#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "cli/corpus/actions.h"
#include "cli/corpus/corpus_link.h"
#include "cli/corpus/corpus_views.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "runtime/health.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

constexpr std::size_t kMostArchives = 100'000;

class Verify final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positionals("ARCHIVE", names_,
                        "targets, ids, or files; where none is given, the newest of each target");
    corpus_.declare(options);
    options.flag("all", all_, "every archive that is listed").only_flag();
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    ArchiveFinder finder(corpus_);
    auto archives = choose(finder);
    if (!archives) return archives.error();
    nlohmann::json rows = nlohmann::json::array();
    std::size_t bad = 0;
    for (std::size_t i = 0; i < archives->size(); ++i) {
      const NamedArchive& archive = (*archives)[i];
      const auto read = verify(archive, fmt::format("{} of {}: {}", i + 1, archives->size(), archive.label));
      if (!read && read.error().code == schema::ErrorCode::kUnavailable) return read.error();
      if (archive.row) {
        const auto kept =
            store::CorpusCatalog(finder.redis())
                .set_verified(archive.row->id, runtime::unix_ms(), read ? "" : read.error().message);
        if (!kept && kept.error().code != schema::ErrorCode::kNotFound) return kept.error();
      }
      bad += read ? 0 : 1;
      say(archive, read, rows);
    }
    if (json_) {
      print_json({{"archives", rows}, {"bad", bad}});
    } else if (archives->empty()) {
      print("no archives to verify\n");
    }
    return bad == 0 ? ExitCode::kOk : ExitCode::kFound;
  }

 private:
  schema::Result<std::vector<NamedArchive>> choose(ArchiveFinder& finder) {
    std::vector<NamedArchive> archives;
    for (const auto& name : names_) {
      auto archive = finder.find(name);
      if (!archive) return std::move(archive).error();
      archives.push_back(std::move(*archive));
    }
    if (!names_.empty()) return archives;
    if (auto connected = finder.connect(); !connected) return connected.error();
    const auto rows = store::CorpusCatalog(finder.redis()).list("", kMostArchives);
    if (!rows) return rows.error();
    std::set<std::string> seen;
    for (const auto& row : *rows) {
      if (seen.insert(row.target).second || all_) archives.push_back(finder.named(row));
    }
    return archives;
  }

  static schema::Result<store::VerifiedArchive> verify(const NamedArchive& archive, const std::string& what) {
    Progress progress("reading " + what);
    auto source = archive.open();
    if (!source) return std::move(source).error();
    return store::verify_archive(
        std::move(*source), archive.sha256, [&](std::uint64_t files, std::uint64_t bytes) {
          progress.say(fmt::format("reading {}, {} files, {}", what, files, bytes_text(bytes)));
        });
  }

  void say(const NamedArchive& archive, const schema::Result<store::VerifiedArchive>& read,
           nlohmann::json& rows) const {
    if (json_) {
      rows.push_back({{"archive", archive.label},
                      {"id", read          ? read->id
                             : archive.row ? archive.row->id
                                           : ""},
                      {"good", read.ok()},
                      {"error", read ? "" : read.error().message},
                      {"files", read ? read->files : 0},
                      {"bytes", read ? read->bytes : 0}});
    } else if (read) {
      print(fmt::format("good  {}  {} files, {}{}\n", runtime::printable(archive.label), read->files,
                        bytes_text(read->bytes),
                        archive.sha256.empty() ? "; no .sha256 beside it to compare with" : ""));
    } else {
      print(fmt::format("BAD   {}  {}\n", runtime::printable(archive.label),
                        runtime::printable(read.error().message)));
    }
  }

  CorpusOptions corpus_;
  std::vector<std::string> names_;
  bool all_ = false, json_ = false;
};

}  // namespace

CommandRow corpus_verify_command() {
  return {{"corpus verify", "Reads every byte of archives and says which are not what they were",
           "The archive's SHA-256, the compressor's checksum, the manifest's and each file's are compared, "
           "and the error "
           "names what is wrong.\nWorkers verify each archive once a week by themselves. Exit code 1 when "
           "one is bad.\n\n"
           "--json: {\"archives\": [{\"archive\", \"id\", \"good\": bool, \"error\", \"files\", \"bytes\"}], "
           "\"bad\": "
           "number}",
           "fuzzmill corpus verify --all"},
          make_command<Verify>};
}

}  // namespace fuzzmill::cli
