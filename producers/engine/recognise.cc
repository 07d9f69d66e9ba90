#include "producers/engine/recognise.h"

#include <fmt/format.h>

#include "producers/engine/wrapper.h"
#include "runtime/child_process.h"

namespace fuzzmill::producers {
namespace {

constexpr const char* kWayOut = "name the engine: --engine libfuzzer|afl|honggfuzz";

Recognised split(Engine engine, const std::vector<std::string>& argv, Unwrapped unwrapped) {
  const auto program = argv.begin() + static_cast<std::ptrdiff_t>(unwrapped.program);
  return {engine,
          {program, argv.end()},
          {argv.begin(), program},
          std::move(unwrapped.environment),
          unwrapped.clean_environment};
}

std::string through(const Unwrapped& unwrapped) {
  std::string names;
  for (const auto& name : unwrapped.wrappers) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "" : fmt::format(" (looked through {})", names);
}

}  // namespace

schema::Result<ProgramWords> words_of_command(const std::string& program) {
  const auto path = runtime::find_program(program);
  if (!path) return path.error();
  return words_of_program(*path);
}

schema::Result<Recognised> recognise(const std::vector<std::string>& argv, const WordsOf& words) {
  auto unwrapped = unwrap(argv);
  if (unwrapped.dead_end)
    return schema::invalid(
        fmt::format("which fuzzer does this start? {}; give the fuzzer's command itself, or "
                    "{}",
                    *unwrapped.dead_end, kWayOut));
  const std::string& program = argv[unwrapped.program];
  const auto name = program_name(program);
  if (name == "afl-fuzz") return split(Engine::kAfl, argv, std::move(unwrapped));
  if (name == "honggfuzz") return split(Engine::kHonggfuzz, argv, std::move(unwrapped));
  auto held = words(program);
  if (!held) return std::move(held).error();
  if (held->libfuzzer) return split(Engine::kLibfuzzer, argv, std::move(unwrapped));
  std::string hint =
      "it is not afl-fuzz, not honggfuzz, and its file holds no libFuzzer (clang -fsanitize=fuzzer "
      "puts it there)";
  if (held->afl_driver) hint = "it is a target for AFL++: start it with afl-fuzz -i IN -o OUT -- " + program;
  if (held->honggfuzz_driver)
    hint = "it is a target for honggfuzz: start it with honggfuzz -i IN -- " + program;
  return schema::invalid(fmt::format("{}: which fuzzer is this?{} {}. If it starts one, {}", program,
                                     through(unwrapped), hint, kWayOut));
}

schema::Result<Recognised> recognise_as(Engine engine, const std::vector<std::string>& argv) {
  auto unwrapped = unwrap(argv);
  if (unwrapped.program >= argv.size())
    return schema::invalid(fmt::format("nothing to start: {}", unwrapped.dead_end.value_or("empty command")));
  return split(engine, argv, std::move(unwrapped));
}

}  // namespace fuzzmill::producers
