#include "workers/fingerprint/stack/project_rules.h"

#include "tests/catch.h"
#include "workers/fingerprint/stack/stack.h"

using namespace fuzzmill::workers;

namespace {

using Names = std::vector<std::string>;

Report report() {
  Report report;
  report.kind = "segv";
  const auto add = [&](const char* function, const char* file, const char* module) {
    Frame frame;
    frame.function = function, frame.file = file, frame.module = module;
    report.frames.push_back(frame);
  };
  add("kiln::log::Fail", "/src/kiln/log.cc", "");
  add("kiln::logged", "/src/kiln/logged.cc", "");
  add("burn", "/src/third_party/fire/burn.c", "");
  add("glue", "", "/usr/lib/libglue.so");
  add("memcpy", "/src/own/string.c", "");
  add("oven", "/src/oven.c", "");
  return report;
}

ProjectRules rules(std::string_view lines) {
  auto rules = ProjectRules::parse(lines);
  REQUIRE(rules.ok());
  return *std::move(rules);
}

Names names(std::string_view lines) {
  const ProjectRules project = rules(lines);
  return normalise_stack(report(), &project).names();
}

}  // namespace

TEST_CASE("a project's rules drop frames by name, beginning, path and module") {
  CHECK(names("") == Names{"kiln::log::Fail", "kiln::logged", "burn", "glue", "oven"});
  CHECK(names("function burn") == Names{"kiln::log::Fail", "kiln::logged", "glue", "oven"});
  CHECK(names("beginning kiln::log") == Names{"kiln::logged", "burn", "glue", "oven"});
  CHECK(names("beginning kiln::log*") == Names{"burn", "glue", "oven"});
  CHECK(names("path third_party/fire") == Names{"kiln::log::Fail", "kiln::logged", "glue", "oven"});
  CHECK(names("path party/fire") == names(""));
  CHECK(names("module libglue.so") == Names{"kiln::log::Fail", "kiln::logged", "burn", "oven"});
  CHECK(names("module libglue") == names(""));
}

TEST_CASE("a project keeps frames that the built-in rules would drop") {
  CHECK(names("keep function memcpy").size() == 6);
  CHECK(names("keep path own") == names("keep function memcpy"));
}

TEST_CASE("a dropped frame shows the rule's name and the first rule decides") {
  const ProjectRules project =
      rules("# ours\n\nfunction burn as fire\nfunction burn as ash\nfunction glue\n");
  const Stack stack = normalise_stack(report(), &project);
  REQUIRE(stack.dropped.size() == 3);
  CHECK(stack.dropped[0].rule == "fire");
  CHECK(stack.dropped[1].rule == kProjectRule);
}

TEST_CASE("a rule that says nothing or is no rule is refused with its line") {
  for (const char* wrong : {"burn", "function", "function  as x", "beginning *", "keep"}) {
    INFO(wrong);
    CHECK_FALSE(ProjectRules::parse(wrong).ok());
  }
  const auto refused = ProjectRules::parse("function a\nfunctoin b\n");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.find("line 2") != std::string::npos);
  CHECK_FALSE(ProjectRules::parse("function " + std::string(kMaxProjectMatch + 1, 'x')).ok());
  CHECK_FALSE(ProjectRules::of(std::vector<ProjectRules::Rule>(kMaxProjectRules + 1)).ok());
}

TEST_CASE("a rule is one line: what has a line break is no rule, and hides none") {
  const auto parsed = [](std::vector<std::string> list) { return ProjectRules::parse(list); };
  CHECK(parsed({"function burn", "function glue"}).ok());
  CHECK_FALSE(parsed({"function burn\nfunction glue"}).ok());
  CHECK_FALSE(parsed({"# burn\nfunction glue"}).ok());
  CHECK_FALSE(parsed({"function burn as a\rb"}).ok());
  ProjectRules::Rule rule;
  rule.match = "a\nb";
  CHECK_FALSE(ProjectRules::of({rule}).ok());
}
