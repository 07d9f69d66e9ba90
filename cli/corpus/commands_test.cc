// The commands as people run them, with a real Redis and a folder of archives; among them what the scripts
// that this project replaces got wrong.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>

#include "cli/corpus/folder_backup.h"
#include "cli/program.h"
#include "producers/corpus/selection.h"
#include "runtime/exit_code.h"
#include "store/archive/archive_reader.h"
#include "store/corpus_catalog.h"
#include "store/objects/folder_store.h"
#include "tests/catch.h"
#include "tests/redis_server.h"
#include "tests/temporary_folder.h"
#include "workers/archive/builder.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;
using runtime::ExitCode;
namespace fs = std::filesystem;

namespace {

using Tree = std::map<std::string, std::string>;

struct Fixture {
  tests::RedisServer server;
  tests::TemporaryFolder folder;
  store::Redis redis = server.connect();

  std::string path(const std::string& name) const { return (folder.path() / name).string(); }
  ExitCode run(std::vector<std::string> words) {
    words.insert(words.begin(), "corpus");
    words.insert(words.end(), {"--redis", server.address().text(), "--data", path("data")});
    if (words[1] != "list" && words[1] != "sharing")
      words.insert(words.end(), {"--archive", path("archive")});
    return run_program(words);
  }
  // An archive of the files of `corpus/`, as the server would have made it at that time.
  store::CatalogRow archive(std::uint64_t time_ms,
                            store::ArchiveFormat format = store::ArchiveFormat::kTarZst) {
    auto store = store::FolderStore::at(folder.path() / "archive");
    REQUIRE(store.ok());
    const FolderBackup backup{"png", "nyc", "libfuzzer", {folder.path() / "corpus", false}, {.all = true}};
    static int number = 0;
    const auto incoming = read_folder(backup, fmt_id(++number), time_ms);
    REQUIRE(incoming.ok());
    workers::BuildOptions options;
    options.format = format;
    const auto built = workers::CorpusBuilder(**store, redis, options).build_from("png", *incoming, time_ms);
    INFO((built ? "" : built.error().message));
    REQUIRE(built.ok());
    return built->row;
  }
  static std::string fmt_id(int number) {
    const std::string digits = std::to_string(number);
    return std::string(16 - digits.size(), '0') + digits;
  }
  std::vector<store::CatalogRow> rows() {
    const auto rows = store::CorpusCatalog(redis).list("png", 100);
    REQUIRE(rows.ok());
    return *rows;
  }
  Tree tree(const std::string& name) const {
    Tree tree;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path() / name)) {
      if (entry.is_regular_file())
        tree[entry.path().lexically_relative(folder.path() / name).string()] =
            folder.read(entry.path().lexically_relative(folder.path()).string());
    }
    return tree;
  }
};

constexpr std::uint64_t kDay = 86'400'000;

std::uint64_t now_ms() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

TEST_CASE(
    "Prune counts archives and not words of its own, one rule decides, and the last archives stay (defect "
    "9)") {
  Fixture f;
  for (int day = 9; day > 0; --day) {
    f.folder.write("corpus/" + std::to_string(day), "input " + std::to_string(day));
    f.archive(now_ms() - static_cast<std::uint64_t>(day) * kDay);
  }
  REQUIRE(f.rows().size() == 9);
  const auto objects = f.tree("archive");
  CHECK(f.run({"prune", "--older-than", "5d", "--keep-last", "2", "--dry-run"}) == ExitCode::kOk);
  CHECK(f.tree("archive") == objects);
  // Nobody was asked and nobody said --yes.
  CHECK(f.run({"prune", "--older-than", "5d", "--keep-last", "2"}) == ExitCode::kUsage);
  CHECK(f.rows().size() == 9);
  CHECK(f.run({"prune", "--older-than", "5d", "--keep-last", "2", "--yes"}) == ExitCode::kOk);
  CHECK(f.rows().size() == 4);
  CHECK(f.run({"prune", "--older-than", "0s", "--keep-last", "1", "--yes"}) == ExitCode::kOk);
  CHECK(f.rows().size() == 1);
  // Quarantine first: nothing is gone yet, and one can be taken back.
  CHECK(f.tree("archive").size() == objects.size());
  const auto away = store::CorpusCatalog(f.redis).quarantined();
  REQUIRE((away.ok() && away->size() == 8));
  CHECK(f.run({"prune", "--restore", away->front().id}) == ExitCode::kOk);
  CHECK(f.rows().size() == 2);
  CHECK(f.run({"verify", "--all"}) == ExitCode::kOk);
}

TEST_CASE(
    "Restore finds the archives that are there, and --merge overwrites no file of the same name (defect "
    "10)") {
  Fixture f;
  f.folder.write("corpus/a", "one"), f.folder.write("corpus/sub/b", "two"),
      f.folder.write("corpus/c", "three");
  const auto row = f.archive(now_ms());
  CHECK(f.run({"restore", "png", "--node", "nyc", "--to", f.path("new"), "--yes"}) == ExitCode::kOk);
  CHECK(f.tree("new") == f.tree("corpus"));
  CHECK(f.run({"restore", "png", "--to", f.path("new"), "--yes"}) != ExitCode::kOk);  // it is there already
  f.folder.write("used/a", "another one"), f.folder.write("used/x", "two");
  CHECK(f.run({"restore", row.id.substr(0, 8), "--node", "nyc", "--to", f.path("used"), "--merge",
               "--dry-run"}) == ExitCode::kOk);
  CHECK(f.tree("used") == Tree{{"a", "another one"}, {"x", "two"}});
  CHECK(f.run({"restore", row.id.substr(0, 8), "--node", "nyc", "--to", f.path("used"), "--merge",
               "--yes"}) == ExitCode::kOk);
  const Tree used = f.tree("used");
  CHECK(used.at("a") == "another one");
  CHECK(used.at("x") == "two");
  CHECK(used.at("c") == "three");
  CHECK(used.size() == 4);  // "one" under its SHA-256; "two" was there
  CHECK(used.contains(schema::sha256_hex("one")));
}

TEST_CASE("Verify reads contents and does not count files (defect 10)") {
  Fixture f;
  f.folder.write("corpus/a", std::string(3000, 'a')), f.folder.write("corpus/b", "b");
  const auto row = f.archive(now_ms());
  CHECK(f.run({"verify"}) == ExitCode::kOk);
  std::string bytes = f.folder.read("archive/" + row.object);
  bytes[bytes.size() - 20] = static_cast<char>(bytes[bytes.size() - 20] ^ 1);
  fs::permissions(f.folder.path() / "archive" / row.object, fs::perms::owner_all);
  f.folder.write("archive/" + row.object, bytes);
  CHECK(f.run({"verify"}) == ExitCode::kFound);
  CHECK_FALSE(f.rows().front().bad.empty());
}

TEST_CASE(
    "List and restore know tar.gz archives, too, and manifests have a SHA-256 for each file (defect 11)") {
  Fixture f;
  f.folder.write("corpus/a", "one");
  const auto row = f.archive(now_ms(), store::ArchiveFormat::kTarGz);
  CHECK(row.object.ends_with(".tar.gz"));
  CHECK(f.run({"list", "--json"}) == ExitCode::kOk);
  REQUIRE(f.rows().size() == 1);
  CHECK(f.rows().front().format == "tar.gz");
  CHECK(f.run({"verify", row.id}) == ExitCode::kOk);
  auto source = store::file_source(f.folder.path() / "archive" / row.object);
  REQUIRE(source.ok());
  const auto read = store::verify_archive(std::move(*source), row.sha256);
  REQUIRE(read.ok());
  CHECK(read->manifest.files.at(0).sha256 == schema::sha256("one"));
  // Named as a file it needs no Redis.
  f.server.kill_9();
  CHECK(f.run({"restore", f.path("archive/" + row.object), "--to", f.path("new"), "--yes"}) == ExitCode::kOk);
  CHECK(f.tree("new").size() == 1);
}

TEST_CASE("What is chosen brings coverage or is new, and is not just small (defect 12)") {
  producers::SelectionPolicy policy;
  policy.top = 2;
  producers::Selection selection(policy);
  selection.offer({"tiny", 1, 100, 1}, {});
  selection.offer({"covers", 5000, 50, 2}, {"new-coverage", 40});
  selection.offer({"new", 3000, 900, 3}, {});
  std::vector<std::string> names;
  for (const auto& chosen : selection.take()) names.push_back(chosen.file.name);
  CHECK(names == std::vector<std::string>{"covers", "new"});
}

TEST_CASE("A backup of a folder, its index lost and rebuilt, gives the same archive") {
  Fixture f;
  f.folder.write("corpus/a", "one"), f.folder.write("corpus/b", "two");
  CHECK(f.run({"backup", "png", "--from", f.path("corpus"), "--select", "all", "--node", "nyc"}) ==
        ExitCode::kOk);
  const auto before = f.rows();
  REQUIRE(before.size() == 1);
  REQUIRE(f.redis.command({"FLUSHALL"}).ok());
  CHECK(f.rows().empty());
  CHECK(f.run({"reindex"}) == ExitCode::kOk);
  REQUIRE(f.rows().size() == 1);
  CHECK(f.rows().front().id == before.front().id);
  CHECK(f.run({"diff", "png", before.front().id}) == ExitCode::kOk);
}

TEST_CASE("What is not there or not meant is said with its exit code") {
  Fixture f;
  CHECK(f.run({"list"}) == ExitCode::kOk);
  CHECK(f.run({"restore", "nothing", "--to", f.path("x"), "--yes"}) == ExitCode::kNotFound);
  CHECK(f.run({"restore", "nothing"}) == ExitCode::kUsage);
  CHECK(f.run({"restore", f.path("no.tar.zst"), "--to", f.path("x")}) == ExitCode::kNotFound);
  CHECK(f.run({"backup", "png"}) == ExitCode::kNotFound);
  CHECK(f.run({"prune", "--keep-last", "0"}) == ExitCode::kUsage);
  CHECK(run_program({"corpus", "nonsense"}) == ExitCode::kUsage);
  CHECK(run_program({"corpus"}) == ExitCode::kOk);
  CHECK(run_program({"corpus", "restore", "--help"}) == ExitCode::kOk);
  CHECK(run_program({"help", "corpus", "prune"}) == ExitCode::kOk);
}
