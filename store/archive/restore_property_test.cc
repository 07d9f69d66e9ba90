// Restore over random trees, on full disks, and the memory that archives cost.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <random>
#include <set>

#include "store/archive/restore.h"
#include "tests/catch.h"
#include "tests/sample_archives.h"

namespace fuzzmill::store {
namespace {

using namespace fuzzmill::tests;
using schema::ErrorCode;

constexpr const char* kParts[] = {"a", "b", "c", "dir", "..", "", ".", "id:1,src:0", "\xff", "x\n", "漢"};

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }
  std::string content() { return std::string(below(4) * 300, static_cast<char>('a' + below(6))); }
  std::string name(bool safe) {
    std::string name = kParts[below(4)];
    for (std::size_t more = below(3); more > 0; --more)
      name += std::string("/") + kParts[below(safe ? 4 : std::size(kParts))];
    return safe || below(8) != 0 ? name : "/" + name;
  }

 private:
  std::mt19937 random_;
};

// Files, folders and links that somebody had there before.
void grow_tree(Dice& dice, const std::filesystem::path& to, const std::filesystem::path& outside) {
  std::filesystem::create_directories(to);
  std::error_code ignored;
  for (std::size_t i = dice.below(8); i > 0; --i) {
    const auto path = to / dice.name(true);
    std::filesystem::create_directories(path.parent_path(), ignored);
    switch (dice.below(4)) {
      case 0:
        std::filesystem::create_directory(path, ignored);
        break;
      case 1:
        std::filesystem::create_symlink(outside, path, ignored);
        break;
      default:
        if (!std::filesystem::exists(std::filesystem::symlink_status(path)))
          std::ofstream(path) << dice.content();
    }
  }
}

// Runs f in a child, so that its limits and its memory are its own; the number that f gave.
template <class F>
int in_child(F&& f) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(f());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

long peak_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    long kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}

// Files without end of memory: their bytes are made when they are asked for.
class MadeUpFiles : public FileSource {
 public:
  MadeUpFiles(const schema::CorpusManifest& manifest, const std::vector<std::uint32_t>& numbers)
      : manifest_(manifest), numbers_(numbers) {}
  static std::string bytes_of(std::uint32_t number) { return "input number " + std::to_string(number); }
  schema::Result<std::optional<ReadFile>> next() override {
    if (at_ == numbers_.size()) return std::optional<ReadFile>();
    bytes_ = bytes_of(numbers_[at_]);
    return std::optional<ReadFile>(ReadFile{manifest_.files[at_++].sha256, bytes_});
  }

 private:
  const schema::CorpusManifest& manifest_;
  const std::vector<std::uint32_t>& numbers_;
  std::size_t at_ = 0;
  std::string bytes_;
};

}  // namespace

TEST_CASE(
    "Whatever lies there and whatever the archive says, a merge changes and removes nothing, and ends") {
  TemporaryFolder folder;
  const auto outside = folder.path() / "outside";
  folder.write("outside/keep", "kept");
  for (unsigned seed = 0; seed < 150; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    std::map<std::string, Names> nodes;
    std::set<std::string> contents;
    for (const char* node : {"ams", "nyc"}) {
      for (std::size_t i = dice.below(12); i > 0; --i) {
        const std::string bytes = dice.content();
        nodes[node][dice.name(false)] = bytes;
      }
      for (const auto& [name, bytes] : nodes[node]) contents.insert(bytes);
    }
    const auto archive = folder.path() / ("archive" + std::to_string(seed));
    make(archive, nodes);
    RestoreOptions options;
    options.to = folder.path() / ("to" + std::to_string(seed));
    options.merge = true;
    if (dice.below(2) == 0) {
      options.nodes = {"nyc"};
      contents.clear();
      for (const auto& [name, bytes] : nodes["nyc"]) contents.insert(bytes);
    }
    grow_tree(dice, options.to, outside);
    const auto manifest = must(verify_archive(must(file_source(archive)), "")).manifest;
    const auto plan = plan_restore(manifest, options, must(look_at(options.to)));
    grow_tree(dice, options.to, outside);  // a fuzzer goes on between the plan and its application
    const auto between = tree_of(options.to);
    const auto elsewhere = tree_of(outside);  // that links lead to
    must(restore(must(file_source(archive)), plan, options, 0));
    const auto after = tree_of(options.to);
    for (const auto& [name, bytes] : between) {
      REQUIRE(after.count(name) == 1);
      REQUIRE(after.at(name) == bytes);
    }
    const auto present = must(look_at(options.to));
    for (const std::string& bytes : contents) {
      REQUIRE(std::binary_search(present.contents.begin(), present.contents.end(), schema::sha256(bytes)));
    }
    REQUIRE(tree_of(outside) == elsewhere);
    const auto second = plan_restore(manifest, options, present);
    REQUIRE(second.files.empty());
    std::filesystem::remove_all(options.to);
  }
}

TEST_CASE("On a full disk nothing half-written has a name, and the error says so") {
  TemporaryFolder folder;
  std::string noise;
  for (int i = 0; noise.size() < 200'000; ++i) noise += schema::sha256_hex(std::to_string(i));
  const std::map<std::string, Names> nodes = {{"nyc", {{"a", "one"}, {"b", noise}, {"c", "two"}}}};
  make(folder.path() / "archive", nodes);
  const std::string page = page_of(nodes.at("nyc"));
  const auto verified = must(verify_archive(must(file_source(folder.path() / "archive")), ""));
  // A limit on the size of files, which a write hits as it hits the end of the disk.
  const int code = in_child([&]() {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{50'000, 50'000};
    ::setrlimit(RLIMIT_FSIZE, &small);
    std::vector<std::unique_ptr<FileSource>> sources;
    sources.push_back(source_of(page));
    const auto made =
        make_archive(folder.path() / "new", ArchiveFormat::kTarZst, verified.manifest, std::move(sources));
    if (made.ok() || made.error().code != ErrorCode::kUnavailable) return 1;
    RestoreOptions options;
    options.to = folder.path() / "to";
    const auto plan = plan_restore(verified.manifest, options, {});
    const auto restored = restore(must(file_source(folder.path() / "archive")), plan, options, 0);
    return restored.ok() || restored.error().code != ErrorCode::kUnavailable ? 2 : 0;
  });
  CHECK(code == 0);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "new"));
  for (const auto& [name, bytes] : tree_of(folder.path() / "to")) CHECK(nodes.at("nyc").at(name) == bytes);
  RestoreOptions options;
  options.to = folder.path() / "to";
  options.merge = true;
  const auto plan = plan_restore(verified.manifest, options, must(look_at(options.to)));
  must(restore(must(file_source(folder.path() / "archive")), plan, options, 0));
  CHECK(tree_of(options.to) == nodes.at("nyc"));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("An archive of 100,000 files is made, verified and planned within 100 MB") {
  TemporaryFolder folder;
  const int peak = in_child([&]() {
    schema::CorpusManifest manifest;
    manifest.target = "t", manifest.snapshots = {snapshot_of("nyc")};
    std::vector<std::uint32_t> numbers(100'000);
    std::vector<std::pair<schema::Sha256, std::uint32_t>> order;
    for (std::uint32_t i = 0; i < numbers.size(); ++i)
      order.emplace_back(schema::sha256(MadeUpFiles::bytes_of(i)), i);
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto& [sha256, number] = order[i];
      numbers[i] = number;
      manifest.files.push_back(
          {sha256,
           MadeUpFiles::bytes_of(number).size(),
           {{0, number, schema::hex(sha256).substr(0, 40), 1'700'000'000'000, "newest"}}});
    }
    order = {};
    std::vector<std::unique_ptr<FileSource>> sources;
    sources.push_back(std::make_unique<MadeUpFiles>(manifest, numbers));
    const auto made = make_archive(folder.path() / "a", ArchiveFormat::kTarZst, manifest, std::move(sources));
    if (!made) return 253;
    manifest = {};
    const auto verified = verify_archive(must(file_source(folder.path() / "a")), made->written.sha256);
    if (!verified || verified->files != numbers.size()) return 254;
    RestoreOptions options;
    if (plan_restore(verified->manifest, options, {}).files.size() != numbers.size()) return 255;
    return static_cast<int>(peak_mb());
  });
  INFO("peak of " << peak << " MB");
  CHECK(peak <= 100);
}
#endif

}  // namespace fuzzmill::store
