#include "cli/triage/engine.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/triage/json_writer.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
using namespace fuzzmill::cli;

namespace {

// Keeps what a writer is told.
class Kept final : public TriageWriter {
 public:
  schema::Status crash(const TriagedCrash& crash, std::string_view) override {
    crashes.push_back(crash);
    return {};
  }
  schema::Status finish(const std::vector<TriagedGroup>& all) override {
    groups = all;
    return {};
  }

  std::vector<TriagedCrash> crashes;
  std::vector<TriagedGroup> groups;
};

std::string report(const std::string& kind, const std::string& stack) {
  return "==7==ERROR: AddressSanitizer: " + kind +
         " on address 0x602000000034 at pc 0x1\nREAD of size 4 at 0x1\n" + stack +
         "\nSUMMARY: AddressSanitizer: x\n==7==ABORTING\n";
}

struct Triaged {
  Kept kept;
  TriageCounts counts;
};

Triaged run(const tests::TemporaryFolder& folder, std::size_t jobs = 2, const ProjectRules& rules = {}) {
  Triaged out;
  const FileSet files(tests::must(collect_files({folder.path().string()})));
  out.counts = tests::must(triage(files, {rules, jobs, {}}, {&out.kept}));
  return out;
}

}  // namespace

TEST_CASE("an input is never taken for a crash, however much it looks like one") {  // a script grepped the
                                                                                    // input for frames
  tests::TemporaryFolder folder;
  folder.write("crash-da39a3ee5e6b4b0d3255bfef95601890afd80709", "    #0 nothing\n");
  folder.write("run.log", report("heap-buffer-overflow", "    #0 0x1 in f /a.c:1:1\n"));
  const Triaged done = run(folder);
  CHECK(done.counts.inputs == 1);
  CHECK(done.counts.crashes == 1);
  CHECK(done.kept.crashes.at(0).print.report.kind == "heap-buffer-overflow");
}

TEST_CASE("an unread text is a crash of kind unknown in a group of its own") {
  tests::TemporaryFolder folder;
  folder.write("a.txt", "something died here\n");
  folder.write("b.txt", report("heap-buffer-overflow", "    #0 0x1 in f /a.c:1:1\n"));
  const Triaged done = run(folder);
  CHECK(done.counts.groups == 2);
  CHECK(done.kept.crashes.at(0).print.report.kind == "unknown");
  CHECK(done.kept.crashes.at(0).primary);
}

TEST_CASE("the kind of a double free is none of the words around it") {  // a script called it "attempting"
  tests::TemporaryFolder folder;
  folder.write("a.txt",
               "==7==ERROR: AddressSanitizer: attempting double-free on 0x602000000010 in thread T0:\n"
               "    #0 0x1 in free (/t+0x1)\n    #1 0x2 in drop /a.c:3:2\n\n"
               "SUMMARY: AddressSanitizer: double-free (/t+0x1) in free\n==7==ABORTING\n");
  CHECK(run(folder).kept.crashes.at(0).verdict.title == "Double-free in drop");
}

TEST_CASE("groups, ids and the representative do not depend on the number of threads") {
  tests::TemporaryFolder folder;
  for (int i = 0; i < 40; ++i) {
    const std::string line = std::to_string(10 + i % 4);
    folder.write("r" + std::to_string(i) + ".txt",
                 report(i % 2 == 0 ? "heap-buffer-overflow" : "heap-use-after-free",
                        "    #0 0x1 in f /a.c:" + line + ":1\n    #1 0x2 in g" + std::to_string(i % 3) +
                            " /a.c:90:1\n"));
  }
  const Triaged one = run(folder, 1), many = run(folder, 4);
  REQUIRE(one.kept.groups.size() == many.kept.groups.size());
  for (std::size_t i = 0; i < one.kept.groups.size(); ++i) {
    CHECK(one.kept.groups[i].id == many.kept.groups[i].id);
    CHECK(one.kept.groups[i].members == many.kept.groups[i].members);
    CHECK(one.kept.groups[i].representative.path == many.kept.groups[i].representative.path);
  }
  for (std::size_t i = 0; i < one.kept.crashes.size(); ++i) {
    CHECK(one.kept.crashes[i].path == many.kept.crashes[i].path);
    CHECK(one.kept.crashes[i].group == many.kept.crashes[i].group);
  }
}

TEST_CASE("the JSON of a triage is the same byte for byte, however many threads wrote it") {
  tests::TemporaryFolder folder;
  for (int i = 0; i < 600; ++i) {  // more than are prepared at a time; most of them show what others show
    folder.write("r" + std::to_string(i) + ".txt",
                 report(i % 2 == 0 ? "heap-buffer-overflow" : "SEGV",
                        "    #0 0x1 in f" + std::to_string(i % 5) + " /a.c:" + std::to_string(10 + i % 7) +
                            ":1\n    #1 0x2 in g" + std::to_string(i % 3) + " /a \"b\"\xff.c:90:1\n"));
  }
  const FileSet files(tests::must(collect_files({folder.path().string()})));
  const auto json = [&](std::size_t jobs) {
    char* buffer = nullptr;
    std::size_t size = 0;
    std::FILE* out = open_memstream(&buffer, &size);
    JsonWriter writer(out);
    TriageOptions options;
    options.jobs = jobs;
    const auto counts = tests::must(triage(files, options, {&writer}));
    std::fclose(out);
    CHECK(counts.crashes == 600);
    std::string text(buffer, size);
    std::free(buffer);
    return text;
  };
  const std::string one = json(1);
  CHECK(nlohmann::json::accept(one));
  CHECK(json(2) == one);
  CHECK(json(7) == one);
}

TEST_CASE("exactly one report of a file is primary, and two groups never share an id") {
  tests::TemporaryFolder folder;
  // Two bugs of one function: the same names, other lines.
  folder.write("a.txt", report("heap-buffer-overflow", "    #0 0x1 in f /a.c:10:1\n") +
                            report("heap-buffer-overflow", "    #0 0x1 in f /a.c:40:1\n"));
  folder.write("b.txt", report("heap-buffer-overflow", "    #0 0x1 in f /a.c:40:1\n"));
  const Triaged done = run(folder);
  std::map<std::string, int> primaries;
  std::set<std::string> ids;
  for (const TriagedCrash& crash : done.kept.crashes) primaries[crash.path] += crash.primary ? 1 : 0;
  for (const TriagedGroup& group : done.kept.groups) ids.insert(group.id);
  for (const auto& [path, count] : primaries) CHECK(count == 1);
  CHECK(ids.size() == done.kept.groups.size());
  CHECK(done.kept.groups.size() == 2);
}

TEST_CASE("the project's frame rules hold for who freed and who allocated, too") {
  tests::TemporaryFolder folder;
  const std::string stacks =
      "    #0 0x1 in show /a.c:9:1\n\nfreed by thread T0 here:\n"
      "    #0 0x2 in free (/t+0x1)\n    #1 0x3 in own_release /pool.c:3:1\n    #2 0x4 in evict /a.c:5:1\n\n"
      "previously allocated by thread T0 here:\n"
      "    #0 0x5 in malloc (/t+0x2)\n    #1 0x6 in own_get /pool.c:8:1\n    #2 0x7 in open_item /a.c:3:1\n";
  folder.write("a.txt", report("heap-use-after-free", stacks));
  const auto face = [&](const ProjectRules& rules) {
    return run(folder, 1, rules).kept.crashes.at(0).print.shown.face;
  };
  const workers::Face plain = face({}), ruled = face(tests::must(project_rules({"path pool.c"}, {})));
  CHECK(plain.freed.at(0).function == "own_release");
  CHECK(plain.allocated.at(0).function == "own_get");
  CHECK(ruled.freed.at(0).function == "evict");
  CHECK(ruled.allocated.at(0).function == "open_item");
}
