#include "producers/engine/sanitizer_options.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

std::string value_of(const Variables& variables, const std::string& name) {
  for (const auto& [key, value] : variables) {
    if (key == name) return value;
  }
  return "(not set)";
}

}  // namespace

TEST_CASE("sanitizer options are added where the user left them open, and nowhere else") {
  const std::vector<std::pair<std::string, std::string>> environment{
      {"ASAN_OPTIONS", "detect_leaks=0:symbolize=0"},
      {"UBSAN_OPTIONS", "xhalt_on_error=1"},
      {"ASAN_SYMBOLIZER_PATH", "/mine"}};
  const auto get = [&](const std::string& name) -> std::optional<std::string> {
    for (const auto& [key, value] : environment) {
      if (key == name) return value;
    }
    return std::nullopt;
  };
  const auto variables = sanitizer_variables(get, "/usr/bin/llvm-symbolizer");
  CHECK(value_of(variables, "ASAN_OPTIONS") == "(not set)");  // left as it is
  CHECK(value_of(variables, "UBSAN_OPTIONS") ==
        "xhalt_on_error=1:symbolize=1:print_stacktrace=1:halt_on_error=1");
  CHECK(value_of(variables, "MSAN_OPTIONS") == "symbolize=1");
  CHECK(value_of(variables, "ASAN_SYMBOLIZER_PATH") == "(not set)");
  CHECK(value_of(variables, "UBSAN_SYMBOLIZER_PATH") == "/usr/bin/llvm-symbolizer");
}

TEST_CASE("a symbolizer is found in PATH first, then by the highest version") {
  tests::TemporaryFolder folder;
  const auto make = [&](const std::string& name) {
    const auto path = folder.write(name, "#!/bin/sh\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  };
  const auto bin = (folder.path() / "bin").string();
  CHECK_FALSE(find_symbolizer(bin, folder.path()).has_value());
  make("bin/llvm-symbolizer-9");
  const auto versioned = make("bin/llvm-symbolizer-14");
  CHECK(find_symbolizer(bin, folder.path()) == versioned);
  make("usr/lib/llvm-9/bin/llvm-symbolizer");
  const auto newest = make("usr/lib/llvm-14/bin/llvm-symbolizer");
  CHECK(find_symbolizer(bin, folder.path()) == newest);
  const auto plain = make("bin/llvm-symbolizer");
  CHECK(find_symbolizer("/absent:" + bin, folder.path()) == plain);
}

}  // namespace fuzzmill::producers
