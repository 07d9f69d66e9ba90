// The security flag by itself against what another tool's tests expect, with kind, access and address as
// those tests have them: a reader's mistakes do not count here. The whole engine is measured elsewhere.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "schema/taxonomy.h"
#include "tests/catch.h"
#include "workers/classify/classify.h"

using namespace fuzzmill::workers;
namespace fs = std::filesystem;
namespace schema = fuzzmill::schema;

namespace {

constexpr double kWanted = 0.97;  // of the cases; what differs is printed

fs::path cases_folder() {
  const char* named = std::getenv("FUZZMILL_CONFORMANCE");
  const fs::path shared = fs::path(FUZZMILL_SHARED) / "conformance";
  return (named != nullptr ? fs::path(named) : shared) / "clusterfuzz";
}

using Kinds = std::map<std::string, std::vector<std::string>>;

Kinds read_kinds(const fs::path& file) {
  Kinds kinds;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto tab = line.find('\t');
    if (line.empty() || line[0] == '#' || tab == std::string::npos) continue;
    std::istringstream words(line.substr(tab + 1));
    for (std::string word; words >> word;) kinds[line.substr(0, tab)].push_back(word);
  }
  return kinds;
}

CrashFacts facts_of(const nlohmann::json& found, const Kinds& kinds) {
  const auto type = found["crash_type"].get<std::string>();
  CrashFacts facts;
  const auto known = kinds.find(type);
  facts.kind = known == kinds.end() ? std::string("unknown") : known->second.front();
  if (type.ends_with("READ")) facts.access = "READ";
  if (type.ends_with("WRITE")) facts.access = "WRITE";
  const auto address = found["crash_address"].is_string() ? found["crash_address"].get<std::string>() : "";
  if (address.starts_with("0x")) facts.address = std::strtoull(address.c_str(), nullptr, 16);
  if (type == "RUNTIME_ASSERT") facts.kind = "check-failure";  // V8's: it stays in release builds
  if (type == "DCHECK failure") facts.marks.add(schema::Mark::kDebugCheck);
  if (type == "Security DCHECK failure") facts.marks.add(schema::Mark::kSecurityDebugCheck);
  if (type == "Security CHECK failure") facts.marks.add(schema::Mark::kSecurityCheck);
  if (found["family"].get<std::string>().find("go") == 0) facts.language = "go";
  return facts;
}

}  // namespace

TEST_CASE("the kinds that the recorded cases name are all in the taxonomy") {
  const auto file = cases_folder() / "kinds.tsv";
  if (!fs::exists(file)) {
    WARN("skipped: no " << file.string());
    return;
  }
  for (const auto& [theirs, ours] : read_kinds(file)) {
    for (const std::string& kind : ours) {
      INFO(theirs << " is " << kind);
      CHECK(schema::find_kind(kind) != nullptr);
    }
  }
}

TEST_CASE("the security flag agrees with the recorded cases") {
  const auto folder = cases_folder();
  if (!fs::exists(folder / "cases.jsonl")) {
    WARN("skipped: no " << folder.string());
    return;
  }
  const Kinds kinds = read_kinds(folder / "kinds.tsv");
  std::ifstream in(folder / "cases.jsonl");
  int cases = 0, agreed = 0;
  std::string differing;
  for (std::string line; std::getline(in, line);) {
    const auto found = nlohmann::json::parse(line);
    if (!found["crash_type"].is_string() || found["crash_type"] == "" || found["not_a_crash"] == true)
      continue;
    if (!found["is_security"].is_boolean() || found["flags"]["asserts_have_security_implication"] == false)
      continue;
    const bool same = classify(facts_of(found, kinds)).security == found["is_security"].get<bool>();
    ++cases, agreed += same;
    if (!same)
      differing += "\n  " + found["id"].get<std::string>() + " " + found["crash_type"].get<std::string>();
  }
  WARN("security flag: " << agreed << " of " << cases << " agree; not:" << differing);
  REQUIRE(cases > 50);
  CHECK(agreed >= kWanted * cases);
}
