#include "cli/corpus/corpus_views.h"

#include <nlohmann/json.hpp>

#include "tests/catch.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;

namespace {

constexpr std::uint64_t kNow = 1'800'000'000'000;
constexpr std::uint64_t kDay_s = 86'400;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

store::CatalogRow archive(const std::string& id) {
  store::CatalogRow row;
  row.id = id, row.target = "fuzz_png",
  row.object = "corpus/fuzz_png/2027-01-15T080000Z-" + id.substr(0, 8) + ".tar.zst";
  row.sha256 = std::string(64, 'a'), row.format = "tar.zst",
  row.nodes = {{"nyc", "00000000000000aa"}, {"london", "00000000000000bb"}};
  row.bytes = 1'000'000, row.files = 5000, row.files_bytes = 2'500'000, row.time_ms = kNow;
  row.expires_s = kNow / 1000 + 30 * kDay_s, row.verified_ms = kNow - 3'600'000 * 5;
  return row;
}

}  // namespace

TEST_CASE("The list of archives tells date, size, files, ratio, nodes, when verified and when it expires") {
  const std::string text = archives_table({archive("0123456789abcdef")}, kNow).text(0, false);
  for (const char* part : {"0123456789abcdef", "fuzz_png", "2027-01-15 08:00:00", "1.0 MB", "5000", "2.50",
                           "nyc, london", "5 h ago", "in 30 d"})
    CHECK(has(text, part));
  CHECK_FALSE(has(text, "\x1b"));
}

TEST_CASE("Text that came from an archive is harmless on a terminal") {
  auto row = archive("0123456789abcdef");
  row.bad = "entry \x1b[2J is no file";
  CHECK_FALSE(has(archives_table({row}, kNow).text(0, false), "\x1b[2J"));
  store::ArchiveDiff diff;
  diff.only_first.push_back({{}, 3, {{0, 0, "a\x1b]0;x\n", 0, "all"}}});
  CHECK_FALSE(has(diff_text(diff, 10), "\x1b"));
}

TEST_CASE("Archives as JSON have the keys that --help names") {
  const auto json = archives_json({archive("0123456789abcdef")})["archives"][0];
  for (const char* key : {"id", "target", "object", "sha256", "format", "nodes", "bytes", "files",
                          "files_bytes", "files_left_out", "time_ms", "recorded_ms", "expires_s",
                          "verified_ms", "bad", "quarantined_s", "delete_s", "why"})
    CHECK(json.contains(key));
  CHECK(json["nodes"][1]["node"] == "london");
}

TEST_CASE("A prune shows what goes, what stays and why, and the space") {
  store::PrunePlan plan;
  plan.steps.push_back({archive("1111111111111111"), {store::Fate::kQuarantine, "expired 3 days ago"}});
  plan.kept.push_back({archive("2222222222222222"), {store::Fate::kKeep, "one of the newest 3"}});
  plan.quarantine_bytes = 1'000'000;
  const std::string table = prune_table(plan, true, kNow).text(0, false);
  CHECK((has(table, "expired 3 days ago") && has(table, "one of the newest 3") && has(table, "quarantine")));
  CHECK(has(prune_text(plan, kNow), "1 go into quarantine and free 1.0 MB a day later"));
  const auto json = prune_json(plan, nullptr);
  CHECK((json["done"] == false && json["steps"][0]["fate"] == "quarantine" && json["kept"].size() == 1));
}

TEST_CASE("What a restore would do is told before it is done, names that give way with the reason") {
  store::RestorePlan plan;
  plan.files = {{{}, 10, "a", 0, ""}, {{}, 20, std::string(64, '0'), 0, "absolute path"}};
  plan.bytes = 30, plan.already_there = 7, plan.renamed = 1;
  store::RestoreOptions options;
  options.to = "/srv/new";
  const std::string text = restore_text(plan, options, true);
  for (const char* part : {"would add 2 files of 30 B to /srv/new", "7 are there already", "absolute path"})
    CHECK(has(text, part));
  CHECK(has(restore_text(plan, options, false), "adds 2 files"));
}

TEST_CASE("Sizes are told in the unit that people read") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(999) == "999 B");
  CHECK(bytes_text(1500) == "1.5 kB");
  CHECK(bytes_text(3'200'000'000) == "3.2 GB");
  CHECK(until_text(kNow, 0) == "-");
}
