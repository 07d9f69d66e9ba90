#include "store/archive/restore.h"

#include <unistd.h>

#include "tests/catch.h"
#include "tests/sample_archives.h"

namespace fuzzmill::store {
namespace {

using namespace fuzzmill::tests;
using schema::ErrorCode;

schema::Result<Restored> restore_all(const std::filesystem::path& archive, const RestoreOptions& options) {
  const auto verified = must(verify_archive(must(file_source(archive)), ""));
  const Present present = options.merge ? must(look_at(options.to)) : Present{};
  const auto plan = plan_restore(verified.manifest, options, present);
  return restore(must(file_source(archive)), plan, options, 1'760'000'000'000);
}

std::string planned_name(const std::string& name, const Present& present = {}) {
  const auto manifest = manifest_of({{"nyc", {{name, "x"}}}});
  const auto plan = plan_restore(manifest, {}, present);
  REQUIRE(plan.files.size() == 1);
  CHECK(plan.files[0].why_renamed.empty() == (plan.files[0].name == name));
  CHECK(plan.renamed == (plan.files[0].name == name ? 0 : 1));
  return plan.files[0].name;
}

}  // namespace

TEST_CASE("A node's corpus comes back under its names, with its times") {
  TemporaryFolder folder;
  const Names nyc = {
      {"a", "one"}, {"b/c/d", "two"}, {"b/e", "two"}, {"ünïcode 漢", ""}, {"id:000000,src:1+cov", "x"}};
  make(folder.path() / "archive", {{"nyc", nyc}, {"ams", {{"a", "other"}}}});
  RestoreOptions options;
  options.to = folder.path() / "to/corpus";
  options.nodes = {"nyc"};
  const auto restored = must(restore_all(folder.path() / "archive", options));
  CHECK(restored.files == nyc.size());
  CHECK(restored.renamed == 0);
  Names wanted = nyc;
  wanted["b"] = wanted["b/c"] = "/";
  CHECK(tree_of(options.to) == wanted);
  struct stat status {};
  REQUIRE(::stat((options.to / "a").c_str(), &status) == 0);
  CHECK(status.st_mtim.tv_sec == 1'700'000'000);
  CHECK(status.st_mtim.tv_nsec == 123'000'000);
  CHECK(restored.manifest.rfind(options.to.string() + ".restored-", 0) == 0);
  CHECK(bytes_of(restored.manifest).find("\"name\":\"b/c/d\"") != std::string::npos);
  // A second time the folder is not empty.
  const auto again = restore_all(folder.path() / "archive", options);
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code == ErrorCode::kConflict);
  CHECK(tree_of(options.to) == wanted);
}

TEST_CASE("Without a node each content comes once, and names that clash give way to the SHA-256") {
  TemporaryFolder folder;
  make(folder.path() / "archive",
       {{"ams", {{"a", "one"}, {"b", "two"}}}, {"nyc", {{"a", "three"}, {"z", "two"}}}});
  RestoreOptions options;
  options.to = folder.path() / "to";
  must(restore_all(folder.path() / "archive", options));
  const auto tree = tree_of(options.to);
  CHECK(tree.size() == 3);
  // Which of both has the name is decided by the order of the archive.
  const std::string other = tree.at("a") == "one" ? "three" : "one";
  CHECK(tree.at(schema::sha256_hex(other)) == other);
  CHECK(tree.at("b") == "two");
}

TEST_CASE("Names that lead elsewhere or harm a terminal give way to the SHA-256") {
  const std::string sha256 = schema::sha256_hex("x");
  for (const std::string& name :
       {std::string("/etc/passwd"), std::string("../x"), std::string("a/../../x"), std::string("a/.."),
        std::string("."), std::string("a//b"), std::string("a/"), std::string("a\nb"), std::string("\x1b[2J"),
        std::string("a\0b", 3), std::string("\xc2\x9b"), std::string("\xff"), std::string("a/./b"),
        std::string(256, 'n'), std::string(".fuzzmill-restore-1"), std::string("a/.fuzzmill-restore-1")}) {
    CHECK(planned_name(name) == sha256);
  }
  for (const std::string& name :
       {std::string("a"), std::string("..."), std::string(".hidden"), std::string(255, 'n'),
        std::string("a/b/c"), std::string("..a"), std::string("漢")}) {
    CHECK(planned_name(name) == name);
  }
  CHECK(planned_name("a", {{}, {"a"}}) == sha256);
  CHECK(planned_name("a", {{}, {"a/b"}}) == sha256);
  CHECK(planned_name("a", {{}, {"a/"}}) == sha256);
  CHECK(planned_name("a/b", {{}, {"a"}}) == sha256);
  CHECK(planned_name("a/b", {{}, {"a/", "a/c"}}) == "a/b");
}

TEST_CASE("A merge adds only what is missing by content, and a second one adds nothing") {
  TemporaryFolder folder;
  make(folder.path() / "archive", {{"nyc", {{"a", "one"}, {"b", "two"}, {"c", "three"}, {"l/x", "four"}}}});
  RestoreOptions options;
  options.to = folder.path() / "to";
  options.merge = true;
  folder.write("to/a", "mine");
  folder.write("to/elsewhere/q", "two");
  folder.write("outside/keep", "kept");
  std::filesystem::create_directory_symlink(folder.path() / "outside", options.to / "l");
  auto wanted = tree_of(options.to);
  must(restore_all(folder.path() / "archive", options));
  wanted[schema::sha256_hex("one")] = "one";
  wanted["c"] = "three";
  wanted[schema::sha256_hex("four")] = "four";
  CHECK(tree_of(options.to) == wanted);
  CHECK(tree_of(folder.path() / "outside") == Names{{"keep", "kept"}});
  CHECK(must(restore_all(folder.path() / "archive", options)).files == 0);
  CHECK(tree_of(options.to) == wanted);
}

TEST_CASE("What takes a name between the plan and its application stays as it is") {
  TemporaryFolder folder;
  make(folder.path() / "archive", {{"nyc", {{"a", "one"}, {"d/x", "two"}, {"e/x", "three"}}}});
  const auto verified = must(verify_archive(must(file_source(folder.path() / "archive")), ""));
  RestoreOptions options;
  options.to = folder.path() / "to";
  options.merge = true;
  std::filesystem::create_directories(options.to);
  const auto plan = plan_restore(verified.manifest, options, must(look_at(options.to)));
  folder.write("to/a", "mine");
  folder.write("to/d", "a file");
  folder.write("outside/keep", "kept");
  std::filesystem::create_directory_symlink(folder.path() / "outside", options.to / "e");
  folder.write("to/" + schema::sha256_hex("two"), "taken, too");
  auto wanted = tree_of(options.to);
  const auto restored = must(restore(must(file_source(folder.path() / "archive")), plan, options, 0));
  CHECK(restored.renamed == 3);
  wanted[schema::sha256_hex("one")] = "one";
  wanted[schema::sha256_hex("two") + "-2"] = "two";
  wanted[schema::sha256_hex("three")] = "three";
  CHECK(tree_of(options.to) == wanted);
  CHECK(tree_of(folder.path() / "outside") == Names{{"keep", "kept"}});
  CHECK(bytes_of(restored.manifest).find("is there already") != std::string::npos);
}

TEST_CASE("A restore that is told to stop keeps what it added, and a merge goes on from there") {
  TemporaryFolder folder;
  Names nyc;
  for (int i = 0; i < 20; ++i) nyc["f" + std::to_string(i)] = "content " + std::to_string(i);
  make(folder.path() / "archive", {{"nyc", nyc}});
  RestoreOptions options;
  options.to = folder.path() / "to";
  int asked = 0;
  options.check = [&]() -> schema::Status {
    if (++asked == 8) return schema::conflict("a fuzzer writes here");
    return {};
  };
  const auto stopped = restore_all(folder.path() / "archive", options);
  REQUIRE_FALSE(stopped.ok());
  CHECK(stopped.error().message == "a fuzzer writes here");
  const auto tree = tree_of(options.to);
  CHECK(tree.size() == 7);
  for (const auto& [name, bytes] : tree) CHECK(nyc.at(name) == bytes);
  options.merge = true;
  options.check = {};
  CHECK(must(restore_all(folder.path() / "archive", options)).files == 13);
  CHECK(tree_of(options.to) == nyc);
}

TEST_CASE("Files that do not fit are refused before the first is written") {
  TemporaryFolder folder;
  make(folder.path() / "archive", {{"nyc", {{"a", "one"}}}});
  auto plan = plan_restore(manifest_of({{"nyc", {{"a", "one"}}}}), {}, {});
  plan.bytes = 1ull << 60;
  RestoreOptions options;
  options.to = folder.path() / "to";
  const auto refused = restore(must(file_source(folder.path() / "archive")), plan, options, 0);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::kUnavailable);
  CHECK(tree_of(options.to).empty());
}

}  // namespace fuzzmill::store
