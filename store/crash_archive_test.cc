#include "store/crash_archive.h"

#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "schema/digest.h"
#include "store/archive_folder.h"
#include "tests/catch.h"
#include "tests/redis_server.h"

namespace fuzzmill::store {
namespace {

namespace fs = std::filesystem;

const std::string kGroup = "0123456789abcdef";

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t count_files(const fs::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) count += entry.is_regular_file();
  return count;
}

GroupDetail facts_of(std::vector<std::pair<std::string, std::uint64_t>> inputs, std::uint64_t count = 3) {
  GroupDetail detail;
  detail.row.group = kGroup, detail.row.kind = "assert", detail.row.severity = "LOW";
  detail.row.title = "hostile \x1b[31m \xff <b>", detail.row.count = count;
  detail.row.reasons = R"(["it stopped itself"])";
  detail.inputs = std::move(inputs);
  return detail;
}

struct Fixture {
  tests::TemporaryFolder folder;
  CrashArchive archive{folder.path() / "archive"};
  fs::path group = folder.path() / "archive/crashes/fuzz_tlv" / kGroup;
  std::string a = schema::sha256_hex("input a"), b = schema::sha256_hex("input b");
};

}  // namespace

TEST_CASE("A group's folder has the input, its report and what is known of the group") {
  Fixture f;
  REQUIRE(f.archive.put("fuzz_tlv", kGroup, {{f.a, "input a", "==1==ERROR"}}).ok());
  REQUIRE(f.archive
              .settle(
                  "fuzz_tlv", kGroup,
                  [&] {
                    return facts_of({{f.a, 7}});
                  },
                  99)
              .ok());
  CHECK(f.archive.folder("fuzz_tlv", kGroup) == f.group.string());
  CHECK(read_text(f.group / "inputs" / f.a) == "input a");
  CHECK(read_text(f.group / "reports" / (f.a + ".txt")) == "==1==ERROR");
  const auto meta = nlohmann::json::parse(read_text(f.group / "meta.json"));
  CHECK(meta["group"] == kGroup);
  CHECK(meta["count"] == 3);
  CHECK(meta["inputs"][0]["sha256"] == f.a);
  CHECK(meta["reasons"][0] == "it stopped itself");
  CHECK(meta["written_ms"] == 99);
}

TEST_CASE("An input that Redis no longer keeps goes, with its report; what a newer plan brought stays") {
  Fixture f;
  const auto c = schema::sha256_hex("input c");
  REQUIRE(
      f.archive.put("fuzz_tlv", kGroup, {{f.a, "input a", "report a"}, {f.b, "input b", "report b"}}).ok());
  const auto facts = [&]() -> schema::Result<GroupDetail> {
    // Another worker writes while we settle: listed after us, so not ours to judge.
    REQUIRE(f.archive.put("fuzz_tlv", kGroup, {{c, "input c", "report c"}}).ok());
    return facts_of({{f.b, 7}});
  };
  REQUIRE(f.archive.settle("fuzz_tlv", kGroup, facts, 1).ok());
  CHECK_FALSE(fs::exists(f.group / "inputs" / f.a));
  CHECK_FALSE(fs::exists(f.group / "reports" / (f.a + ".txt")));
  CHECK(fs::exists(f.group / "inputs" / f.b));
  CHECK(fs::exists(f.group / "inputs" / c));
}

TEST_CASE("A crash without an input keeps its newest report") {
  Fixture f;
  REQUIRE(f.archive.put("fuzz_tlv", kGroup, {{"", "", "first"}}).ok());
  REQUIRE(f.archive.put("fuzz_tlv", kGroup, {{"", "", "second"}}).ok());
  REQUIRE(f.archive
              .settle(
                  "fuzz_tlv", kGroup, [] { return facts_of({}); }, 1)
              .ok());
  CHECK(read_text(f.group / "reports/without-input.txt") == "second");
  CHECK(count_files(f.group / "inputs") == 0);
}

TEST_CASE("Names that lead elsewhere are refused and nothing is made of them") {
  Fixture f;
  const auto refused = [&](const std::string& target, const std::string& group, const std::string& sha256) {
    const auto status = f.archive.put(target, group, {{sha256, "x", "y"}});
    return !status.ok() && status.error().code == schema::ErrorCode::kInvalid;
  };
  CHECK(refused("..", kGroup, f.a));
  CHECK(refused("a/b", kGroup, f.a));
  CHECK(refused("", kGroup, f.a));
  CHECK(refused("fuzz_tlv", "../../../../tmp", f.a));
  CHECK(refused("fuzz_tlv", kGroup, "../../../../../evil"));
  CHECK_FALSE(fs::exists(f.folder.path() / "evil"));
}

TEST_CASE("Symbolic links that stand in the way are not followed") {
  Fixture f;
  const fs::path outside = f.folder.path() / "outside";
  fs::create_directories(outside);
  const auto put = [&] { return f.archive.put("fuzz_tlv", kGroup, {{f.a, "input a", "report"}}); };
  SECTION("for the target's folder") {
    fs::create_directories(f.folder.path() / "archive/crashes");
    fs::create_directory_symlink(outside, f.folder.path() / "archive/crashes/fuzz_tlv");
    const auto status = put();
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == schema::ErrorCode::kDenied);
  }
  SECTION("for the folder of inputs") {
    fs::create_directories(f.group);
    fs::create_directory_symlink(outside, f.group / "inputs");
    CHECK(put().error().code == schema::ErrorCode::kDenied);
  }
  SECTION("for an input: it is replaced by the real one") {
    std::ofstream(outside / "victim") << "precious";
    fs::create_directories(f.group / "inputs");
    fs::create_symlink(outside / "victim", f.group / "inputs" / f.a);
    REQUIRE(put().ok());
    CHECK_FALSE(fs::is_symlink(f.group / "inputs" / f.a));
    CHECK(read_text(f.group / "inputs" / f.a) == "input a");
    CHECK(read_text(outside / "victim") == "precious");
    fs::remove(outside / "victim");
  }
  SECTION("for the lock") {
    REQUIRE(put().ok());
    fs::create_symlink(outside / "lock", f.group / ".lock");
    CHECK_FALSE(f.archive
                    .settle(
                        "fuzz_tlv", kGroup, [] { return facts_of({}); }, 1)
                    .ok());
  }
  CHECK(fs::is_empty(outside));
}

TEST_CASE("Of several workers that settle a group, the last to ask has the last word") {
  Fixture f;
  REQUIRE(f.archive.put("fuzz_tlv", kGroup, {{f.a, "input a", "report"}}).ok());
  std::atomic<std::uint64_t> count{0};
  std::vector<std::thread> workers;
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        (void)f.archive.settle(
            "fuzz_tlv", kGroup,
            [&] {
              return facts_of({{f.a, 7}}, ++count);
            },
            1);
      }
    });
  }
  for (auto& worker : workers) worker.join();
  CHECK(nlohmann::json::parse(read_text(f.group / "meta.json"))["count"] == 80);
  CHECK(count_files(f.group) == 4);  // input, report, meta.json, .lock: nothing half-written
}

TEST_CASE("What a dead worker left half-written goes when it is old, not while it may be written") {
  Fixture f;
  const auto folder = ArchiveFolder::open(f.folder.path());
  REQUIRE(folder.ok());
  const fs::path old = f.folder.path() / ".tmp-1-2-3", young = f.folder.path() / ".tmp-1-2-4";
  std::ofstream(old) << "x";
  std::ofstream(young) << "x";
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(2));
  folder->remove_leftovers(std::chrono::hours(1));
  CHECK_FALSE(fs::exists(old));
  CHECK(fs::exists(young));
}

TEST_CASE("A file that does not verify leaves nothing behind") {
  Fixture f;
  const auto folder = ArchiveFolder::open(f.folder.path());
  REQUIRE(folder.ok());
  std::string seen;
  const auto verify = [&](const std::string& bytes) -> schema::Status {
    seen = bytes;
    return schema::unavailable("no");
  };
  CHECK_FALSE(folder->write("name", "content", verify).ok());
  CHECK(seen == "content");
  CHECK(fs::is_empty(f.folder.path()));
}

}  // namespace fuzzmill::store
